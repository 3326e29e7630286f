package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
)

// mergeCommand merges two neighbouring shards.
func (p *program) mergeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "merge STREAM SHARD [NEIGHBOUR]", Short: "Merge two neighbouring shards", GroupID: groupStreams,
		Long: "Merge a shard with a neighbour: the one named, or the next one, or the one before when it is the last.\nShards may be given as their numbers.",
		Example: `  sluice merge orders 0 1
  sluice merge payments 0`,
		Args: cobra.RangeArgs(2, 3),
	}
	c := p.addClient(cmd)
	var timeout time.Duration
	cmd.Flags().DurationVar(&timeout, "timeout", defaultTimeout, "how long to wait")
	cmd.RunE = c.runs(func(ctx context.Context, args []string) error {
		left, all, err := c.find(ctx, args[0], args[1])
		if err != nil {
			return err
		}
		var right types.Shard
		if len(args) == 3 {
			right, _, err = c.find(ctx, args[0], args[2])
		} else {
			right, err = neighbour(all, left)
		}
		if err != nil {
			return err
		}
		if left, right, err = inOrder(left, right); err != nil {
			return err
		}
		in := &kinesis.MergeShardsInput{ShardToMerge: left.ShardId, AdjacentShardToMerge: right.ShardId}
		in.StreamName, in.StreamARN = streams.Reference(args[0])
		if _, err := c.api.MergeShards(ctx, in); err != nil {
			return err
		}
		return c.resharded(ctx, args[0], all, timeout)
	})
	return cmd
}

// inOrder puts two shards in the order of the hash space, which is the one that
// the service takes them in, and sees that nothing lies between them.
func inOrder(a, b types.Shard) (left, right types.Shard, err error) {
	first, err := streams.RangeOf(a)
	if err != nil {
		return a, b, err
	}
	second, err := streams.RangeOf(b)
	switch {
	case err != nil:
		return a, b, err
	case second.Follows(first):
		return a, b, nil
	case first.Follows(second):
		return b, a, nil
	}
	return a, b, &streams.Error{Text: *a.ShardId + " and " + *b.ShardId + " are not neighbours", Advice: "`sluice shards --open` shows which shards meet"}
}

// neighbour finds the open shard behind one in the hash space, or before it.
func neighbour(all []types.Shard, of types.Shard) (types.Shard, error) {
	r, err := streams.RangeOf(of)
	if err != nil {
		return types.Shard{}, err
	}
	var before *types.Shard
	for i, s := range all {
		other, err := streams.RangeOf(s)
		if err != nil {
			return types.Shard{}, err
		}
		switch {
		case !streams.Open(s):
		case other.Follows(r):
			return s, nil
		case r.Follows(other):
			before = &all[i]
		}
	}
	if before == nil {
		return types.Shard{}, &streams.Error{Text: *of.ShardId + " has no open neighbour", Advice: "only open shards can be merged, and the last one stays"}
	}
	return *before, nil
}
