package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Counts of step 4, the same in every program.
const (
	batch   = 20
	batches = 8
)

func (r *run) waitActive(ctx context.Context) (*types.StreamDescriptionSummary, error) {
	for {
		answer, err := r.client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: &r.stream})
		if err != nil {
			return nil, err
		}
		if answer.StreamDescriptionSummary.StreamStatus == types.StreamStatusActive {
			return answer.StreamDescriptionSummary, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (r *run) reshard(ctx context.Context) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	reader := newLineage(r.client, r.stream, "reshard-")
	read := make(chan error, 1)
	go func() { read <- reader.run(ctx, batch*batches, "shardId-000000000000", "shardId-000000000001") }()
	if err := r.writeWhileResharding(ctx); err != nil {
		return 0, err
	}
	if err := <-read; err != nil {
		return 0, err
	}
	if len(reader.finished) != 5 || len(reader.active) != 4 {
		return 0, errors.New("the reader did not follow the lineage")
	}
	listed, err := r.client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &r.stream})
	if err != nil {
		return 0, err
	}
	var open []types.Shard
	for _, shard := range listed.Shards {
		if shard.SequenceNumberRange.EndingSequenceNumber == nil {
			open = append(open, shard)
		}
	}
	if len(listed.Shards) != 9 || len(open) != 4 {
		return 0, fmt.Errorf("%d shards, %d open", len(listed.Shards), len(open))
	}
	r.openShard = open[0]
	return len(reader.seen), nil
}

func (r *run) writeWhileResharding(ctx context.Context) error {
	written := 0
	write := func() error {
		err := r.putBatch(ctx, written, written+batch, func(i int) string { return fmt.Sprintf("reshard-%d", i%8) })
		written += batch
		return err
	}
	for _, change := range []func(context.Context) error{r.split, r.merge, r.double} {
		if err := write(); err != nil {
			return err
		}
		if err := change(ctx); err != nil {
			return err
		}
		if err := write(); err != nil { // while the stream is UPDATING
			return err
		}
		if _, err := r.waitActive(ctx); err != nil {
			return err
		}
	}
	return errors.Join(write(), write())
}

func (r *run) split(ctx context.Context) error {
	_, err := r.client.SplitShard(ctx, &kinesis.SplitShardInput{
		StreamName: &r.stream, ShardToSplit: aws.String("shardId-000000000000"),
		NewStartingHashKey: aws.String("85070591730234615865843651857942052864"), // 2^126
	})
	return err
}

func (r *run) merge(ctx context.Context) error {
	_, err := r.client.MergeShards(ctx, &kinesis.MergeShardsInput{
		StreamName: &r.stream, ShardToMerge: aws.String("shardId-000000000002"),
		AdjacentShardToMerge: aws.String("shardId-000000000003"),
	})
	return err
}

func (r *run) double(ctx context.Context) error {
	_, err := r.client.UpdateShardCount(ctx, &kinesis.UpdateShardCountInput{
		StreamName: &r.stream, TargetShardCount: aws.Int32(4), ScalingType: types.ScalingTypeUniformScaling,
	})
	return err
}
