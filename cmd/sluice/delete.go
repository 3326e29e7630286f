package main

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
)

// deleteCommand deletes streams.
func (p *program) deleteCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "delete NAME...", Short: "Delete streams and all that is in them", GroupID: groupStreams,
		Long: "Delete streams and all that is in them. Anywhere but on this machine it asks first.",
		Example: `  sluice delete orders
  sluice delete payments --consumers --yes`,
		Args: cobra.MinimumNArgs(1),
	}
	c := p.addClient(cmd)
	var consumers, yes, noWait bool
	var timeout time.Duration
	flags := cmd.Flags()
	flags.BoolVar(&consumers, "consumers", false, "also when consumers are registered")
	flags.BoolVarP(&yes, "yes", "y", false, "do not ask")
	flags.BoolVar(&noWait, "no-wait", false, "do not wait until it is gone")
	flags.DurationVar(&timeout, "timeout", defaultTimeout, "how long to wait")
	cmd.RunE = c.runs(func(ctx context.Context, args []string) error {
		if err := c.consent(yes, "delete "+strings.Join(args, ", ")); err != nil {
			return err
		}
		for _, name := range args {
			in := &kinesis.DeleteStreamInput{}
			in.StreamName, in.StreamARN = streams.Reference(name)
			if consumers {
				in.EnforceConsumerDeletion = &consumers
			}
			if _, err := c.api.DeleteStream(ctx, in); err != nil {
				var inUse *types.ResourceInUseException
				if asError(err, &inUse) && !consumers {
					return &streams.Error{Text: inUse.ErrorCode() + ": " + inUse.ErrorMessage(), Advice: "--consumers deletes its consumers with it"}
				}
				return err
			}
			if !noWait {
				if err := c.awaitGone(ctx, name, timeout); err != nil {
					return err
				}
			}
			if c.asJSON {
				if err := c.object(map[string]string{"deleted": name}); err != nil {
					return err
				}
				continue
			}
			c.say("deleted %s", name)
		}
		return nil
	})
	return cmd
}
