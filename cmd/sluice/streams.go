package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/spf13/cobra"
)

// streamsCommand lists streams, or tells all about some.
func (p *program) streamsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "streams [NAME...]", Short: "List the streams, or describe some", GroupID: groupStreams,
		Example: `  sluice streams
  sluice streams orders
  sluice streams --json`,
		Args: cobra.ArbitraryArgs,
	}
	c := p.addClient(cmd)
	cmd.RunE = c.runs(func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return c.describeAll(ctx, args)
		}
		list, err := c.list(ctx)
		if err != nil {
			return err
		}
		if len(list) == 0 && !c.asJSON {
			c.say("there are no streams in %s at %s; make one with `sluice create NAME`", c.endpoint.Region, c.endpoint)
			return nil
		}
		return items(c, list, "NAME\tSTATUS\tMODE\tCREATED", streamRow)
	})
	// The verbs also answer below their noun, for those who look for them there.
	for _, verb := range p.streamCommands() {
		verb.Hidden, verb.GroupID = true, ""
		cmd.AddCommand(verb)
	}
	return cmd
}

// streamCommands are the verbs that act on a stream.
func (p *program) streamCommands() []*cobra.Command {
	return []*cobra.Command{p.createCommand(), p.deleteCommand(), p.putCommand(), p.getCommand(), p.tailCommand(), p.shardsCommand(),
		p.splitCommand(), p.mergeCommand(), p.scaleCommand(), p.consumersCommand(), p.heatCommand(), p.dumpCommand(), p.loadCommand()}
}

// list tells of every stream what one call tells of a hundred.
func (c *client) list(ctx context.Context) ([]stream, error) {
	var list []stream
	in := &kinesis.ListStreamsInput{}
	for {
		out, err := c.api.ListStreams(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, s := range out.StreamSummaries {
			list = append(list, stream{Name: aws.ToString(s.StreamName), ARN: aws.ToString(s.StreamARN), Status: string(s.StreamStatus),
				Mode: mode(s.StreamModeDetails), Created: aws.ToTime(s.StreamCreationTimestamp).UTC()})
		}
		if !aws.ToBool(out.HasMoreStreams) || len(out.StreamNames) == 0 {
			return list, nil
		}
		in.ExclusiveStartStreamName = aws.String(out.StreamNames[len(out.StreamNames)-1])
	}
}

func (c *client) describeAll(ctx context.Context, names []string) error {
	for i, name := range names {
		s, err := c.describe(ctx, name)
		if err != nil {
			return err
		}
		if s.Tags, err = c.tags(ctx, name); err != nil {
			return err
		}
		if i > 0 && !c.asJSON {
			_, _ = c.stdout.Write([]byte("\n"))
		}
		if err := c.show(s); err != nil {
			return err
		}
	}
	return nil
}
