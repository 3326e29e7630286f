package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/server/wire"
)

type anyEvent = types.SubscribeToShardEventStream

// fanout is a room whose subscriptions are fed by a test. A closed feed ends
// the stream; what fail holds then is its error.
type fanout struct {
	feed  chan types.SubscribeToShardEvent
	fail  error
	ended chan error // the error of the subscription's context, once per stream
}

func newFanout() *fanout {
	return &fanout{feed: make(chan types.SubscribeToShardEvent), ended: make(chan error, 100)}
}

func (f *fanout) room() *streamsRoom {
	return &streamsRoom{subscribe: func(ctx context.Context, _ *kinesis.SubscribeToShardInput) (iter.Seq2[anyEvent, error], error) {
		return func(yield func(anyEvent, error) bool) {
			defer func() { f.ended <- ctx.Err() }()
			for {
				select {
				case e, more := <-f.feed:
					if !more {
						if f.fail != nil {
							yield(nil, f.fail)
						}
						return
					}
					if !yield(&types.SubscribeToShardEventStreamMemberSubscribeToShardEvent{Value: e}, nil) {
						return
					}
				case <-ctx.Done():
					return
				}
			}
		}, nil
	}}
}

func anEvent(data string) types.SubscribeToShardEvent {
	return types.SubscribeToShardEvent{
		ContinuationSequenceNumber: aws.String("17"), MillisBehindLatest: aws.Int64(0),
		Records: []types.Record{{Data: []byte(data), PartitionKey: aws.String("k"), SequenceNumber: aws.String("17"),
			ApproximateArrivalTimestamp: aws.Time(time.UnixMilli(1545084650987))}},
	}
}

func subscription() *kinesis.SubscribeToShardInput {
	return &kinesis.SubscribeToShardInput{
		ConsumerARN:      aws.String("arn:aws:kinesis:eu-central-1:000000000000:stream/a/consumer/c:1"),
		ShardId:          aws.String("shardId-000000000000"),
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
	}
}

func TestSubscribe(t *testing.T) {
	f := newFanout()
	s := open(t, f.room())
	for name, transport := range transports(t, s) {
		t.Run("case 64, "+name, func(t *testing.T) {
			scheme, _, _ := strings.Cut(name, " ")
			c := client(s, func(o *kinesis.Options) {
				o.HTTPClient = &http.Client{Transport: transport}
				o.BaseEndpoint = aws.String(scheme + strings.TrimPrefix(s.url(), "http"))
			})
			// It returns although there is nothing to read yet.
			out, err := c.SubscribeToShard(t.Context(), subscription())
			require.NoError(t, err)
			stream := out.GetStream()
			for _, data := range []string{"one", "two", strings.Repeat("x", 2<<20)} {
				f.feed <- anEvent(data)
				e, more := <-stream.Events()
				require.True(t, more, "%d bytes: %v", len(data), stream.Err())
				got := e.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
				require.Equal(t, anEvent(data).Records[0].Data, got.Records[0].Data)
				require.Equal(t, "17", *got.ContinuationSequenceNumber)
				require.Equal(t, time.UnixMilli(1545084650987).UTC(), got.Records[0].ApproximateArrivalTimestamp.UTC())
			}
			require.NoError(t, stream.Close())
			require.ErrorIs(t, <-f.ended, context.Canceled, "the room learns that the client has gone")
		})
	}
}

func TestStreamEndsCleanly(t *testing.T) {
	f := newFanout()
	s := open(t, f.room())
	out, err := client(s).SubscribeToShard(t.Context(), subscription())
	require.NoError(t, err)
	close(f.feed)
	_, more := <-out.GetStream().Events()
	require.False(t, more)
	require.NoError(t, out.GetStream().Err())
	require.NoError(t, <-f.ended)
}

func TestStreamThatFails(t *testing.T) {
	t.Run("with an error of the service", func(t *testing.T) {
		f := newFanout()
		f.fail = &types.ResourceNotFoundException{Message: aws.String("Stream a not found.")}
		out, err := client(open(t, f.room())).SubscribeToShard(t.Context(), subscription())
		require.NoError(t, err)
		close(f.feed)
		_, more := <-out.GetStream().Events()
		require.False(t, more)
		var gone *types.ResourceNotFoundException
		require.ErrorAs(t, out.GetStream().Err(), &gone)
		require.Equal(t, "Stream a not found.", gone.ErrorMessage())
	})
	for name, room := range map[string]*streamsRoom{
		"with any other": {subscribe: func(context.Context, *kinesis.SubscribeToShardInput) (iter.Seq2[anyEvent, error], error) {
			return func(yield func(anyEvent, error) bool) { yield(nil, errBoom) }, nil
		}},
		"by a panic": {subscribe: func(context.Context, *kinesis.SubscribeToShardInput) (iter.Seq2[anyEvent, error], error) {
			return func(func(anyEvent, error) bool) { panic("boom") }, nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a := callJSON(t, open(t, room), "SubscribeToShard", subscribeJSON)
			require.Equal(t, 200, a.status)
			frames := parseFrames(t, a.body)
			require.Len(t, frames, 2)
			require.Equal(t, map[string]string{":message-type": "error", ":error-code": "InternalFailure", ":error-message": ""}, frames[1].headers)
			require.NotContains(t, a.body, "boom")
		})
	}
}

const subscribeJSON = `{"ConsumerARN":"arn:aws:kinesis:eu-central-1:000000000000:stream/a/consumer/c:1","ShardId":"shardId-000000000000","StartingPosition":{"Type":"LATEST"}}`

type frame struct {
	headers map[string]string
	payload string
}

func parseFrames(t *testing.T, body string) (list []frame) {
	t.Helper()
	for b := []byte(body); len(b) > 0; {
		headers, payload, n, err := wire.ParseFrame(b)
		require.NoError(t, err)
		list = append(list, frame{headers, string(payload)})
		b = b[n:]
	}
	return list
}

// What fails before the first event is an ordinary answer.
func TestSubscriptionThatIsRefused(t *testing.T) {
	room := &streamsRoom{subscribe: func(context.Context, *kinesis.SubscribeToShardInput) (iter.Seq2[anyEvent, error], error) {
		return nil, &types.ResourceInUseException{Message: aws.String("busy")}
	}}
	s := open(t, room)
	_, err := client(s).SubscribeToShard(t.Context(), subscription())
	var busy *types.ResourceInUseException
	require.ErrorAs(t, err, &busy)

	a := callJSON(t, s, "SubscribeToShard", subscribeJSON)
	require.Equal(t, 400, a.status)
	require.JSONEq(t, `{"__type":"ResourceInUseException","message":"busy"}`, a.body)
	a = callJSON(t, s, "SubscribeToShard", `{"ShardId":"a"}`)
	require.Equal(t, 400, a.status)
	require.Contains(t, a.body, "ValidationException")
}

func TestFramesOfAStream(t *testing.T) {
	f := newFanout()
	s := open(t, f.room())
	go func() {
		f.feed <- anEvent("hello")
		close(f.feed)
	}()
	a := callJSON(t, s, "SubscribeToShard", subscribeJSON)
	require.Equal(t, "application/vnd.amazon.eventstream", a.header.Get("Content-Type"))
	frames := parseFrames(t, a.body)
	require.Len(t, frames, 2)
	require.Equal(t, map[string]string{":message-type": "event", ":event-type": "initial-response", ":content-type": "application/json"}, frames[0].headers)
	require.JSONEq(t, `{}`, frames[0].payload)
	require.Equal(t, map[string]string{":message-type": "event", ":event-type": "SubscribeToShardEvent", ":content-type": "application/json"}, frames[1].headers)
	require.JSONEq(t, `{"ContinuationSequenceNumber":"17","MillisBehindLatest":0,"Records":[{"ApproximateArrivalTimestamp":1545084650.987,
		"Data":"aGVsbG8=","PartitionKey":"k","SequenceNumber":"17"}]}`, frames[1].payload)
}

// A request in CBOR gets its events in JSON.
func TestSubscribeInCBOR(t *testing.T) {
	f := newFanout()
	s := open(t, f.room())
	go func() {
		f.feed <- anEvent("hello")
		close(f.feed)
	}()
	var b bytes.Buffer
	text := func(s string) { b.Write([]byte{0x78, byte(len(s))}); b.WriteString(s) }
	b.WriteByte(0xa3)
	text("ConsumerARN")
	text(*subscription().ConsumerARN)
	text("ShardId")
	text(*subscription().ShardId)
	text("StartingPosition")
	b.WriteByte(0xa1)
	text("Type")
	text("LATEST")
	a := ask(t, s, "POST", "/", b.String(), "Content-Type", cbor11Type, "X-Amz-Target", "Kinesis_20131202.SubscribeToShard",
		"Authorization", signed, "X-Amz-Date", "x")
	require.Equal(t, 200, a.status, a.body)
	require.Equal(t, "SubscribeToShardEvent", parseFrames(t, a.body)[1].headers[":event-type"])
}

// A subscriber that does not read holds up only itself, and ends when the
// instance closes.
func TestSlowSubscriber(t *testing.T) {
	f := newFanout()
	s := open(t, f.room())
	for name, transport := range transports(t, s) {
		if strings.HasPrefix(name, "https") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			install(t, s, "kinesis", f.room())
			response := subscribeUnread(t, s, name, transport)
			defer func() { _ = response.Body.Close() }()
			require.True(t, fillUp(f.feed))
			// The orderly end does not help a blocked write; the abort does.
			requireDrained(t, s, time.Second, 400*time.Millisecond)
			_, err := io.Copy(io.Discard, response.Body)
			require.True(t, err == nil || !errors.Is(err, context.DeadlineExceeded))
		})
	}
}

// subscribeUnread subscribes and reads nothing.
func subscribeUnread(t *testing.T, s *Server, name string, transport http.RoundTripper) *http.Response {
	t.Helper()
	scheme, _, _ := strings.Cut(name, " ")
	r, err := http.NewRequest(http.MethodPost, scheme+strings.TrimPrefix(s.url(), "http"), strings.NewReader(subscribeJSON))
	require.NoError(t, err)
	for k, v := range map[string]string{"Content-Type": json11Type, "X-Amz-Target": "Kinesis_20131202.SubscribeToShard",
		"Authorization": signed, "X-Amz-Date": "x"} {
		r.Header.Set(k, v)
	}
	response, err := (&http.Client{Transport: transport}).Do(r)
	require.NoError(t, err)
	return response
}

// fillUp sends events until nobody takes one any more. On a machine that stands
// still it may leave off early: then there is less to see, and nothing wrong.
func fillUp(feed chan<- types.SubscribeToShardEvent) bool {
	big := anEvent(strings.Repeat("x", 1<<20))
	for range 200 {
		ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
		select {
		case feed <- big:
			cancel()
		case <-ctx.Done():
			cancel()
			return true
		}
	}
	return false
}
