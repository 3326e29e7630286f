package firehose

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"

	"sluice/delivery"
	"sluice/firehose/http"
	"sluice/store/kv"
	"sluice/store/log"
)

var errCut = errors.New("cut off")

// cutter fails every durable step from the nth one of a name on, as if the
// process had ended before it. What was acknowledged before stays.
type cutter struct {
	mu   sync.Mutex
	step string // guarded by mu; empty cuts nothing off
	left int    // guarded by mu
	down bool   // guarded by mu
}

func (c *cutter) cut(step string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if step == c.step {
		c.left--
		c.down = c.down || c.left < 0
	}
	return c.down
}

// at says what is cut off; the empty step ends it. It tells whether something
// was.
func (c *cutter) at(step string, n int) (was bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	was = c.down
	c.step, c.left, c.down = step, n, false
	return was
}

type cutSpace struct {
	kv.Space
	*cutter
}

func (s cutSpace) Commit(ctx context.Context, b *kv.Batch) error {
	step := "store nothing"
	switch ops := b.Changes; {
	case len(ops) > 0 && ops[0].Remove:
		step = "retire " + kind(ops[0].Key)
	case len(ops) > 0:
		step = "store " + kind(ops[0].Key)
	}
	if s.cut(step) {
		return errCut
	}
	return s.Space.Commit(ctx, b)
}

// kind is what a key is about.
func kind(key []byte) string { return strings.SplitN(string(key), "\x00", 2)[0] }

type cutLog struct {
	log.Log
	*cutter
}

func (l cutLog) Append(ctx context.Context, batch []log.Entry) (log.Commit, error) {
	step := map[uint32]string{rawLog: "append what came", cookedLog: "append what the function made"}[batch[0].Log.Shard]
	if step == "" {
		step = "append to partitions"
	}
	if l.cut(step) {
		return nil, errCut
	}
	return l.Log.Append(ctx, batch)
}

func (l cutLog) Create(ctx context.Context, ids []log.ID) error {
	if l.cut("create a log") {
		return errCut
	}
	return l.Log.Create(ctx, ids)
}

func (l cutLog) Trim(ctx context.Context, stream uint64, t time.Time) error {
	if l.cut("trim") {
		return errCut
	}
	return l.Log.Trim(ctx, stream, t)
}

type cutBucket struct {
	delivery.Bucket
	*cutter
}

func (b cutBucket) PutObject(ctx context.Context, o delivery.Object) error {
	if b.cut("put an object in " + o.Bucket) {
		return errCut
	}
	return b.Bucket.PutObject(ctx, o)
}

// pipeline is a delivery stream that is cut off.
type pipeline struct {
	edit func(c *types.ExtendedS3DestinationConfiguration)
	http bool
	// steps are the durable steps that it has to go through.
	steps []string
}

func pipelines() map[string]pipeline {
	source := []string{"append what came", "store source", "store progress"}
	backup := func(c *types.ExtendedS3DestinationConfiguration) {
		c.S3BackupMode = types.S3BackupModeEnabled
		c.S3BackupConfiguration = &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String("arn:aws:s3:::copy"), BufferingHints: hints(5, 60)}
	}
	function := func(c *types.ExtendedS3DestinationConfiguration) { c.ProcessingConfiguration = lambda(nil) }
	return map[string]pipeline{
		"plain":    {steps: append(source, "put an object in lake", "trim")},
		"function": {edit: function, steps: append(source, "append what the function made", "put an object in lake")},
		"function and backup": {edit: func(c *types.ExtendedS3DestinationConfiguration) { function(c); backup(c) },
			steps: append(source, "append what the function made", "put an object in lake", "put an object in copy")},
		"partitions": {edit: partitioned("{c:.c}"),
			steps: append(source, "create a log", "store partition", "append to partitions", "put an object in lake", "retire partition")},
		"function and partitions": {edit: func(c *types.ExtendedS3DestinationConfiguration) {
			partitioned("{c:.c}")(c)
			c.ProcessingConfiguration.Processors = append(c.ProcessingConfiguration.Processors, lambda(nil).Processors...)
		}, steps: append(source, "append what the function made", "create a log", "store partition", "append to partitions", "put an object in lake")},
		"endpoint": {http: true, steps: append(source, "send")},
	}
}

// The room ends before every single durable step of copying, transforming,
// sorting and delivering, and goes on over what is stored: everything arrives,
// and what was put again has replaced itself.
func TestCutOffAnywhere(t *testing.T) {
	for name, p := range pipelines() {
		t.Run(name, func(t *testing.T) {
			for _, step := range p.steps {
				for n := 0; p.play(t, step, n); n++ {
					require.Less(t, n, 20)
				}
			}
		})
	}
}

// play lets a delivery stream run and be cut off before a step comes for the
// nth time, and then run to its end. It tells whether the step came.
func (p *pipeline) play(t *testing.T, step string, n int) bool {
	c := &cutter{}
	r := newRig(t)
	r.function = func(in call) (any, error) { return echo(in), nil }
	var sent []string
	r.send = func(in *http.Request) error {
		if c.cut("send") {
			return errCut
		}
		for _, data := range in.Records {
			sent = append(sent, string(data))
		}
		return nil
	}
	source := r.stream("in", 1)
	if p.http {
		r.posting(source)
	} else {
		r.from("out", source, p.edit)
	}
	require.NoError(t, r.Close())
	r.openWith(cutSpace{r.store.Space("firehose"), c}, cutLog{r.store.Log("firehose"), c}, cutBucket{r.bucket, c})
	c.at(step, n)
	r.produce("in", `{"c":1}`, `{"c":2}`, `{"c":3}`)
	r.pass(3 * time.Minute)
	require.NoError(t, r.Close())
	was := c.at("", 0)
	require.True(t, was || n > 0, "%q is no step of this stream", step)
	r.open()
	r.pass(5 * time.Minute)
	got := map[string][]string{"lake": sent}
	for _, o := range r.bucket.taken() {
		got[o.Bucket] = append(got[o.Bucket], string(o.Body))
	}
	for place, bodies := range got {
		text := strings.Join(bodies, "")
		for i := range 3 {
			times := strings.Count(text, fmt.Sprintf(`{"c":%d}`, i+1))
			require.Positive(t, times, "in %s, cut off before %q, %d", place, step, n)
			require.LessOrEqual(t, times, 2, "in %s, cut off before %q, %d", place, step, n)
		}
	}
	require.Equal(t, slices.Contains(p.steps, "put an object in copy"), got["copy"] != nil)
	return was
}

// posting makes a delivery stream from a Kinesis stream to an endpoint.
func (r *rig) posting(source string) {
	_, err := r.CreateDeliveryStream(r.ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("out"),
		DeliveryStreamType:               types.DeliveryStreamTypeKinesisStreamAsSource,
		KinesisStreamSourceConfiguration: &types.KinesisStreamSourceConfiguration{KinesisStreamARN: &source, RoleARN: aws.String(role)},
		HttpEndpointDestinationConfiguration: &types.HttpEndpointDestinationConfiguration{
			EndpointConfiguration: &types.HttpEndpointConfiguration{Url: aws.String("https://example.com/in")},
			BufferingHints:        &types.HttpEndpointBufferingHints{SizeInMBs: aws.Int32(1), IntervalInSeconds: aws.Int32(60)},
			S3Configuration:       &types.S3DestinationConfiguration{RoleARN: aws.String(role), BucketARN: aws.String(bucket)},
		}})
	require.NoError(r.t, err)
}
