package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
)

// shard is what is printed about one. The members are stable.
type shard struct {
	ShardID          string   `json:"shardId"`
	State            string   `json:"state"`
	Parents          []string `json:"parents"`
	StartingHashKey  string   `json:"startingHashKey"`
	EndingHashKey    string   `json:"endingHashKey"`
	StartingSequence string   `json:"startingSequenceNumber"`
	EndingSequence   string   `json:"endingSequenceNumber,omitempty"`

	share float64
}

// shardsCommand lists the shards of a stream and how they descend.
func (p *program) shardsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "shards STREAM", Short: "List the shards of a stream and their parents", GroupID: groupStreams,
		Example: `  sluice shards orders
  sluice shards orders --open --json`,
		Args: cobra.ExactArgs(1),
	}
	c := p.addClient(cmd)
	var open bool
	cmd.Flags().BoolVar(&open, "open", false, "only those that take records")
	cmd.RunE = c.runs(func(ctx context.Context, args []string) error {
		all, err := streams.Shards(ctx, c.api, args[0])
		if err != nil {
			return err
		}
		var list []shard
		for _, s := range all {
			if open && !streams.Open(s) {
				continue
			}
			printed, err := printable(s)
			if err != nil {
				return err
			}
			list = append(list, printed)
		}
		return items(c, list, "SHARD\tSTATE\tSHARE\tHASH KEYS FROM\tPARENTS", func(w io.Writer, s shard) {
			fmt.Fprintf(w, "%s\t%s\t%.2f%%\t%s\t%s\n", s.ShardID, s.State, 100*s.share, s.StartingHashKey, strings.Join(s.Parents, " "))
		})
	})
	return cmd
}

func printable(s types.Shard) (shard, error) {
	r, err := streams.RangeOf(s)
	if err != nil {
		return shard{}, err
	}
	out := shard{ShardID: *s.ShardId, State: "closed", Parents: append([]string{}, streams.Parents(s)...),
		StartingHashKey: r.First.String(), EndingHashKey: r.Last.String(), share: r.Share()}
	if streams.Open(s) {
		out.State = "open"
	}
	if n := s.SequenceNumberRange; n != nil {
		out.StartingSequence, out.EndingSequence = aws.ToString(n.StartingSequenceNumber), aws.ToString(n.EndingSequenceNumber)
	}
	return out, nil
}
