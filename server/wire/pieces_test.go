package wire

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// pagesOf are answers around and above the size from which pieces are used.
func pagesOf() map[string]*kinesis.GetRecordsOutput {
	page := func(count, size int) *kinesis.GetRecordsOutput {
		out := &kinesis.GetRecordsOutput{MillisBehindLatest: aws.Int64(7), NextShardIterator: aws.String("AA\"A\nü")}
		for i := range count {
			at := time.UnixMilli(1545084650000 + int64(i)*37)
			out.Records = append(out.Records, types.Record{
				Data: bytes.Repeat([]byte{byte(i), 1, 2}, (size+2)/3)[:size], PartitionKey: aws.String(strings.Repeat("\t", i%7) + "ключ"),
				ApproximateArrivalTimestamp: &at, SequenceNumber: aws.String("4959")})
		}
		return out
	}
	return map[string]*kinesis.GetRecordsOutput{
		"small": page(3, 10), "many empty": page(9000, 0), "many": page(3000, 333), "some": page(40, 100001),
		"two huge": page(2, 3<<20+1), "blobs about as large as pieces": page(9, pieceBytes-3), "blobs that are parted or not": page(90, blobPiece+1),
	}
}

func TestPieces(t *testing.T) {
	for name, out := range pagesOf() {
		for _, protocol := range []Protocol{JSON11, CBOR11, RPCv2CBOR} {
			t.Run(string(protocol)+"/"+name, func(t *testing.T) {
				p := compile(t, "kinesis", "GetRecords")
				r, err := CodecFor(protocol).EncodeOutput(p, out)
				require.NoError(t, err)
				require.Equal(t, name != "small", r.Large())
				whole := r.Whole()
				require.Len(t, whole, r.Length())
				if !r.Large() {
					return
				}
				var got pieceSink
				room := make([]byte, 0, PieceRoom)
				require.NoError(t, r.WritePieces(&got, room))
				require.True(t, bytes.Equal(whole, got.b.Bytes()), "pieces differ from the whole")
				require.Equal(t, pieceBytes, got.largest)
				require.Equal(t, (len(whole)+pieceBytes-1)/pieceBytes, got.calls, "all but the last are full")
			})
		}
	}
}

// pieceSink takes n bytes, or all when n is 0.
type pieceSink struct {
	b       bytes.Buffer
	largest int
	n       int
	calls   int
}

var errSink = errors.New("enough")

// Write implements io.Writer.
func (s *pieceSink) Write(p []byte) (int, error) {
	s.calls++
	s.largest = max(s.largest, len(p))
	s.b.Write(p)
	if s.n > 0 && s.b.Len() > s.n {
		return 0, errSink
	}
	return len(p), nil
}

func TestPiecesNobodyTakes(t *testing.T) {
	for _, protocol := range []Protocol{JSON11, CBOR11} {
		r, err := CodecFor(protocol).EncodeOutput(compile(t, "kinesis", "GetRecords"), pagesOf()["many"])
		require.NoError(t, err)
		sink := &pieceSink{n: pieceBytes + 1}
		require.ErrorIs(t, r.WritePieces(sink, make([]byte, 0, PieceRoom)), errSink)
		require.Equal(t, 2, sink.calls, "writing goes on although nobody takes it")
	}
}
