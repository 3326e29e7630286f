package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"
)

// tailCommand prints records as they come.
func (p *program) tailCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "tail STREAM", Short: "Print records as they come, through splits and merges", GroupID: groupStreams,
		Long: "Print records as they come, until it is interrupted. The records of a shard come in order, and a shard\n" +
			"that was made by a split or merge comes after its parents.",
		Example: `  sluice tail orders
  sluice tail orders --from trim-horizon --limit 3
  sluice tail orders --from 15m --limit 1 --format json
  sluice tail orders --from trim-horizon --limit 1 --jq '.data | {customer, total}'
  sluice tail clicks --from trim-horizon --deaggregate --limit 2`,
		Args: cobra.ExactArgs(1),
	}
	c := p.addClient(cmd)
	var o reads
	var print printing
	o.flags(cmd, "latest")
	print.flags(cmd, "text")
	cmd.Flags().DurationVar(&o.poll, "poll", 250*time.Millisecond, "how often a shard without news is asked; the service allows five calls a second and shard")
	cmd.RunE = c.runs(func(ctx context.Context, args []string) error {
		if o.poll <= 0 {
			return misuse("poll", errors.New("it must be above zero"))
		}
		out, err := c.printer(print)
		if err != nil {
			return err
		}
		f, err := c.follower(ctx, args[0], &o)
		if err != nil {
			return err
		}
		f.Follow = true
		return c.read(ctx, f, &o, out)
	})
	return cmd
}
