package integration

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

// ledger is a function, and the queue for what it fails with, in one address: both outlive the server. Every third
// delivery to the queue is refused.
type ledger struct {
	mu        sync.Mutex
	handled   map[string]int
	givenUp   []givenUp
	delivered int
}

// givenUp is what a failure document says.
type givenUp struct {
	KinesisBatchInfo struct{ StreamARN, ShardID, StartSequenceNumber, EndSequenceNumber string }
}

// ServeHTTP implements http.Handler.
func (l *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if strings.HasPrefix(r.URL.Path, "/queue") {
		l.deliver(w, body)
		return
	}
	var event struct {
		Records []struct{ Kinesis struct{ Data string } }
	}
	_ = json.Unmarshal(body, &event)
	var all []string
	for _, record := range event.Records {
		data, _ := base64.StdEncoding.DecodeString(record.Kinesis.Data)
		if strings.Contains(string(data), "poison") {
			_, _ = io.WriteString(w, `{"errorType":"Poison","errorMessage":"no"}`)
			return
		}
		all = append(all, string(data))
	}
	for _, data := range all {
		l.handled[data]++
	}
	_, _ = io.WriteString(w, `{"state":{}}`)
}

func (l *ledger) deliver(w http.ResponseWriter, body []byte) {
	l.delivered++
	if l.delivered%3 == 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	form, err := url.ParseQuery(string(body))
	var told givenUp
	if err != nil || json.Unmarshal([]byte(form.Get("MessageBody")), &told) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	l.givenUp = append(l.givenUp, told)
}

// written is a record that was put.
type written struct{ stream, shard, sequence string }

// missing lists the records that were neither handled nor given up.
func (l *ledger) missing(all map[string]written) (missing []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for data, at := range all {
		if l.handled[data] == 0 && !l.covers(at) {
			missing = append(missing, data)
		}
	}
	return missing
}

func (l *ledger) covers(at written) bool {
	for _, told := range l.givenUp {
		b := told.KinesisBatchInfo
		if strings.HasSuffix(b.StreamARN, "/"+at.stream) && b.ShardID == at.shard &&
			numberOf(b.StartSequenceNumber).Cmp(numberOf(at.sequence)) <= 0 && numberOf(at.sequence).Cmp(numberOf(b.EndSequenceNumber)) <= 0 {
			return true
		}
	}
	return false
}

func numberOf(text string) *big.Int {
	n, _ := new(big.Int).SetString(text, 10)
	return n
}

// killedMappings are settings under which a kill meets the server in the middle of something.
var killedMappings = map[string]func(in *lambda.CreateEventSourceMappingInput){
	"bisect":  func(in *lambda.CreateEventSourceMappingInput) { in.BisectBatchOnFunctionError = aws.Bool(true) },
	"factor":  func(in *lambda.CreateEventSourceMappingInput) { in.ParallelizationFactor = aws.Int32(10) },
	"windows": func(in *lambda.CreateEventSourceMappingInput) { in.TumblingWindowInSeconds = aws.Int32(1) },
	"waits":   func(in *lambda.CreateEventSourceMappingInput) { in.MaximumBatchingWindowInSeconds = aws.Int32(1) },
}

// TestMappingsOverKills kills the server again and again during calls, bisections, windows, checkpoints and deliveries
// to a queue that refuses some. Every record is handled in the end, or told of as given up; none is skipped.
func TestMappingsOverKills(t *testing.T) {
	t.Parallel()
	books := &ledger{handled: map[string]int{}}
	outside := httptest.NewServer(books)
	t.Cleanup(outside.Close)
	server := Start(t, "--transition", "0", "--fast-retries", "--failure-endpoint", "sqs="+outside.URL+"/queue")
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	require.NoError(t, server.adminBy(ctx, http.MethodPut, "/_sluice/functions/handle", `{"http":{"url":"`+outside.URL+`","concurrency":50}}`))
	for name, change := range killedMappings {
		server.CreateStream(t, name, 2)
		in := &lambda.CreateEventSourceMappingInput{FunctionName: aws.String("handle"), EventSourceArn: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/" + name),
			StartingPosition: types.EventSourcePositionTrimHorizon, BatchSize: aws.Int32(20), MaximumRetryAttempts: aws.Int32(1),
			DestinationConfig: &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String("arn:aws:sqs:us-east-1:000000000000:failed")}}}
		change(in)
		_, err := server.Lambda().CreateEventSourceMapping(ctx, in)
		require.NoError(t, err)
	}
	all := map[string]written{}
	for round := range 8 {
		for name := range killedMappings {
			putPoisoned(ctx, t, server, name, all)
		}
		time.Sleep(time.Duration(round%4) * 60 * time.Millisecond)
		server.Kill()
		server.Restart()
	}
	server.eventually(t, func() bool { return len(books.missing(all)) == 0 }, 50*time.Millisecond, "all records are handled or given up, but %v", lazily(func() any { return books.missing(all) }))
	books.mu.Lock()
	defer books.mu.Unlock()
	require.NotEmpty(t, books.givenUp)
	again := 0
	for _, n := range books.handled {
		again += n - 1
	}
	t.Logf("%d records, %d documents, %d again", len(all), len(books.givenUp), again)
}

// putPoisoned puts thirty records, one of which nothing can handle.
func putPoisoned(ctx context.Context, t *testing.T, server *Server, stream string, all map[string]written) {
	t.Helper()
	in := &kinesis.PutRecordsInput{StreamName: &stream}
	for i := range 30 {
		data := fmt.Sprint(stream, "-", len(all)+i)
		if i == 17 {
			data += "-poison"
		}
		in.Records = append(in.Records, kinesistypes.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint("k", i%20)), Data: []byte(data)})
	}
	out, err := server.SDK().PutRecords(ctx, in)
	require.NoError(t, err)
	require.Zero(t, *out.FailedRecordCount)
	for i, done := range out.Records {
		all[string(in.Records[i].Data)] = written{stream, *done.ShardId, *done.SequenceNumber}
	}
}
