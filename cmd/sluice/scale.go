package main

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"

	"sluice/cmd/sluice/streams"
)

// scaleCommand changes the capacity of a stream.
func (p *program) scaleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "scale STREAM SHARDS|on-demand|provisioned", Short: "Change the number of shards, or the mode", GroupID: groupStreams,
		Long: "Change the number of shards, or the mode. One call of the service doubles or halves at most;\n" +
			"as many are made as it takes.",
		Example: `  sluice scale orders 4
  sluice scale payments on-demand`,
		Args: cobra.ExactArgs(2),
	}
	c := p.addClient(cmd)
	var timeout time.Duration
	cmd.Flags().DurationVar(&timeout, "timeout", defaultTimeout, "how long to wait for each step")
	cmd.RunE = c.runs(func(ctx context.Context, args []string) error {
		switch args[1] {
		case "on-demand":
			return c.switchMode(ctx, args[0], types.StreamModeOnDemand, timeout)
		case "provisioned":
			return c.switchMode(ctx, args[0], types.StreamModeProvisioned, timeout)
		}
		count, err := strconv.ParseInt(args[1], 10, 32)
		if err != nil || count < 1 {
			return misuse("scale", errors.New(args[1]+" is not a number of shards, on-demand or provisioned"))
		}
		return c.scale(ctx, args[0], int32(count), timeout)
	})
	return cmd
}

func (c *client) scale(ctx context.Context, name string, count int32, timeout time.Duration) error {
	s, err := c.describe(ctx, name)
	if err != nil {
		return err
	}
	for s.Shards != count {
		// The service takes from half to twice what is open, rounded up.
		step := min(max(count, (s.Shards+1)/2), 2*s.Shards)
		in := &kinesis.UpdateShardCountInput{TargetShardCount: aws.Int32(step), ScalingType: types.ScalingTypeUniformScaling}
		in.StreamName, in.StreamARN = streams.Reference(name)
		if _, err := c.api.UpdateShardCount(ctx, in); err != nil {
			return err
		}
		before := s.Shards
		if s, err = c.await(ctx, name, timeout); err != nil {
			return err
		}
		c.say("%d shards → %d", before, s.Shards)
		if s.Shards == before {
			return errors.New("the service did not change the number of shards")
		}
	}
	return c.show(s)
}

func (c *client) switchMode(ctx context.Context, name string, to types.StreamMode, timeout time.Duration) error {
	s, err := c.describe(ctx, name)
	if err != nil {
		return err
	}
	_, err = c.api.UpdateStreamMode(ctx, &kinesis.UpdateStreamModeInput{StreamARN: &s.ARN, StreamModeDetails: &types.StreamModeDetails{StreamMode: to}})
	if err != nil {
		return err
	}
	if s, err = c.await(ctx, name, timeout); err != nil {
		return err
	}
	return c.show(s)
}
