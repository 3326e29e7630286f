package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
	"sluice/internal/clock"
)

// consumer is what is printed about one. The members are stable.
type consumer struct {
	Name    string    `json:"name"`
	ARN     string    `json:"arn"`
	Status  string    `json:"status"`
	Created time.Time `json:"created"`
}

// consumersCommand lists the registered consumers of a stream, and registers
// and deregisters them.
func (p *program) consumersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "consumers STREAM", Short: "List, register and deregister fan-out consumers", GroupID: groupStreams,
		Example: `  sluice consumers orders
  sluice consumers register orders billing
  sluice consumers deregister orders billing`,
		Args: cobra.ExactArgs(1),
	}
	c := p.addClient(cmd)
	cmd.RunE = c.runs(func(ctx context.Context, args []string) error {
		s, err := c.describe(ctx, args[0])
		if err != nil {
			return err
		}
		var list []consumer
		in := &kinesis.ListStreamConsumersInput{StreamARN: &s.ARN}
		for {
			out, err := c.api.ListStreamConsumers(ctx, in)
			if err != nil {
				return err
			}
			for _, o := range out.Consumers {
				list = append(list, consumer{aws.ToString(o.ConsumerName), aws.ToString(o.ConsumerARN), string(o.ConsumerStatus), aws.ToTime(o.ConsumerCreationTimestamp).UTC()})
			}
			if out.NextToken == nil {
				break
			}
			in = &kinesis.ListStreamConsumersInput{StreamARN: &s.ARN, NextToken: out.NextToken}
		}
		return items(c, list, "NAME\tSTATUS\tCREATED", func(w io.Writer, o consumer) {
			fmt.Fprintf(w, "%s\t%s\t%s\n", o.Name, o.Status, o.Created.Format(time.RFC3339))
		})
	})
	register := &cobra.Command{Use: "register STREAM NAME", Short: "Register a consumer", Args: cobra.ExactArgs(2),
		RunE: c.runs(func(ctx context.Context, args []string) error { return c.register(ctx, args[0], args[1]) })}
	deregister := &cobra.Command{Use: "deregister STREAM NAME", Short: "Deregister a consumer; its subscriptions end", Args: cobra.ExactArgs(2),
		RunE: c.runs(func(ctx context.Context, args []string) error { return c.deregister(ctx, args[0], args[1]) })}
	register.ValidArgsFunction, deregister.ValidArgsFunction = c.completeStream, c.completeStream
	cmd.AddCommand(register, deregister)
	return cmd
}

func (c *client) register(ctx context.Context, stream, name string) error {
	s, err := c.describe(ctx, stream)
	if err != nil {
		return err
	}
	if _, err := c.api.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: &s.ARN, ConsumerName: &name}); err != nil {
		return err
	}
	host := clock.Host()
	for begun := host.Now(); ; {
		out, err := c.api.DescribeStreamConsumer(ctx, &kinesis.DescribeStreamConsumerInput{StreamARN: &s.ARN, ConsumerName: &name})
		if err != nil {
			return err
		}
		d := out.ConsumerDescription
		o := consumer{aws.ToString(d.ConsumerName), aws.ToString(d.ConsumerARN), string(d.ConsumerStatus), aws.ToTime(d.ConsumerCreationTimestamp).UTC()}
		if d.ConsumerStatus == types.ConsumerStatusActive {
			if c.asJSON {
				return c.object(o)
			}
			_, err = fmt.Fprintln(c.stdout, o.ARN)
			return err
		}
		if host.Now().Sub(begun) > defaultTimeout {
			return &streams.Error{Text: fmt.Sprintf("%s is still %s", name, d.ConsumerStatus), Advice: "where service time is frozen, `sluice clock advance next` moves it on"}
		}
		if err := host.Sleep(ctx, pollStatus); err != nil {
			return err
		}
	}
}

func (c *client) deregister(ctx context.Context, stream, name string) error {
	s, err := c.describe(ctx, stream)
	if err != nil {
		return err
	}
	if _, err := c.api.DeregisterStreamConsumer(ctx, &kinesis.DeregisterStreamConsumerInput{StreamARN: &s.ARN, ConsumerName: &name}); err != nil {
		return err
	}
	if c.asJSON {
		return c.object(map[string]string{"deregistered": name})
	}
	c.say("deregistered %s", name)
	return nil
}
