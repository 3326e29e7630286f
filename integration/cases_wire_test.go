package integration

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
)

// The numbers are those of the table of sharp cases in the behaviour reference. These need a real client or a real
// connection; the other numbers are subtests of the rooms and of the door.
func TestSharpCasesOnTheWire(t *testing.T) {
	t.Parallel() // it mostly waits
	server := Start(t, "--memory", "--transition", "0")
	t.Run("case 64 SubscribeToShard of the Go SDK on an empty shard answers at once, then with empty events", func(t *testing.T) {
		t.Parallel()
		subscribeToEmptyShard(t, server)
	})
	t.Run("case 68 the Java SDK's h2c connection stands while idle, PING is answered", func(t *testing.T) {
		t.Parallel()
		pingBeforeAnyRequest(t, server)
		javaSubscriptionOutlivesItsTimeouts(t, server)
	})
	t.Run("case 69 the JavaScript SDK in Node calls over plain http by h2c", func(t *testing.T) {
		t.Parallel()
		client := Client{Name: "js", Cleartext: "h2c"}
		rows, seen := runProgram(t, server, client, "", "http")
		require.Empty(t, client.Faults(rows, "http"))
		require.Equal(t, []string{"h2c"}, seen)
	})
	t.Run("case 70 CBOR puts a byte string and gets it back, times are tagged milliseconds", func(t *testing.T) {
		t.Parallel()
		putAndGetCBOR(t, server)
	})
	t.Run("case 71 CBOR asks for an iterator at tagged milliseconds", func(t *testing.T) {
		t.Parallel()
		iteratorAtTimeCBOR(t, server)
	})
}

// subscribeToEmptyShard measures on the host's clock, which keep-alive events follow.
func subscribeToEmptyShard(t *testing.T, server *Server) {
	t.Helper()
	server.CreateStream(t, "case64", 1)
	consumer := server.registerConsumer(t, "case64", "reader")
	begin := time.Now()
	answer, err := server.SDK().SubscribeToShard(t.Context(), &kinesis.SubscribeToShardInput{
		ConsumerARN: &consumer, ShardId: aws.String("shardId-000000000000"),
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
	})
	require.NoError(t, err)
	require.Less(t, time.Since(begin), time.Minute, "the answer comes though there is nothing to tell")
	events := answer.GetStream()
	defer events.Close()
	for range 2 {
		begin = time.Now()
		event, ok := <-events.Events()
		require.True(t, ok, "the events ended: %v", events.Err())
		// Five seconds are the service's, and clients give up at ten; the rest is this machine's.
		require.Less(t, time.Since(begin), time.Minute, "between events of an idle shard")
		data := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
		require.Empty(t, data.Records)
		require.NotEmpty(t, *data.ContinuationSequenceNumber)
		require.Zero(t, *data.MillisBehindLatest)
	}
}

// registerConsumer gives the ARN of a new, active consumer.
func (s *Server) registerConsumer(t *testing.T, stream, name string) string {
	t.Helper()
	type answer struct {
		Consumer, ConsumerDescription struct{ ConsumerARN, ConsumerStatus string }
	}
	made := Must[answer](t, s, "RegisterStreamConsumer", map[string]any{
		"StreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/" + stream, "ConsumerName": name,
	}).Consumer.ConsumerARN
	s.eventually(t, func() bool {
		return Must[answer](t, s, "DescribeStreamConsumer", map[string]any{"ConsumerARN": made}).ConsumerDescription.ConsumerStatus == "ACTIVE"
	}, 5*time.Millisecond, "the consumer is active")
	return made
}

// pingBeforeAnyRequest speaks HTTP/2 by hand: the server must say how many streams it takes and answer PING.
func pingBeforeAnyRequest(t *testing.T, server *Server) {
	t.Helper()
	connection, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	defer connection.Close()
	require.NoError(t, connection.SetDeadline(time.Now().Add(time.Minute)))
	_, err = io.WriteString(connection, http2.ClientPreface)
	require.NoError(t, err)
	frames := http2.NewFramer(connection, connection)
	require.NoError(t, frames.WriteSettings())
	require.NoError(t, frames.WritePing(false, [8]byte{1, 2, 3, 4, 5, 6, 7, 8}))
	streams := uint32(0)
	for {
		frame, err := frames.ReadFrame()
		require.NoError(t, err)
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if n, ok := frame.Value(http2.SettingMaxConcurrentStreams); ok {
				streams = n
			}
		case *http2.PingFrame:
			require.True(t, frame.IsAck())
			require.Equal(t, [8]byte{1, 2, 3, 4, 5, 6, 7, 8}, frame.Data)
			require.NotZero(t, streams, "SETTINGS_MAX_CONCURRENT_STREAMS comes first")
			return
		}
	}
}

// javaSubscriptionOutlivesItsTimeouts leaves a subscription of the Netty client without records for longer than its
// PING period of 5 s and its read timeout of 10 s before the steps go on.
func javaSubscriptionOutlivesItsTimeouts(t *testing.T, server *Server) {
	t.Helper()
	client := Client{Name: "java-async", Cleartext: "h2c"}
	rows, seen := runProgram(t, server, client, "", "http", "SLUICE_IDLE_SECONDS=12")
	require.Empty(t, client.Faults(rows, "http"))
	require.Equal(t, []string{"h2c"}, seen)
}

// callCBOR sends one call in CBOR and decodes its answer, which must be CBOR too.
func callCBOR(t *testing.T, server *Server, operation string, input map[string]any) map[string]any {
	t.Helper()
	answer := server.PostBytes(t, operation, CBOR11, AppendCBOR(nil, input))
	require.Equal(t, 200, answer.Status, "%s: %q", operation, answer.Body)
	require.Equal(t, CBOR11, answer.Header.Get("Content-Type"))
	value, err := ParseCBOR(answer.Body)
	require.NoError(t, err, "%x", answer.Body)
	return value.(map[string]any)
}

func putAndGetCBOR(t *testing.T, server *Server) {
	t.Helper()
	server.CreateStream(t, "case70", 1)
	data := []byte{0, 1, 0xff, 0xfe, 0x80, 'x'}
	callCBOR(t, server, "PutRecord", map[string]any{"StreamName": "case70", "Data": data, "PartitionKey": "k"})
	iterator := callCBOR(t, server, "GetShardIterator", map[string]any{
		"StreamName": "case70", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON",
	})["ShardIterator"]
	records := callCBOR(t, server, "GetRecords", map[string]any{"ShardIterator": iterator})["Records"].([]any)
	require.Len(t, records, 1)
	record := records[0].(map[string]any)
	require.Equal(t, data, record["Data"])
	arrival, ok := record["ApproximateArrivalTimestamp"].(Tagged)
	require.True(t, ok, "the time is %v", record["ApproximateArrivalTimestamp"])
	require.Equal(t, uint64(1), arrival.Tag)
	require.InDelta(t, time.Now().UnixMilli(), arrival.Value.(int), 60_000)
}

func iteratorAtTimeCBOR(t *testing.T, server *Server) {
	t.Helper()
	server.CreateStream(t, "case71", 1)
	callCBOR(t, server, "PutRecord", map[string]any{"StreamName": "case71", "Data": []byte("early"), "PartitionKey": "k"})
	time.Sleep(10 * time.Millisecond) // so that the two arrivals differ by more than the clock's grain
	callCBOR(t, server, "PutRecord", map[string]any{"StreamName": "case71", "Data": []byte("late"), "PartitionKey": "k"})
	all, _ := server.ReadAll(t, "case71", "0")
	require.Len(t, all, 2)
	at := int(all[1].ApproximateArrivalTimestamp*1000 + 0.5)
	for _, form := range []any{Tagged{1, at}, at} { // the untagged integer is taken too
		iterator := callCBOR(t, server, "GetShardIterator", map[string]any{
			"StreamName": "case71", "ShardId": "shardId-000000000000", "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": form,
		})["ShardIterator"]
		records := callCBOR(t, server, "GetRecords", map[string]any{"ShardIterator": iterator})["Records"].([]any)
		require.Len(t, records, 1)
		require.Equal(t, []byte("late"), records[0].(map[string]any)["Data"])
	}
}
