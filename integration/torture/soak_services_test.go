package torture

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	fh "github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	gt "github.com/aws/aws-sdk-go-v2/service/glue/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lt "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"sluice/integration"
)

// What a round has of each service.
const (
	mappedName  = "mapped" // a stream of one shard, which a mapping follows
	soakRecords = 100      // of that stream
	soakItems   = 20
	soakHosed   = 150 // records of a KiB, put to the delivery stream
)

// prepareServices makes what the services keep for all rounds.
func (s *soak) prepareServices(t *testing.T) {
	ctx, config := t.Context(), aws.Config{
		Region: "us-east-1", BaseEndpoint: &s.server.URL, HTTPClient: patient{s.calls.http}, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	s.glue = glue.NewFromConfig(config)
	_, err := s.calls.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(lakeName)})
	require.NoError(t, err)
	_, err = s.calls.firehose.CreateDeliveryStream(ctx, &firehose.CreateDeliveryStreamInput{
		DeliveryStreamName: aws.String(hoseName),
		ExtendedS3DestinationConfiguration: &fh.ExtendedS3DestinationConfiguration{
			BucketARN: aws.String("arn:aws:s3:::" + lakeName), RoleARN: aws.String("arn:aws:iam::000000000000:role/delivery"),
			BufferingHints: &fh.BufferingHints{IntervalInSeconds: aws.Int32(900), SizeInMBs: aws.Int32(1)},
		},
	})
	require.NoError(t, err)
	_, err = s.calls.kinesis.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String(mappedName), ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	s.heard = newHearing()
	t.Cleanup(s.heard.server.Close)
	require.NoError(t, s.admin(ctx, http.MethodPut, "/_sluice/functions/hear", `{"http":{"url":"`+s.heard.server.URL+`"}}`))
	_, err = s.calls.lambda.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{
		FunctionName: aws.String("hear"), EventSourceArn: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/" + mappedName),
		StartingPosition: lt.EventSourcePositionTrimHorizon, BatchSize: aws.Int32(50),
	})
	require.NoError(t, err)
}

// store puts items, and removes them.
func (s *soak) store(ctx context.Context, n int) error {
	for i := range soakItems {
		id := map[string]ddb.AttributeValue{"id": &ddb.AttributeValueMemberS{Value: fmt.Sprint(n, ".", i)}}
		item := map[string]ddb.AttributeValue{"id": id["id"], "v": &ddb.AttributeValueMemberB{Value: make([]byte, 1000)}}
		if _, err := s.calls.dynamodb.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(tableName), Item: item}); err != nil {
			return fmt.Errorf("put an item: %w", err)
		}
		if _, err := s.calls.dynamodb.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(tableName), Key: id}); err != nil {
			return fmt.Errorf("delete an item: %w", err)
		}
	}
	return nil
}

// hose puts records to the delivery stream. They wait there until the clock is
// moved.
func (s *soak) hose(ctx context.Context, _ int) error {
	in := &firehose.PutRecordBatchInput{DeliveryStreamName: aws.String(hoseName)}
	for range soakHosed {
		in.Records = append(in.Records, fh.Record{Data: make([]byte, 1024)})
	}
	out, err := s.calls.firehose.PutRecordBatch(ctx, in)
	if err != nil {
		return fmt.Errorf("put to the delivery stream: %w", err)
	}
	if *out.FailedPutCount != 0 {
		return fmt.Errorf("%d records were not taken by the delivery stream", *out.FailedPutCount)
	}
	return nil
}

// empty waits until all that was put to the delivery stream is in its bucket,
// and removes it from there, since nothing else does.
func (s *soak) empty(ctx context.Context) error {
	for size := int64(0); size < soakHosed*1024; {
		list, err := s.calls.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(lakeName)})
		if err != nil {
			return fmt.Errorf("%d of %d bytes were delivered: %w", size, soakHosed*1024, err)
		}
		for _, o := range list.Contents {
			size += *o.Size
			if _, err = s.calls.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(lakeName), Key: o.Key}); err != nil {
				return err
			}
		}
	}
	return nil
}

// catalog makes a database with a table, and deletes both.
func (s *soak) catalog(ctx context.Context, _ int) error {
	name := aws.String("passing")
	if _, err := s.glue.CreateDatabase(ctx, &glue.CreateDatabaseInput{DatabaseInput: &gt.DatabaseInput{Name: name}}); err != nil {
		return fmt.Errorf("make a database: %w", err)
	}
	for i := range 5 {
		table := &gt.TableInput{Name: aws.String(fmt.Sprint("table", i)), PartitionKeys: []gt.Column{{Name: aws.String("n"), Type: aws.String("int")}}}
		if _, err := s.glue.CreateTable(ctx, &glue.CreateTableInput{DatabaseName: name, TableInput: table}); err != nil {
			return fmt.Errorf("make a table: %w", err)
		}
		if _, err := s.glue.DeleteTable(ctx, &glue.DeleteTableInput{DatabaseName: name, Name: table.Name}); err != nil {
			return fmt.Errorf("delete a table: %w", err)
		}
	}
	_, err := s.glue.DeleteDatabase(ctx, &glue.DeleteDatabaseInput{Name: name})
	return err
}

// invoke puts records to the stream that the mapping follows, and waits until
// its function has all of them.
func (s *soak) invoke(ctx context.Context, n int) error {
	in := &kinesis.PutRecordsInput{StreamName: aws.String(mappedName)}
	var names []string
	for i := range soakRecords {
		name := recordOf(n, i)
		names = append(names, name)
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), Data: []byte(name)})
	}
	whole := s.heard.expect(names)
	out, err := s.calls.kinesis.PutRecords(ctx, in)
	if err != nil {
		return fmt.Errorf("put to the mapped stream: %w", err)
	}
	if *out.FailedRecordCount != 0 {
		return fmt.Errorf("%d records were not taken by the mapped stream", *out.FailedRecordCount)
	}
	select {
	case <-whole:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the function has not been given all records of round %d", n)
	}
}

func recordOf(round, i int) string { return fmt.Sprint("round ", round, " record ", i) }

// expired looks whether the records of this round, which are 14 hours old, are
// all there, and those of the rounds before, which are older than the retention
// of a day, are gone.
func (s *soak) expired(ctx context.Context, n int) error {
	begin, err := s.calls.kinesis.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String(mappedName), ShardId: aws.String(shardName(0)), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	if err != nil {
		return err
	}
	at, found := begin.ShardIterator, 0
	for {
		page, err := s.calls.kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at})
		if err != nil {
			return err
		}
		for _, r := range page.Records {
			if want := recordOf(n, found); string(r.Data) != want {
				return fmt.Errorf("after round %d %q is there, and not %q", n, r.Data, want)
			}
			found++
		}
		if at = page.NextShardIterator; *page.MillisBehindLatest == 0 || at == nil {
			break
		}
	}
	if found != soakRecords {
		return fmt.Errorf("%d records of round %d are there, and not %d", found, n, soakRecords)
	}
	return nil
}

// TestPlantedSoakExpiry shows that records which do not expire are seen: the
// stream keeps them for two days.
func TestPlantedSoakExpiry(t *testing.T) {
	s := beginSoak(t, append(soakArguments(), "--memory")...)
	_, err := s.calls.kinesis.IncreaseStreamRetentionPeriod(t.Context(), &kinesis.IncreaseStreamRetentionPeriodInput{StreamName: aws.String(mappedName), RetentionPeriodHours: aws.Int32(48)})
	require.NoError(t, err)
	for n := range 2 {
		require.NoError(t, s.invoke(t.Context(), n))
		require.NoError(t, s.turn(t.Context(), n))
	}
	require.ErrorContains(t, s.expired(t.Context(), 1), `"round 0 record 0" is there`)
}

// admin calls the server's own interface.
func (s *soak) admin(ctx context.Context, method, path, body string) error {
	r, err := http.NewRequestWithContext(ctx, method, s.server.URL+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := integration.Send(s.calls.http, r)
	if err != nil {
		return err
	}
	if answer.Status/100 != 2 {
		return fmt.Errorf("%s %s: %d %s", method, path, answer.Status, answer.Body)
	}
	return nil
}

// hearing is the function of the mapping. It remembers what it waits for, and
// nothing else.
type hearing struct {
	server *httptest.Server

	mu      sync.Mutex
	missing map[string]bool
	whole   chan struct{}
}

func newHearing() *hearing {
	h := &hearing{}
	h.server = httptest.NewServer(http.HandlerFunc(h.serve))
	return h
}

// expect returns a channel that is closed when all these records have come.
func (h *hearing) expect(names []string) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.missing, h.whole = map[string]bool{}, make(chan struct{})
	for _, name := range names {
		h.missing[name] = true
	}
	return h.whole
}

func (h *hearing) serve(w http.ResponseWriter, r *http.Request) {
	sent, err := recordsOf(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	waited := len(h.missing) > 0
	for _, data := range sent {
		delete(h.missing, string(data))
	}
	if waited && len(h.missing) == 0 {
		close(h.whole)
	}
	h.mu.Unlock()
	_, _ = io.WriteString(w, "{}")
}
