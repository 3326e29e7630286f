package sluice

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	fh "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"sluice/internal/torture"
	"sluice/store"
	"sluice/store/log/logtest"
)

// troubledDisk is a disk in memory whose writes fail: all, or from the n-th on.
type troubledDisk struct {
	fs    vfs.FS
	err   atomic.Pointer[error] // what they fail with; nil: they do not
	count atomic.Int64
	at    atomic.Int64 // the write that begins the trouble; zero: none
	with  error        // set before at
}

func newTroubledDisk() *troubledDisk {
	d := &troubledDisk{}
	d.fs = errorfs.Wrap(logtest.Opening(vfs.NewMem()), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() != errorfs.OpIsWrite || op.Kind == errorfs.OpFileClose {
			return nil
		}
		if d.count.Add(1) == d.at.Load() {
			d.err.Store(&d.with)
		}
		err := d.err.Load()
		if err == nil || errors.Is(*err, syscall.ENOSPC) && (op.Kind == errorfs.OpRemove || op.Kind == errorfs.OpRemoveAll) {
			return nil // a full disk lets go
		}
		return *err
	}))
	return d
}

func (d *troubledDisk) heal() { d.err.Store(nil) }

// over heals the disk and waits until the server has found out: while somebody
// looks whether the disk is well again, others are still refused, and work of
// the server itself may be looking.
func (w *troubled) over() {
	w.t.Helper()
	w.disk.at.Store(0)
	w.disk.heal()
	require.Eventually(w.t, func() bool {
		w.disk.heal() // once more: the trouble may have begun at the very write that met the end of it
		_, err := kinesis.NewFromConfig(w.aws).AddTagsToStream(context.Background(), &kinesis.AddTagsToStreamInput{StreamName: aws.String("orders"), Tags: map[string]string{"well": "again"}})
		return err == nil
	}, time.Minute, time.Millisecond)
}

// troubled is a server over such a disk, with something in it.
type troubled struct {
	*Sluice
	t    testing.TB
	disk *troubledDisk
	aws  aws.Config
	http *http.Client // with which everybody asks
}

func newTroubled(t testing.TB) *troubled { return newMeddledTroubled(t, nil) }

// newMeddledTroubled has answers go by way of meddle, if there is one.
func newMeddledTroubled(t testing.TB, meddle meddling) *troubled {
	w := &troubled{t: t, disk: newTroubledDisk(), http: &http.Client{}}
	if meddle != nil {
		w.http.Transport = meddle
	}
	c := Config{Data: filepath.Join(t.TempDir(), "data"), Listen: []string{"127.0.0.1:0"}, Transition: TransitionOf(0), Limits: LimitsOff,
		LogOutput: io.Discard, storage: func(o *store.Options) { o.FS, o.ReserveBytes = w.disk.fs, -1 }}
	var err error
	w.Sluice, err = Open(context.Background(), c)
	require.NoError(t, err)
	t.Cleanup(func() { w.disk.heal(); _ = w.Close() }) // its last writes may have failed
	w.aws = w.AWSConfig()
	w.aws.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	w.aws.HTTPClient = w.http
	for _, call := range w.prepared() {
		require.NoError(t, call(context.Background()))
	}
	return w
}

type calling = func(context.Context) error

// prepared are the calls that come before the trouble.
func (w *troubled) prepared() []calling {
	return []calling{
		func(ctx context.Context) error {
			_, err := kinesis.NewFromConfig(w.aws).CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(1)})
			return err
		},
		w.put("first"),
		func(ctx context.Context) error {
			_, err := kinesis.NewFromConfig(w.aws).CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("wide"), ShardCount: aws.Int32(wideShards)})
			return err
		},
		func(ctx context.Context) error {
			_, err := dynamodb.NewFromConfig(w.aws).CreateTable(ctx, &dynamodb.CreateTableInput{
				TableName: aws.String("leases"), BillingMode: ddb.BillingModePayPerRequest,
				AttributeDefinitions: []ddb.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: ddb.ScalarAttributeTypeS}},
				KeySchema:            []ddb.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: ddb.KeyTypeHash}},
			})
			return err
		},
		func(ctx context.Context) error {
			_, err := w.s3().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("things")})
			return err
		},
		func(ctx context.Context) error {
			_, err := firehose.NewFromConfig(w.aws).CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{DeliveryStreamName: aws.String("hose"),
				ExtendedS3DestinationConfiguration: &fh.ExtendedS3DestinationConfiguration{BucketARN: aws.String("arn:aws:s3:::things"), RoleARN: aws.String("arn:aws:iam::000000000000:role/r")}})
			return err
		},
	}
}

func (w *troubled) s3() *s3.Client {
	return s3.NewFromConfig(w.aws, func(o *s3.Options) { o.UsePathStyle = true })
}

func (w *troubled) put(text string) calling {
	return func(ctx context.Context) error {
		_, err := kinesis.NewFromConfig(w.aws).PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte(text)})
		return err
	}
}

func (w *troubled) object(key string, size int) calling {
	return func(ctx context.Context) error {
		_, err := w.s3().PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("things"), Key: &key, Body: strings.NewReader(objectText(key, size))})
		return err
	}
}

// wideShards are so many that what is written to all of them at once goes into
// the ring.
const wideShards = 64

// scatter writes a record of a text to each shard.
func (w *troubled) scatter(text string) calling {
	return func(ctx context.Context) error {
		in := &kinesis.PutRecordsInput{StreamName: aws.String("wide")}
		for n := range int64(wideShards) {
			hash := new(big.Int).Lsh(big.NewInt(n), 122)
			in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), ExplicitHashKey: aws.String(hash.String()), Data: []byte(text)})
		}
		_, err := kinesis.NewFromConfig(w.aws).PutRecords(ctx, in)
		return err
	}
}

// large writes so much to one shard at once that it goes into a payload file.
func (w *troubled) large(text string) calling {
	return func(ctx context.Context) error {
		in := &kinesis.PutRecordsInput{StreamName: aws.String("orders")}
		for range 2 {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), Data: []byte(text + "|" + strings.Repeat("x", 40<<10))})
		}
		_, err := kinesis.NewFromConfig(w.aws).PutRecords(ctx, in)
		return err
	}
}

// Calls of batches that are kept beside the database.
const (
	largeCall     = "PutRecords, in a file"
	scatteredCall = "PutRecords, over many shards"
)

// named are the calls that meet the trouble, in order.
func (w *troubled) named() []struct {
	name string
	do   calling
} {
	k := kinesis.NewFromConfig(w.aws)
	return []struct {
		name string
		do   calling
	}{
		{"PutRecord", w.put("second")},
		{"PutRecords", func(ctx context.Context) error {
			_, err := k.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: aws.String("orders"), Records: []types.PutRecordsRequestEntry{{PartitionKey: aws.String("k"), Data: []byte("third")}}})
			return err
		}},
		{largeCall, w.large("large")},
		{scatteredCall, w.scatter("everywhere")},
		{"AddTagsToStream", func(ctx context.Context) error {
			_, err := k.AddTagsToStream(ctx, &kinesis.AddTagsToStreamInput{StreamName: aws.String("orders"), Tags: map[string]string{"a": "b"}})
			return err
		}},
		{"CreateStream", func(ctx context.Context) error {
			_, err := k.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("second"), ShardCount: aws.Int32(2)})
			return err
		}},
		{"SplitShard", func(ctx context.Context) error {
			_, err := k.SplitShard(ctx, &kinesis.SplitShardInput{StreamName: aws.String("orders"), ShardToSplit: aws.String("shardId-000000000000"), NewStartingHashKey: aws.String("170141183460469231731687303715884105728")})
			return err
		}},
		{"PutItem", func(ctx context.Context) error {
			_, err := dynamodb.NewFromConfig(w.aws).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("leases"), Item: map[string]ddb.AttributeValue{"id": &ddb.AttributeValueMemberS{Value: "a"}}})
			return err
		}},
		{"PutObject", w.object("small", 10)},
		{"PutObject, in a file", w.object("large", 300<<10)},
		{"PutRecord of Firehose", func(ctx context.Context) error {
			_, err := firehose.NewFromConfig(w.aws).PutRecord(ctx, &firehose.PutRecordInput{DeliveryStreamName: aws.String("hose"), Record: &fh.Record{Data: []byte("x")}})
			return err
		}},
	}
}

// internalFailures are the services' answers when they are to blame.
var internalFailures = map[string]bool{"InternalFailure": true, "InternalServerError": true, "InternalError": true, "InternalFailureException": true, "ServiceUnavailableException": true,
	"InsufficientStorage": true, // of buckets on a full disk
}

// requireInternal wants the answer of a service that is to blame.
func requireInternal(t testing.TB, err error, what string) {
	t.Helper()
	require.Error(t, err, what)
	var api smithy.APIError
	require.ErrorAs(t, err, &api, what)
	require.True(t, internalFailures[api.ErrorCode()], "%s: %v", what, err)
	var answer *smithyhttp.ResponseError
	require.ErrorAs(t, err, &answer, what)
	require.GreaterOrEqual(t, answer.HTTPStatusCode(), 500, what)
}

func (w *troubled) health() (status int, text string) {
	r, err := w.http.Get(w.Endpoint() + "/_sluice/health")
	require.NoError(w.t, err)
	defer r.Body.Close()
	raw, err := io.ReadAll(r.Body)
	require.NoError(w.t, err)
	return r.StatusCode, string(raw)
}

// texts are the records of the stream, of large ones the beginning.
func (w *troubled) texts() []string { return w.textsOf("orders") }

func (w *troubled) textsOf(stream string) (all []string) {
	k := kinesis.NewFromConfig(w.aws)
	list, err := k.ListShards(context.Background(), &kinesis.ListShardsInput{StreamName: &stream})
	require.NoError(w.t, err)
	for _, sh := range list.Shards {
		begin, err := k.GetShardIterator(context.Background(), &kinesis.GetShardIteratorInput{StreamName: &stream, ShardId: sh.ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
		require.NoError(w.t, err)
		page, err := k.GetRecords(context.Background(), &kinesis.GetRecordsInput{ShardIterator: begin.ShardIterator})
		require.NoError(w.t, err)
		for _, r := range page.Records {
			text, _, _ := strings.Cut(string(r.Data), "|")
			all = append(all, text)
		}
	}
	return all
}

// TestDiskTrouble: while the disk is full or fails, what writes is answered
// with the service's internal failure and what reads is served, the health is
// degraded and says why, and when the trouble is over all is well again.
func TestDiskTrouble(t *testing.T) {
	for name, trouble := range map[string]error{"full": syscall.ENOSPC, "failing": syscall.EIO} {
		t.Run(name, func(t *testing.T) {
			w := newTroubled(t)
			w.disk.err.Store(&trouble)
			for _, c := range w.named() {
				requireInternal(t, c.do(t.Context()), c.name)
			}
			require.Equal(t, []string{"first"}, w.texts(), "reads go on")
			require.Empty(t, w.textsOf("wide"))
			status, text := w.health()
			require.Equal(t, http.StatusServiceUnavailable, status)
			require.Contains(t, text, `"status":"degraded"`)
			require.Contains(t, text, map[string]string{"full": "disk is full", "failing": "input/output error"}[name])
			w.over()
			for _, c := range w.named() {
				require.NoError(t, c.do(t.Context()), c.name)
			}
			require.Equal(t, []string{"first", "second", "third", "large", "large"}, w.texts())
			require.Equal(t, allOver(1), w.textsOf("wide"))
			status, text = w.health()
			require.Equal(t, http.StatusOK, status, text)
		})
	}
}

// TestDiskTroubleAnywhere begins the trouble at every write in turn (in a slice
// at some of them): a call is answered and done, or fails as the service's own
// failure and leaves nothing, and after the trouble everything works.
func TestDiskTroubleAnywhere(t *testing.T) {
	met, writes := 0, calmWrites(t)
	plan := torture.Plan{Harness: "a disk that fails anywhere, under the whole server", Test: "TestDiskTroubleAnywhere .", Seeds: 12, Limit: 4 * time.Second}
	plan.Play(t, func(seed uint64) error {
		met += troubleAnywhere(t, seed, writes, nil)
		return nil
	}, func() string { return fmt.Sprintf("%d calls met the trouble", met) })
}

// troubleAnywhere begins the trouble at a write that the seed chooses of so many, and
// tells how many calls met it.
func troubleAnywhere(t testing.TB, seed uint64, writes int64, meddle meddling) (met int) {
	w := newMeddledTroubled(t, meddle)
	defer func() { w.disk.heal(); _ = w.Close() }()
	w.disk.with = []error{syscall.EIO, syscall.ENOSPC}[seed%2]
	skip := int64(seed/2) % writes
	w.disk.at.Store(w.disk.count.Load() + 1 + skip)
	acked, scattered := []string{"first"}, 0
	for _, c := range w.named() {
		err := c.do(context.Background())
		switch {
		case err != nil:
			met++
			requireInternal(t, err, c.name)
		case c.name == "PutRecord":
			acked = append(acked, "second")
		case c.name == "PutRecords":
			acked = append(acked, "third")
		case c.name == largeCall:
			acked = append(acked, "large", "large")
		case c.name == scatteredCall:
			scattered++
		}
	}
	require.Equal(t, acked, w.texts())
	require.Equal(t, allOver(scattered), w.textsOf("wide"))
	if skip < writes/2 {
		require.Positive(t, met, "trouble from write %d of about %d on", skip, writes)
	}
	w.over()
	require.NoError(t, w.put("last")(context.Background()))
	require.NoError(t, w.scatter("everywhere")(context.Background()))
	require.Equal(t, allOver(scattered+1), w.textsOf("wide"))
	require.Equal(t, append(acked, "last"), w.texts())
	status, text := w.health()
	require.Equal(t, http.StatusOK, status, text)
	return met
}

// allOver are the texts of a wide stream over which one was scattered so often.
func allOver(often int) (all []string) {
	for range often * wideShards {
		all = append(all, "everywhere")
	}
	return all
}

// calmWrites is how many writes the calls make when nothing troubles them.
func calmWrites(t *testing.T) int64 {
	w := newTroubled(t)
	before := w.disk.count.Load()
	for _, c := range w.named() {
		require.NoError(t, c.do(t.Context()), c.name)
	}
	return w.disk.count.Load() - before
}

// Damage that only Pebble sees ends the start with the same advice.
func TestStartOverATableThatIsCutShort(t *testing.T) {
	c := Config{Data: filepath.Join(t.TempDir(), "data"), Listen: []string{"127.0.0.1:0"}}
	for range 2 { // the second start makes a table of what the first one has left in its log
		s, err := Open(t.Context(), c)
		require.NoError(t, err)
		require.NoError(t, s.Close())
	}
	tables, err := filepath.Glob(filepath.Join(c.Data, "pebble", "*.sst"))
	require.NoError(t, err)
	require.NotEmpty(t, tables)
	require.NoError(t, os.Truncate(tables[0], 100))
	_, err = Open(t.Context(), c)
	require.ErrorContains(t, err, "`sluice doctor "+c.Data+"` says")
}
