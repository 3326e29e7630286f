package s3

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// chunked frames a payload in chunks of a size.
func chunked(payload string, size int, signed bool, trailer ...string) string {
	var b strings.Builder
	signature := ""
	if signed {
		signature = ";chunk-signature=" + strings.Repeat("0", 64)
	}
	for len(payload) > 0 {
		n := min(size, len(payload))
		fmt.Fprintf(&b, "%x%s\r\n%s\r\n", n, signature, payload[:n])
		payload = payload[n:]
	}
	b.WriteString("0" + signature + "\r\n")
	for _, line := range trailer {
		b.WriteString(line + "\r\n")
	}
	return b.String() + "\r\n"
}

// What is stored is the payload, whatever its framing.
func TestFramings(t *testing.T) {
	for _, size := range []int{5, 8192, 100_000} {
		for name, c := range map[string]struct {
			hash    string
			signed  bool
			trailer []string
		}{
			"signed chunks":             {signedChunks, true, nil},
			"signed chunks and trailer": {signedTrailer, true, []string{"x-amz-checksum-crc32:SUM", "x-amz-trailer-signature:" + strings.Repeat("0", 64)}},
			"unsigned trailer":          {unsignedTrailer, false, []string{"x-amz-checksum-crc32:SUM"}},
			"no trailer":                {unsignedTrailer, false, nil},
			"version 4a":                {signedTrailerV4, true, []string{"x-amz-checksum-crc32:SUM"}},
		} {
			t.Run(fmt.Sprint("54 ", name, " ", size), func(t *testing.T) {
				w := begin(t).bucket("things")
				body := large(size)
				h := newSum(crc32Sum)
				h.Write([]byte(body))
				head := []string{"X-Amz-Content-Sha256", c.hash, "X-Amz-Decoded-Content-Length", fmt.Sprint(size), "Content-Encoding", "aws-chunked"}
				var trailer []string
				for _, line := range c.trailer {
					trailer = append(trailer, strings.Replace(line, "SUM", base64Sum(h), 1))
				}
				if len(trailer) > 0 {
					head = append(head, "X-Amz-Trailer", "x-amz-checksum-crc32")
				}
				a := w.put("/things/key", chunked(body, 8192, c.signed, trailer...), head...)
				if len(trailer) > 0 {
					require.Equal(t, base64Sum(h), a.header.Get("X-Amz-Checksum-Crc32"))
				}
				got := w.get("/things/key").ok()
				require.Equal(t, body, got.body)
				require.Empty(t, got.header.Get("Content-Encoding"))
			})
		}
	}
}

func TestBadFramings(t *testing.T) {
	good := "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
	incomplete, malformed := "The request body terminated unexpectedly", "The request contained trailing data that was not well-formed or did not conform to our published schema."
	for name, c := range map[string][3]string{
		"cut in a chunk":      {good[:6], "IncompleteBody", incomplete},
		"cut before the end":  {good[:10], "IncompleteBody", incomplete},
		"cut in the trailer":  {good[:len(good)-2], "IncompleteBody", incomplete},
		"no size":             {"\r\nhello\r\n0\r\n\r\n", "IncompleteBody", incomplete},
		"a negative size":     {"-5\r\nhello\r\n0\r\n\r\n", "IncompleteBody", incomplete},
		"a size of letters":   {"zz\r\nhello\r\n0\r\n\r\n", "IncompleteBody", incomplete},
		"a longer size":       {"6\r\nhello\r\n0\r\n\r\n", "IncompleteBody", incomplete},
		"a huge size":         {"7fffffffffffffff\r\nhello", "IncompleteBody", incomplete},
		"no trailer":          {"5\r\nhello\r\n0\r\n\r\n", "MalformedTrailerError", malformed},
		"another trailer":     {"5\r\nhello\r\n0\r\nx-amz-checksum-sha1:x\r\n\r\n", "MalformedTrailerError", malformed},
		"a wrong checksum":    {"5\r\nhellO\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", "BadDigest", "The CRC32 you specified did not match the calculated checksum."},
		"no checksum":         {"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:short\r\n\r\n", "InvalidRequest", "Value for x-amz-checksum-crc32 trailing header is invalid."},
		"too small a chunk":   {"2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", "InvalidChunkSizeError", "Only the last chunk is allowed to have a size less than 8192 bytes"},
		"more than announced": {"6\r\nhello!\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header"},
		"an endless line":     {strings.Repeat("0", 64<<10), "IncompleteBody", incomplete},
		"an endless trailer":  {"5\r\nhello\r\n0\r\n" + strings.Repeat("a:b\r\n", 10_000), "MalformedTrailerError", malformed},
	} {
		t.Run(name, func(t *testing.T) {
			w := begin(t).bucket("things")
			w.do(http.MethodPut, "/things/key", c[0], "X-Amz-Content-Sha256", unsignedTrailer, "X-Amz-Decoded-Content-Length", "5", "X-Amz-Trailer", "x-amz-checksum-crc32").
				fails(400, c[1], c[2])
			w.get("/things/key").fails(404, "NoSuchKey", "The specified key does not exist.")
			rows, files := w.stored()
			require.Zero(t, rows+files)
		})
	}
}

// Whatever comes, the decoder ends, and gives back what was framed.
func FuzzChunked(f *testing.F) {
	f.Add([]byte("hello"), 3, true)
	f.Add([]byte(chunked("hello", 5, false, "a:b")), 0, false)
	f.Add([]byte(chunked(large(20_000), 8192, true, "x-amz-checksum-crc32:NhCmhg==")), 0, true)
	f.Fuzz(func(t *testing.T, data []byte, size int, signed bool) {
		form := framing{chunked: true, signed: signed, trailer: true}
		read := func(text string) ([]byte, error) {
			return io.ReadAll(iotest.HalfReader(newChunkReader(strings.NewReader(text), form, nil)))
		}
		if out, err := read(string(data)); err != nil {
			var known *Error
			require.True(t, errors.As(err, &known), "%v", err)
		} else {
			require.Less(t, len(out), len(data))
		}
		size = max(size%50_000, smallChunk)
		out, err := read(chunked(string(data), size, signed))
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, out))
	})
}

func TestJoinedChecksums(t *testing.T) {
	parts := []string{large(100_000), "", "x", large(7)}
	for _, algorithm := range []string{crc32Sum, crc32cSum, crc64Sum} {
		var sums []string
		var sizes []int64
		whole := newSum(algorithm)
		for _, p := range parts {
			h := newSum(algorithm)
			h.Write([]byte(p))
			whole.Write([]byte(p))
			sums, sizes = append(sums, base64Sum(h)), append(sizes, int64(len(p)))
		}
		got, ok := joinSums(algorithm, sums, sizes)
		require.True(t, ok)
		require.Equal(t, base64Sum(whole), got, algorithm)
	}
	_, ok := joinSums(crc32Sum, []string{"!"}, []int64{1})
	require.False(t, ok)
}
