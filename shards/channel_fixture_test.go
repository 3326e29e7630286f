package shards

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/delivery"
)

// What the tests of channels share.

// buckets is a store of buckets in memory.
type buckets struct {
	mu      sync.Mutex
	owner   map[string]string            // guarded by mu; by bucket
	objects map[string][]delivery.Object // guarded by mu; by bucket, in order of their puts
	err     error                        // guarded by mu; what PutObject fails with
	tried   int                          // guarded by mu; PutObject calls
	before  func(o delivery.Object)      // called before an object is stored
}

func newBuckets(names ...string) *buckets {
	b := &buckets{owner: map[string]string{}, objects: map[string][]delivery.Object{}}
	for _, name := range names {
		b.owner[name] = testAccount
	}
	return b
}

func (b *buckets) HeadBucket(_ context.Context, at delivery.Place) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.look(at)
}

func (b *buckets) look(at delivery.Place) error {
	switch owner, ok := b.owner[at.Bucket]; {
	case !ok:
		return fmt.Errorf("%s: %w", at.Bucket, delivery.ErrNoBucket)
	case owner != at.Owner:
		return fmt.Errorf("%s: %w", at.Bucket, delivery.ErrDenied)
	}
	return nil
}

func (b *buckets) PutObject(_ context.Context, o delivery.Object) error {
	if b.before != nil {
		b.before(o)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tried++
	if b.err != nil {
		return b.err
	}
	if err := b.look(o.Place); err != nil {
		return err
	}
	o.Body = bytes.Clone(o.Body)
	b.objects[o.Bucket] = slices.DeleteFunc(b.objects[o.Bucket], func(old delivery.Object) bool { return old.Key == o.Key })
	b.objects[o.Bucket] = append(b.objects[o.Bucket], o)
	return nil
}

func (b *buckets) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

func (b *buckets) set(bucket, owner string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.owner[bucket] = owner
}

func (b *buckets) in(bucket string) []delivery.Object {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.objects[bucket])
}

// text is all bodies in a bucket, one after the other.
func (b *buckets) text(bucket string) string {
	var out []byte
	for _, o := range b.in(bucket) {
		out = append(out, o.Body...)
	}
	return string(out)
}

// play does a line of a story.
func (b *buckets) play(words []string) string {
	if len(words) > 0 {
		b.fail(nil)
		if words[0] == "full" {
			b.fail(errors.New("no space left"))
		}
		return ""
	}
	var out strings.Builder
	for _, o := range b.in("lake") {
		fmt.Fprintf(&out, "  %s\n    %s\n", o.Key, strings.ReplaceAll(strings.TrimSuffix(string(o.Body), "\n"), "\n", "\n    "))
	}
	return out.String()
}

func (b *buckets) clone() *buckets {
	b.mu.Lock()
	defer b.mu.Unlock()
	copied := newBuckets()
	maps.Copy(copied.owner, b.owner)
	for name, objects := range b.objects {
		copied.objects[name] = slices.Clone(objects)
	}
	return copied
}

// delivers has the room's channels deliver to buckets.
func (r *room) delivers(b *buckets) *room {
	r.Deliver(b)
	return r
}

// channelInput asks for a channel of lines of text to bucket lake.
func channelInput(name, stream string) *kinesis.CreateChannelInput {
	return &kinesis.CreateChannelInput{
		ChannelName: &name, ServiceExecutionRoleARN: aws.String("arn:aws:iam::123456789012:role/delivery"),
		StreamConfigurationList: []types.ChannelStreamConfiguration{{
			StreamARN: streamARN(stream), RecordConfiguration: &types.RecordConfiguration{RecordFormatType: types.RecordFormatTypeString}}},
		S3DestinationConfiguration: &types.S3DestinationConfiguration{StorageConfiguration: &types.S3StorageConfiguration{
			BucketARN: aws.String("arn:aws:s3:::lake"), ExpectedBucketOwner: aws.String(testAccount), CompressionType: types.S3CompressionTypeNone}},
	}
}

// channel makes a channel and returns its ARN.
func (r *room) channel(name, stream string, options ...func(*kinesis.CreateChannelInput)) string {
	r.t.Helper()
	in := channelInput(name, stream)
	for _, o := range options {
		o(in)
	}
	out, err := r.CreateChannel(r.ctx, in)
	require.NoError(r.t, err)
	return *out.ChannelDescription.ChannelARN
}

// describeChannel is what DescribeChannel says, nil when the channel is not there.
func (r *room) describeChannel(arn string) *types.ChannelDescription {
	r.t.Helper()
	out, err := r.DescribeChannel(r.ctx, &kinesis.DescribeChannelInput{ChannelARN: &arn})
	if codeOf(err) == codeMissing {
		return nil
	}
	require.NoError(r.t, err)
	return out.ChannelDescription
}

// channelStatus is the status, or the error's code when there is no channel.
func (r *room) channelStatus(arn string) string {
	r.t.Helper()
	if d := r.describeChannel(arn); d != nil {
		return string(d.ChannelStatus)
	}
	return codeMissing
}

// say puts records, each its own key.
func (r *room) say(stream string, texts ...string) {
	r.t.Helper()
	in := &kinesis.PutRecordsInput{StreamName: &stream}
	for _, text := range texts {
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String("key" + text), Data: []byte(text)})
	}
	out, err := r.PutRecords(r.ctx, in)
	require.NoError(r.t, err)
	require.Zero(r.t, *out.FailedRecordCount)
}

// format changes the record format of a channel that is asked for.
func format(f types.RecordFormatType) func(*kinesis.CreateChannelInput) {
	return func(in *kinesis.CreateChannelInput) {
		in.StreamConfigurationList[0].RecordConfiguration.RecordFormatType = f
	}
}

// packed changes the compression.
func packed(c types.S3CompressionType) func(*kinesis.CreateChannelInput) {
	return func(in *kinesis.CreateChannelInput) {
		in.S3DestinationConfiguration.StorageConfiguration.CompressionType = c
	}
}

// keyed sets the output key template.
func keyed(template string) func(*kinesis.CreateChannelInput) {
	return func(in *kinesis.CreateChannelInput) {
		in.S3DestinationConfiguration.StorageConfiguration.OutputKeyTemplate = &template
	}
}
