package main

import (
	"context"

	"github.com/spf13/cobra"
)

// getCommand prints what is in a stream and ends.
func (p *program) getCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "get STREAM", Short: "Print the records that are in a stream", GroupID: groupStreams,
		Long: "Print the records that are in a stream, the oldest first, and end. `sluice tail` waits for more.",
		Example: `  sluice get orders
  sluice get orders --limit 2 --json
  sluice get orders --shard 0 --format hex
  sluice get orders --from 15m --jq '.data.customer'`,
		Args: cobra.ExactArgs(1),
	}
	c := p.addClient(cmd)
	var o reads
	var print printing
	o.flags(cmd, "trim-horizon")
	print.flags(cmd, "wide")
	cmd.RunE = c.runs(func(ctx context.Context, args []string) error {
		out, err := c.printer(print)
		if err != nil {
			return err
		}
		f, err := c.follower(ctx, args[0], &o)
		if err != nil {
			return err
		}
		return c.read(ctx, f, &o, out)
	})
	return cmd
}
