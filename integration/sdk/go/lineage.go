package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// lineage reads a stream from its first shards on and starts a child only when all its parents are read to their end.
type lineage struct {
	client    *kinesis.Client
	stream    string
	prefix    string
	active    map[string]*string // shard id -> next iterator
	finished  map[string]bool
	waiting   map[string][]string // child shard id -> its parents
	seen      map[int]bool
	lastOfKey map[string]int
}

func newLineage(client *kinesis.Client, stream, prefix string) *lineage {
	return &lineage{
		client: client, stream: stream, prefix: prefix,
		active: map[string]*string{}, finished: map[string]bool{}, waiting: map[string][]string{},
		seen: map[int]bool{}, lastOfKey: map[string]int{},
	}
}

func (l *lineage) start(ctx context.Context, shard string) error {
	answer, err := l.client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamName: &l.stream, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		return err
	}
	l.active[shard] = answer.ShardIterator
	return nil
}

func (l *lineage) take(record types.Record) error {
	key := aws.ToString(record.PartitionKey)
	if !strings.HasPrefix(key, l.prefix) {
		return nil
	}
	index := int(binary.BigEndian.Uint32(record.Data))
	if l.seen[index] {
		return fmt.Errorf("record %d came twice", index)
	}
	if last, ok := l.lastOfKey[key]; ok && index <= last {
		return fmt.Errorf("record %d of %s came out of order", index, key)
	}
	l.seen[index], l.lastOfKey[key] = true, index
	return checkPayload(record.Data, index)
}

func (l *lineage) finish(ctx context.Context, shard string, children []types.ChildShard) error {
	if len(children) == 0 {
		return fmt.Errorf("%s ended without children", shard)
	}
	delete(l.active, shard)
	l.finished[shard] = true
	for _, child := range children {
		l.waiting[*child.ShardId] = child.ParentShards
	}
	for child, parents := range maps.Clone(l.waiting) {
		if !l.allFinished(parents) {
			continue
		}
		delete(l.waiting, child)
		if l.finished[child] || l.active[child] != nil {
			continue
		}
		if err := l.start(ctx, child); err != nil {
			return err
		}
	}
	return nil
}

func (l *lineage) allFinished(shards []string) bool {
	for _, shard := range shards {
		if !l.finished[shard] {
			return false
		}
	}
	return true
}

// round asks every active shard once; quiet tells that all of them were at their tip with nothing new.
func (l *lineage) round(ctx context.Context) (quiet bool, err error) {
	quiet = true
	for shard, iterator := range maps.Clone(l.active) {
		answer, err := l.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator})
		if err != nil {
			return false, err
		}
		for _, record := range answer.Records {
			if err := l.take(record); err != nil {
				return false, err
			}
		}
		if answer.NextShardIterator == nil {
			quiet = false
			if err := l.finish(ctx, shard, answer.ChildShards); err != nil {
				return false, err
			}
			continue
		}
		l.active[shard] = answer.NextShardIterator
		quiet = quiet && len(answer.Records) == 0 && aws.ToInt64(answer.MillisBehindLatest) == 0
	}
	return quiet, nil
}

// run reads until wanted records were seen and one more round finds nothing.
func (l *lineage) run(ctx context.Context, wanted int, first ...string) error {
	for _, shard := range first {
		if err := l.start(ctx, shard); err != nil {
			return err
		}
	}
	for {
		quiet, err := l.round(ctx)
		if err != nil {
			return fmt.Errorf("%d of %d records read: %w", len(l.seen), wanted, err)
		}
		if quiet && len(l.seen) >= wanted {
			return nil
		}
		time.Sleep(readPause)
	}
}
