package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ride is what a client that writes and reads faster than allowed says of itself. Records go by their sequence number.
type ride struct {
	Acknowledged, Read map[string]string
	Partial            int // records that PutRecords answered with a refusal
	GaveUp             int // calls that the SDK gave up after its default retries
}

// TestClientsRideThroughThrottling overloads a shard three times over, under the limits of AWS, with default retries.
// Whatever the service acknowledged must be there once, and everything must be acknowledged in the end.
func TestClientsRideThroughThrottling(t *testing.T) {
	t.Parallel()
	server := Start(t, "--memory", "--transition", "0", "--limits", "aws")
	for _, client := range []struct {
		name string
		ride func(t *testing.T, server *Server, stream string) ride
	}{{"boto3", rideBoto3}, {"go", rideGo}} {
		t.Run(client.name, func(t *testing.T) {
			stream := "throttled-" + client.name
			server.CreateStream(t, stream, 1)
			resumed := server.freezeUntilRefused(t, stream)
			got := client.ride(t, server, stream)
			resumed()
			t.Logf("%d records refused by PutRecords, %d calls given up, %.0f refusals in all", got.Partial, got.GaveUp, server.refused(t, stream))
			require.Len(t, got.Acknowledged, smallRecords+largeRecords)
			require.Equal(t, got.Acknowledged, got.Read)
			require.Positive(t, got.Partial, "it was not overloaded")
			require.GreaterOrEqual(t, server.refused(t, stream), float64(got.Partial), "and calls of PutRecord and GetRecords")
		})
	}
}

// The figures of throttled_client.py.
const (
	smallRecords, batchRecords = 3000, 500
	largeRecords, largeSize    = 24, 100 << 10
	largeWriters               = 3
	pageRecords                = 400
)

func rideBoto3(t *testing.T, server *Server, stream string) ride {
	ctx, cancel := context.WithTimeout(t.Context(), clientLimit)
	defer cancel()
	program, err := server.Program(ctx, "boto3", "", server.URL, "SLUICE_STREAM="+stream, "PYTHONDONTWRITEBYTECODE=1")
	require.NoError(t, err)
	// The same installation, another program.
	program.Path = filepath.Join(filepath.Dir(program.Path), "venv", "bin", "python")
	program.Args = []string{program.Path, filepath.Join(Root(), "integration", "sdk", "python", "throttled_client.py")}
	var talk bytes.Buffer
	program.Stderr = &talk
	out, err := program.Output()
	require.NoError(t, err, "%s", tailOf(talk.Bytes()))
	var got ride
	require.NoError(t, json.Unmarshal(out, &got))
	return got
}

func rideGo(t *testing.T, server *Server, stream string) ride {
	r := &goRide{t: t, client: server.SDK(), stream: stream, got: ride{Acknowledged: map[string]string{}, Read: map[string]string{}}}
	r.putSmall()
	var wg sync.WaitGroup
	for n := range largeWriters {
		wg.Go(func() {
			for i := n; i < largeRecords; i += largeWriters {
				r.putLarge(i)
			}
		})
	}
	wg.Wait()
	r.read()
	return r.got
}

// goRide is the same as throttled_client.py.
type goRide struct {
	t      *testing.T
	client *kinesis.Client
	stream string
	mu     sync.Mutex
	got    ride // guarded by mu
}

func (r *goRide) putSmall() {
	var pending []string
	for i := range smallRecords {
		pending = append(pending, fmt.Sprint("small-", i))
	}
	for len(pending) > 0 {
		batch := pending[:min(batchRecords, len(pending))]
		in := &kinesis.PutRecordsInput{StreamName: &r.stream}
		for _, payload := range batch {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String(payload), Data: []byte(payload)})
		}
		out, err := r.client.PutRecords(r.t.Context(), in)
		require.NoError(r.t, err)
		var again []string
		for i, entry := range out.Records {
			if entry.SequenceNumber != nil {
				r.got.Acknowledged[*entry.SequenceNumber] = batch[i]
				continue
			}
			require.Equal(r.t, "ProvisionedThroughputExceededException", *entry.ErrorCode)
			again = append(again, batch[i])
		}
		r.got.Partial += len(again)
		pending = append(again, pending[len(batch):]...)
		if len(again) > 0 {
			time.Sleep(100 * time.Millisecond) // a client's own pause
		}
	}
}

// busy counts a call that the SDK gave up for the rate. Any other error fails the test.
func (r *goRide) busy(err error) bool {
	if err == nil {
		return false
	}
	var throughput *types.ProvisionedThroughputExceededException
	if !errors.As(err, &throughput) && !strings.Contains(err.Error(), "retry quota exceeded") {
		r.t.Error(err)
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got.GaveUp++
	return true
}

func (r *goRide) putLarge(i int) {
	payload := fmt.Sprintf("large-%d-", i)
	data := []byte(payload + strings.Repeat("x", largeSize-len(payload)))
	for {
		out, err := r.client.PutRecord(r.t.Context(), &kinesis.PutRecordInput{StreamName: &r.stream, PartitionKey: aws.String("k"), Data: data})
		if r.busy(err) {
			continue
		}
		if err == nil {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.got.Acknowledged[*out.SequenceNumber] = payload
		}
		return
	}
}

func (r *goRide) read() {
	ctx := r.t.Context()
	first, err := r.client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: &r.stream,
		ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	require.NoError(r.t, err)
	at := first.ShardIterator
	for len(r.got.Read) < len(r.got.Acknowledged) && !r.t.Failed() {
		page, err := r.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: at, Limit: aws.Int32(pageRecords)})
		if r.busy(err) || err != nil {
			continue
		}
		for _, record := range page.Records {
			r.got.Read[*record.SequenceNumber] = strings.TrimRight(string(record.Data), "x")
		}
		at = page.NextShardIterator
	}
}

// freezeUntilRefused lets the clock stand still until something was refused, so that more is asked of a stream than it
// allows, however slow the machine is. The clock goes on by itself; the function waits for that.
func (s *Server) freezeUntilRefused(t *testing.T, stream string) (resumed func()) {
	t.Helper()
	require.NoError(t, s.admin(t.Context(), "/_sluice/clock", `{"freeze":true}`))
	var resuming sync.WaitGroup
	resuming.Go(func() {
		for s.refused(t, stream) == 0 && t.Context().Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		assert.NoError(t, s.admin(t.Context(), "/_sluice/clock", `{"resume":true}`))
	})
	return resuming.Wait
}

// refused is how many records and calls the server refused for a stream's only shard.
func (s *Server) refused(t *testing.T, stream string) (sum float64) {
	t.Helper()
	answer, err := http.Get(s.URL + "/_sluice/metrics")
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	line := regexp.MustCompile(`(?m)^sluice_shard_refused_total\{[^}]*stream="` + regexp.QuoteMeta(stream) + `"[^}]*\} (\S+)$`)
	for _, match := range line.FindAllSubmatch(text, -1) {
		value, err := strconv.ParseFloat(string(match[1]), 64)
		require.NoError(t, err)
		sum += value
	}
	return sum
}
