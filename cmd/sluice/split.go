package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
)

// splitCommand splits a shard.
func (p *program) splitCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "split STREAM SHARD", Short: "Split a shard in two", GroupID: groupStreams,
		Long: "Split a shard in two: in the middle, before the hash of a partition key, or at a hash key.\nSHARD may be given as its number.",
		Example: `  sluice split orders 0
  sluice split orders shardId-000000000001 --at-key customer-3`,
		Args: cobra.ExactArgs(2),
	}
	c := p.addClient(cmd)
	var at, key string
	var timeout time.Duration
	cmd.Flags().StringVar(&at, "at", "", "hash key where the right half begins, a decimal number of 128 bits (default the middle)")
	cmd.Flags().StringVar(&key, "at-key", "", "partition key with which the right half begins")
	cmd.Flags().DurationVar(&timeout, "timeout", defaultTimeout, "how long to wait")
	cmd.MarkFlagsMutuallyExclusive("at", "at-key")
	cmd.RunE = c.runs(func(ctx context.Context, args []string) error {
		target, all, err := c.find(ctx, args[0], args[1])
		if err != nil {
			return err
		}
		r, err := streams.RangeOf(target)
		switch {
		case err != nil:
			return err
		case key != "":
			at = streams.HashOf(key).String()
		case at == "":
			at = r.Middle().String()
		}
		in := &kinesis.SplitShardInput{ShardToSplit: target.ShardId, NewStartingHashKey: &at}
		in.StreamName, in.StreamARN = streams.Reference(args[0])
		if _, err := c.api.SplitShard(ctx, in); err != nil {
			return err
		}
		return c.resharded(ctx, args[0], all, timeout)
	})
	return cmd
}

// find looks up a shard by its id or number.
func (c *client) find(ctx context.Context, stream, id string) (types.Shard, []types.Shard, error) {
	all, err := streams.Shards(ctx, c.api, stream)
	if err != nil {
		return types.Shard{}, nil, err
	}
	i := slices.IndexFunc(all, func(s types.Shard) bool { return sameShard(*s.ShardId, id) })
	if i < 0 {
		return types.Shard{}, nil, &streams.Error{Text: fmt.Sprintf("%s has no shard %s", stream, id), Advice: "`sluice shards " + stream + "` lists them"}
	}
	return all[i], all, nil
}

// sameShard lets people write 7 for shardId-000000000007.
func sameShard(id, given string) bool {
	if id == given {
		return true
	}
	number, ok := strings.CutPrefix(id, "shardId-")
	return ok && given != "" && len(given) <= len(number) && strings.Trim(given, "0123456789") == "" &&
		number == strings.Repeat("0", len(number)-len(given))+given
}

// resharded waits for the end of a change and prints the shards that it made.
func (c *client) resharded(ctx context.Context, stream string, before []types.Shard, timeout time.Duration) error {
	if _, err := c.await(ctx, stream, timeout); err != nil {
		return err
	}
	after, err := streams.Shards(ctx, c.api, stream)
	if err != nil {
		return err
	}
	old := map[string]bool{}
	for _, s := range before {
		old[*s.ShardId] = true
	}
	var made []shard
	for _, s := range after {
		if old[aws.ToString(s.ShardId)] {
			continue
		}
		printed, err := printable(s)
		if err != nil {
			return err
		}
		made = append(made, printed)
	}
	return items(c, made, "SHARD\tSTATE\tSHARE\tPARENTS", func(w io.Writer, s shard) {
		fmt.Fprintf(w, "%s\t%s\t%.2f%%\t%s\n", s.ShardID, s.State, 100*s.share, strings.Join(s.Parents, " "))
	})
}
