package wire

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"math/rand/v2"
	"net/http"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// The message, byte by byte: lengths, both checksums, headers of type 7.
func TestEventFrameBytes(t *testing.T) {
	got := AppendEventFrame(nil, "E", "c", []byte("{}"))
	headers := "0b 3a6576656e742d74797065 07 0001 45" + // :event-type
		"0d 3a636f6e74656e742d74797065 07 0001 63" + // :content-type
		"0d 3a6d6573736167652d74797065 07 0005 6576656e74" // :message-type
	h := unhex(t, headers)
	want := binary.BigEndian.AppendUint32(nil, uint32(12+len(h)+2+4))
	want = binary.BigEndian.AppendUint32(want, uint32(len(h)))
	want = binary.BigEndian.AppendUint32(want, crc32.ChecksumIEEE(want))
	want = append(append(want, h...), "{}"...)
	want = binary.BigEndian.AppendUint32(want, crc32.ChecksumIEEE(want))
	require.Equal(t, hex.EncodeToString(want), hex.EncodeToString(got))
}

func TestFramesComeBack(t *testing.T) {
	b := AppendEventFrame(nil, "initial-response", "application/json", nil)
	b = AppendExceptionFrame(b, "ResourceInUseException", "application/json", []byte(`{"message":"m"}`))
	b = AppendErrorFrame(b, "InternalFailure", "oops")
	for _, want := range []struct {
		headers map[string]string
		payload string
	}{
		{map[string]string{":message-type": "event", ":event-type": "initial-response", ":content-type": "application/json"}, ""},
		{map[string]string{":message-type": "exception", ":exception-type": "ResourceInUseException", ":content-type": "application/json"}, `{"message":"m"}`},
		{map[string]string{":message-type": "error", ":error-code": "InternalFailure", ":error-message": "oops"}, ""},
	} {
		for cut := range 12 {
			_, _, _, err := ParseFrame(b[:cut])
			require.Equal(t, ErrFrameShort, err)
		}
		headers, payload, n, err := ParseFrame(b)
		require.NoError(t, err)
		require.Equal(t, want.headers, headers)
		require.Equal(t, want.payload, string(payload))
		_, _, _, err = ParseFrame(b[:n-1])
		require.Equal(t, ErrFrameShort, err)
		for _, at := range []int{0, 5, 9, 15, n - 1} {
			broken := append([]byte{}, b[:n]...)
			broken[at] ^= 1
			_, _, _, err := ParseFrame(broken)
			require.Equal(t, ErrFrameBad, err, at)
		}
		b = b[n:]
	}
	require.Empty(t, b)
}

// sealed makes a message of raw headers, with good checksums.
func sealed(headers []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(16+len(headers)))
	b = binary.BigEndian.AppendUint32(b, uint32(len(headers)))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	b = append(b, headers...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

func TestFrameHeaderTypes(t *testing.T) {
	headers, _, _, err := ParseFrame(sealed(unhex(t, "01 61 00"+"01 62 01"+"01 63 02 ff"+"01 64 03 ffff"+"01 65 04 ffffffff"+
		"01 66 05 ffffffffffffffff"+"01 67 06 0002 0102"+"01 68 07 0001 78"+"01 69 08 00000167be38c5eb"+"01 6a 09 000102030405060708090a0b0c0d0e0f")))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": "true", "b": "false", "c": "-1", "d": "-1", "e": "-1", "f": "-1", "g": "AQI=", "h": "x",
		"i": "2018-12-17T22:10:50.987Z", "j": "AAECAwQFBgcICQoLDA0ODw=="}, headers)
	for _, bad := range []string{"00", "01", "01 61", "00 07 0000", "01 61 0a", "01 61 07", "01 61 07 0001", "01 61 06 0002 01", "01 61 05 00", "05 61 00"} {
		_, _, _, err := ParseFrame(sealed(unhex(t, bad)))
		require.Equal(t, ErrFrameBad, err, bad)
	}
	long := make([]byte, 1<<17)
	for i := range long {
		long[i] = 'm'
	}
	headers, _, _, err = ParseFrame(AppendErrorFrame(nil, "c", string(long)))
	require.NoError(t, err)
	require.Len(t, headers[":error-message"], 0xffff)
}

// A real client reads the events and the exception at the end.
func TestStreamLaw(t *testing.T) {
	p := compile(t, "kinesis", "SubscribeToShard")
	r := filler{Rand: rand.New(rand.NewPCG(1, 3))}
	in := &kinesis.SubscribeToShardInput{}
	r.fill(p.op.Input, reflect.ValueOf(in).Elem())
	event := &types.SubscribeToShardEventStreamMemberSubscribeToShardEvent{}
	r.fill(kinesisService().Shapes["SubscribeToShardEvent"], reflect.ValueOf(&event.Value).Elem())
	quiet := &types.SubscribeToShardEventStreamMemberSubscribeToShardEvent{Value: types.SubscribeToShardEvent{
		Records: []types.Record{}, MillisBehindLatest: aws.Int64(0), ContinuationSequenceNumber: aws.String("1")}}
	client := sdkClient("kinesis", func(hr *http.Request, body []byte) *http.Response {
		got, _, err := CodecFor(JSON11).DecodeInput(p, &Request{Body: body})
		require.NoError(t, err)
		require.Equal(t, in, got)
		frames := AppendEventFrame(nil, "initial-response", "application/json", []byte("{}"))
		for _, e := range []any{event, quiet} {
			name, payload, err := p.EncodeEvent(CodecFor(JSON11), e)
			require.NoError(t, err)
			require.Equal(t, "SubscribeToShardEvent", name)
			frames = AppendEventFrame(frames, name, "application/json", payload)
		}
		frames = AppendExceptionFrame(frames, "ResourceNotFoundException", "application/json", []byte(`{"message":"gone"}`))
		return asHTTP(hr, &Response{Status: 200, Header: http.Header{"Content-Type": {"application/vnd.amazon.eventstream"}}, Body: frames})
	}).(*kinesis.Client)
	out, err := client.SubscribeToShard(context.Background(), in)
	require.NoError(t, err)
	require.Equal(t, event, <-out.GetStream().Events())
	require.Equal(t, quiet, <-out.GetStream().Events())
	_, more := <-out.GetStream().Events()
	require.False(t, more)
	var gone *types.ResourceNotFoundException
	require.ErrorAs(t, out.GetStream().Err(), &gone)
	require.Equal(t, "gone", gone.ErrorMessage())
}

func TestEventsInOtherForms(t *testing.T) {
	p := compile(t, "kinesis", "SubscribeToShard")
	require.True(t, p.Operation().Stream)
	e := &types.SubscribeToShardEventStreamMemberSubscribeToShardEvent{Value: types.SubscribeToShardEvent{MillisBehindLatest: aws.Int64(5)}}
	_, payload, err := p.EncodeEvent(CodecFor(CBOR11), e)
	require.NoError(t, err)
	require.Equal(t, unhex(t, "a1"+name("MillisBehindLatest")+"05"), payload)
	_, payload, err = p.EncodeEvent(CodecFor(JSON11), e)
	require.NoError(t, err)
	require.Equal(t, `{"MillisBehindLatest":5}`, string(payload))
	for _, bad := range []any{nil, 5, *e, (*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent)(nil), &types.UnknownUnionMember{}} {
		_, _, err := p.EncodeEvent(CodecFor(JSON11), bad)
		require.Error(t, err)
	}
	_, _, err = compile(t, "kinesis", "ListShards").EncodeEvent(CodecFor(JSON11), e)
	require.ErrorContains(t, err, "not an event stream")
	_, err = Compile(p.op, reflect.TypeFor[kinesis.SubscribeToShardInput](), reflect.TypeOf(*e))
	require.NoError(t, err)
	_, err = Compile(p.op, reflect.TypeFor[kinesis.SubscribeToShardInput](), reflect.TypeFor[types.SubscribeToShardEventStream]())
	require.NoError(t, err)
	_, err = Compile(p.op, reflect.TypeFor[kinesis.SubscribeToShardInput](), reflect.TypeFor[types.Record]())
	require.ErrorContains(t, err, "not an event of the model")
}
