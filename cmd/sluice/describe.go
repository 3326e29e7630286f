package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/cmd/sluice/streams"
	"sluice/internal/clock"
)

// stream is what is printed about one. The members are stable.
type stream struct {
	Name           string            `json:"name"`
	ARN            string            `json:"arn"`
	Status         string            `json:"status"`
	Mode           string            `json:"mode"`
	Shards         int32             `json:"shards"`
	RetentionHours int32             `json:"retentionHours"`
	Consumers      int32             `json:"consumers"`
	MaxRecordKiB   int32             `json:"maxRecordKiB,omitempty"`
	Encryption     string            `json:"encryption,omitempty"`
	Created        time.Time         `json:"created"`
	Tags           map[string]string `json:"tags,omitempty"`
}

func (c *client) describe(ctx context.Context, name string) (stream, error) {
	in := &kinesis.DescribeStreamSummaryInput{}
	in.StreamName, in.StreamARN = streams.Reference(name)
	out, err := c.api.DescribeStreamSummary(ctx, in)
	if err != nil {
		return stream{}, err
	}
	d := out.StreamDescriptionSummary
	s := stream{Name: aws.ToString(d.StreamName), ARN: aws.ToString(d.StreamARN), Status: string(d.StreamStatus), Mode: mode(d.StreamModeDetails),
		Shards: aws.ToInt32(d.OpenShardCount), RetentionHours: aws.ToInt32(d.RetentionPeriodHours), Consumers: aws.ToInt32(d.ConsumerCount),
		MaxRecordKiB: aws.ToInt32(d.MaxRecordSizeInKiB), Created: aws.ToTime(d.StreamCreationTimestamp).UTC()}
	if d.EncryptionType == types.EncryptionTypeKms {
		s.Encryption = aws.ToString(d.KeyId)
	}
	return s, nil
}

// mode names a capacity mode in the words of the command line.
func mode(d *types.StreamModeDetails) string {
	if d != nil && d.StreamMode == types.StreamModeOnDemand {
		return "on-demand"
	}
	return "provisioned"
}

// tags are asked for only where they are shown: AWS allows five calls a second.
func (c *client) tags(ctx context.Context, name string) (map[string]string, error) {
	in := &kinesis.ListTagsForStreamInput{}
	in.StreamName, in.StreamARN = streams.Reference(name)
	tags := map[string]string{}
	for {
		out, err := c.api.ListTagsForStream(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, t := range out.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		if !aws.ToBool(out.HasMoreTags) || len(out.Tags) == 0 {
			return tags, nil
		}
		in.ExclusiveStartTagKey = out.Tags[len(out.Tags)-1].Key
	}
}

// show prints a stream: an object for programs, a list of its properties for people.
func (c *client) show(s stream) error {
	if c.asJSON {
		return c.object(s)
	}
	table := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	row := func(name string, value any) { fmt.Fprintf(table, "%s\t%v\n", name, value) }
	row("name", s.Name)
	row("arn", s.ARN)
	row("status", s.Status)
	row("mode", s.Mode)
	row("shards", s.Shards)
	row("retention", (time.Duration(s.RetentionHours) * time.Hour).String())
	row("consumers", s.Consumers)
	if s.MaxRecordKiB != 0 {
		row("largest record", fmt.Sprint(s.MaxRecordKiB, " KiB"))
	}
	if s.Encryption != "" {
		row("encryption", s.Encryption)
	}
	row("created", s.Created.Format(time.RFC3339))
	if len(s.Tags) > 0 {
		row("tags", pairs(s.Tags))
	}
	return table.Flush()
}

func pairs(m map[string]string) string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		list = append(list, key+"="+m[key])
	}
	return strings.Join(list, " ")
}

func streamRow(w io.Writer, s stream) {
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Name, s.Status, s.Mode, s.Created.Format(time.RFC3339))
}

// pollStatus is how often a change of a stream is looked after. AWS allows
// twenty calls a second for an account.
const pollStatus = 200 * time.Millisecond

// await returns when the stream is ACTIVE, after patience at most.
func (c *client) await(ctx context.Context, name string, patience time.Duration) (stream, error) {
	host := clock.Host()
	for begun := host.Now(); ; {
		s, err := c.describe(ctx, name)
		if err != nil || s.Status == string(types.StreamStatusActive) {
			return s, err
		}
		if host.Now().Sub(begun) >= patience {
			return s, &streams.Error{Text: fmt.Sprintf("%s is still %s after %s", name, s.Status, patience),
				Advice: "wait longer with --timeout; where service time is frozen, `sluice clock advance next` moves it on"}
		}
		if err := host.Sleep(ctx, pollStatus); err != nil {
			return s, err
		}
	}
}

// awaitGone returns when the stream is no more.
func (c *client) awaitGone(ctx context.Context, name string, patience time.Duration) error {
	host := clock.Host()
	for begun := host.Now(); ; {
		s, err := c.describe(ctx, name)
		var gone *types.ResourceNotFoundException
		if asError(err, &gone) {
			return nil
		}
		if err != nil {
			return err
		}
		if host.Now().Sub(begun) >= patience {
			return &streams.Error{Text: fmt.Sprintf("%s is still %s after %s", name, s.Status, patience),
				Advice: "wait longer with --timeout; where service time is frozen, `sluice clock advance next` moves it on"}
		}
		if err := host.Sleep(ctx, pollStatus); err != nil {
			return err
		}
	}
}
