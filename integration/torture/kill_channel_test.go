package torture

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"sluice/integration"
)

// A channel delivers the stream riverName to the bucket poolName.
const (
	riverName = "river"
	poolName  = "pool"
)

func (c *calls) makeChannel(ctx context.Context) error {
	if _, err := c.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(poolName)}); err != nil {
		return err
	}
	if _, err := c.kinesis.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String(riverName)}); err != nil {
		return err
	}
	_, err := c.kinesis.CreateChannel(ctx, &kinesis.CreateChannelInput{
		ChannelName: aws.String("river-to-pool"), ServiceExecutionRoleARN: aws.String("arn:aws:iam::000000000000:role/delivery"),
		StreamConfigurationList: []types.ChannelStreamConfiguration{{
			StreamARN:           aws.String(arnOf(riverName)),
			RecordConfiguration: &types.RecordConfiguration{RecordFormatType: types.RecordFormatTypeJson},
		}},
		S3DestinationConfiguration: &types.S3DestinationConfiguration{StorageConfiguration: &types.S3StorageConfiguration{
			BucketARN: aws.String("arn:aws:s3:::" + poolName), ExpectedBucketOwner: aws.String("000000000000"),
			CompressionType: types.S3CompressionTypeNone, OutputKeyTemplate: aws.String("river/!{yyyy}/!{MM}/!{dd}/!{HH}!{mm}!{extension:.json}"),
		}},
	})
	return err
}

// flow writes to the stream of the channel.
func (k *killing) flow(ctx context.Context, dice *rand.Rand) {
	for n := 1; pause(ctx, dice); n++ {
		name := k.river.begin(fmt.Sprintf("f%d", k.rounds), n)
		_, err := k.calls.kinesis.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String(riverName), PartitionKey: &name, Data: fmt.Appendf(nil, `{"name":%q}`, name)})
		if err != nil {
			return
		}
		k.river.ack(name, "", "")
		k.calls.answers.hear(channelKind, nil)
	}
}

// lookAtChannel lets the time pass after which a channel delivers, and looks
// for the records, each of which must be in the bucket.
func (k *killing) lookAtChannel(ctx context.Context) error {
	if _, err := k.reads.advance(ctx, 5*time.Minute+time.Second, patience); err != nil {
		return err
	}
	return until(ctx, func() (name string, err error) {
		if k.pool, err = k.reads.pour(ctx, k.pool); err != nil {
			return "", err
		}
		return k.river.late(k.pool)
	})
}

// late names an acknowledged record that is not there.
func (l *ledger) late(found pool) (name string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	there := map[string]bool{}
	for _, o := range found {
		for _, name := range o.names {
			if l.all[name] == nil {
				return "", fmt.Errorf("%q is there, which nobody wrote", name)
			}
			there[name] = true
		}
	}
	for name, w := range l.all {
		if w.acked && !there[name] {
			return name, nil
		}
	}
	return "", nil
}

// pool is what was found in the bucket of the channel, by key. An object is read
// when it is new or another, since the bucket is looked at often.
type pool map[string]poured

// poured is an object: its tag, and the names of its records.
type poured struct {
	tag   string
	names []string
}

// pour looks at the bucket again.
func (c *calls) pour(ctx context.Context, was pool) (pool, error) {
	now := pool{}
	pages := s3.NewListObjectsV2Paginator(c.s3, &s3.ListObjectsV2Input{Bucket: aws.String(poolName)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			if now[*o.Key] = was[*o.Key]; was[*o.Key].tag == *o.ETag {
				continue
			}
			names, err := c.namesIn(ctx, o.Key)
			if err != nil {
				return nil, err
			}
			now[*o.Key] = poured{tag: *o.ETag, names: names}
		}
	}
	return now, nil
}

func (c *calls) namesIn(ctx context.Context, key *string) (names []string, err error) {
	out, err := c.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(poolName), Key: key})
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(out.Body)
	_ = out.Body.Close()
	for line := range strings.Lines(string(body)) {
		var record struct{ Name string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			return nil, fmt.Errorf("%s: %q: %w", *key, line, err)
		}
		names = append(names, record.Name)
	}
	return names, err
}

// advance moves the time of the service, and tells which it is then. It waits
// for what became due, which never ends while many write.
func (c *calls) advance(ctx context.Context, by, wait time.Duration) (time.Time, error) {
	return c.clock(ctx, http.MethodPost, fmt.Sprintf(`{"advance":%q,"wait":%q}`, by, wait))
}

func (c *calls) clock(ctx context.Context, method, body string) (time.Time, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.url+"/_sluice/clock", strings.NewReader(body))
	if err != nil {
		return time.Time{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := integration.Send(c.http, r)
	if err != nil {
		return time.Time{}, err
	}
	if answer.Status/100 != 2 {
		return time.Time{}, refused(fmt.Sprintf("clock: %d %s", answer.Status, answer.Body))
	}
	var at struct{ Now time.Time }
	return at.Now, json.Unmarshal(answer.Body, &at)
}

// hasten moves the time on, now and then, and waits for nothing.
func (k *killing) hasten(ctx context.Context, dice *rand.Rand) {
	for pause(ctx, dice) {
		at, err := k.calls.advance(ctx, time.Second, time.Millisecond)
		k.calls.answers.hear(clockKind, err)
		if err != nil {
			return
		}
		k.latest = at
	}
}

// lookAtTime holds the time to what was told: it has not gone back.
func (k *killing) lookAtTime(ctx context.Context) error {
	at, err := k.reads.clock(ctx, http.MethodGet, "")
	if err == nil && at.Before(k.latest) {
		err = fmt.Errorf("it is %s, and was %s", at, k.latest)
	}
	return err
}
