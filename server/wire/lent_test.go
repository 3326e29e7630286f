package wire

import (
	"bytes"
	"testing"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// TestLentBlobs: blobs go to the memory that was lent, as far as it has room,
// and say the same as in memory of their own.
func TestLentBlobs(t *testing.T) {
	p := compile(t, "kinesis", "PutRecords")
	for _, protocol := range []Protocol{JSON11, CBOR11} {
		body := benchInput(p, CodecFor(protocol), 20)
		own, _, err := CodecFor(protocol).DecodeInput(p, &Request{Body: body})
		require.NoError(t, err)
		for _, size := range []int{0, 1, len(body) / 3, len(body)} {
			room := bytes.Repeat([]byte{0xee}, size)
			lent, _, err := CodecFor(protocol).DecodeInput(p, &Request{Body: body, Blobs: room})
			require.NoError(t, err)
			require.Equal(t, own, lent, "%s, %d bytes", protocol, size)
			if size == len(body) {
				last := lent.(*kinesis.PutRecordsInput).Records[19].Data
				at := uintptr(unsafe.Pointer(&last[0])) - uintptr(unsafe.Pointer(&room[0]))
				require.Less(t, at, uintptr(size), "all fit what is as long as the body")
			}
		}
	}
}

// TestGather: an answer of middle size is the same in whatever memory.
func TestGather(t *testing.T) {
	p := compile(t, "kinesis", "GetRecords")
	out := pagesOf()["two huge"]
	for i := range out.Records {
		out.Records[i].Data = out.Records[i].Data[:middleAnswer]
	}
	for _, protocol := range []Protocol{JSON11, CBOR11} {
		r, err := CodecFor(protocol).EncodeOutput(p, out)
		require.NoError(t, err)
		require.True(t, r.Gathers())
		require.False(t, r.Large())
		require.Empty(t, r.Body)
		whole := r.Whole()
		require.Greater(t, len(whole), 2*middleAnswer)
		require.Equal(t, whole, r.Gather(nil))
		room := make([]byte, 0, 1<<20)
		require.Equal(t, whole, r.Gather(room))
		require.Equal(t, whole, room[:len(whole)], "it was written there")
	}
}
