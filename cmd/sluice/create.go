package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/spf13/cobra"
)

// defaultTimeout is how long a change of a stream is waited for. AWS takes half
// a minute for most.
const defaultTimeout = 5 * time.Minute

// createCommand makes a stream.
func (p *program) createCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Make a stream", GroupID: groupStreams,
		Example: `  sluice create clicks
  sluice create invoices --shards 4 --retention 48h --tag team=billing
  sluice create events --on-demand
  sluice create clicks --if-missing`,
		Args: cobra.ExactArgs(1),
	}
	c := p.addClient(cmd)
	o := &createOptions{}
	flags := cmd.Flags()
	flags.Int32Var(&o.shards, "shards", 1, "number of shards")
	flags.BoolVar(&o.onDemand, "on-demand", false, "let the service choose the number of shards")
	flags.DurationVar(&o.retention, "retention", 0, "how long records are kept, in whole hours from 24h to 8760h (default 24h)")
	flags.StringToStringVar(&o.tags, "tag", nil, "tag KEY=VALUE, repeatable")
	flags.Int32Var(&o.maxRecordKiB, "max-record-kib", 0, "size of the largest record, from 1024 to 10240 (default 1024)")
	flags.BoolVar(&o.ifMissing, "if-missing", false, "do nothing when there is one of this name")
	flags.BoolVar(&o.noWait, "no-wait", false, "do not wait until it is ACTIVE")
	flags.DurationVar(&o.timeout, "timeout", defaultTimeout, "how long to wait")
	cmd.MarkFlagsMutuallyExclusive("shards", "on-demand")
	cmd.RunE = c.runs(func(ctx context.Context, args []string) error { return c.create(ctx, args[0], o) })
	return cmd
}

type createOptions struct {
	shards, maxRecordKiB int32
	onDemand             bool
	retention, timeout   time.Duration
	tags                 map[string]string
	ifMissing, noWait    bool
}

func (c *client) create(ctx context.Context, name string, o *createOptions) error {
	if o.retention%time.Hour != 0 || o.retention < 0 {
		return misuse("retention", fmt.Errorf("%s is not a number of whole hours", o.retention))
	}
	in := &kinesis.CreateStreamInput{StreamName: &name, Tags: o.tags}
	if o.onDemand {
		in.StreamModeDetails = &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand}
	} else {
		in.ShardCount = &o.shards
	}
	if o.maxRecordKiB != 0 {
		in.MaxRecordSizeInKiB = &o.maxRecordKiB
	}
	_, err := c.api.CreateStream(ctx, in)
	var exists *types.ResourceInUseException
	if o.ifMissing && asError(err, &exists) {
		c.say("%s is there already", name)
		err = nil
	}
	if err != nil {
		return err
	}
	if o.noWait && o.retention == 0 {
		s, err := c.describe(ctx, name)
		if err != nil {
			return err
		}
		return c.show(s)
	}
	s, err := c.await(ctx, name, o.timeout)
	if err != nil {
		return err
	}
	if s, err = c.retain(ctx, s, o); err != nil {
		return err
	}
	return c.show(s)
}

// retain sets the retention, which a stream must be ACTIVE for.
func (c *client) retain(ctx context.Context, s stream, o *createOptions) (stream, error) {
	hours := int32(o.retention / time.Hour)
	if hours == 0 || hours == s.RetentionHours {
		return s, nil
	}
	if hours < s.RetentionHours {
		if exists := o.ifMissing; exists {
			return s, nil // a stream that was there is left as it is
		}
	}
	_, err := c.api.IncreaseStreamRetentionPeriod(ctx, &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: aws.String(s.Name), RetentionPeriodHours: &hours})
	if err != nil {
		return s, err
	}
	return c.await(ctx, s.Name, o.timeout)
}

// asError is errors.As for one line.
func asError[T error](err error, target *T) bool { return errors.As(err, target) }
