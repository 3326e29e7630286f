package firehose

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/klauspost/compress/s2"
	"github.com/stretchr/testify/require"
)

// How objects are packed, called and described, for every compression.
func TestCompressedObjects(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 5000) // more than one block of 32 KiB
	unzipped := func(b []byte) string {
		z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
		require.NoError(t, err)
		require.Len(t, z.File, 1)
		require.Equal(t, zip.Deflate, z.File[0].Method)
		require.Regexp(t, regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`), z.File[0].Name)
		f, err := z.File[0].Open()
		require.NoError(t, err)
		out, err := io.ReadAll(f)
		require.NoError(t, err)
		return string(out)
	}
	blocks := func(b []byte, head int) (out string, n int) {
		for ; len(b) > 0; n++ {
			size := binary.BigEndian.Uint32(b[head:])
			part, err := s2.Decode(nil, b[head+4:head+4+int(size)])
			require.NoError(t, err)
			out, b = out+string(part), b[head+4+int(size):]
		}
		return out, n
	}
	for name, c := range map[string]struct {
		format              types.CompressionFormat
		extension, encoding string
		unpack              func(b []byte) string
	}{
		"24 ZIP": {types.CompressionFormatZip, ".zip", "zip", unzipped},
		"25 Snappy": {types.CompressionFormatSnappy, ".snappy", "snappy-java", func(b []byte) string {
			require.Equal(t, "\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01", string(b[:16]))
			_, err := io.ReadAll(s2.NewReader(bytes.NewReader(b)))
			require.Error(t, err, "it is not the official framing")
			out, n := blocks(b[16:], 0)
			require.Equal(t, 3, n)
			return out
		}},
		"26 HADOOP_SNAPPY": {types.CompressionFormatHadoopSnappy, ".snappy", "hadoop-snappy", func(b []byte) string {
			out, n := blocks(b, 4)
			require.Equal(t, 3, n)
			return out
		}},
		"uncompressed": {types.CompressionFormatUncompressed, "", "", func(b []byte) string { return string(b) }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.create("s", func(to *types.ExtendedS3DestinationConfiguration) { to.CompressionFormat = c.format })
			r.put("s", text[:40000], text[40000:])
			r.clock.Step(5 * time.Minute)
			o := r.bucket.taken()[0]
			require.Regexp(t, `[0-9a-f]{12}`+regexp.QuoteMeta(c.extension)+"$", o.Key)
			require.Equal(t, c.encoding, o.ContentEncoding)
			require.Equal(t, "application/octet-stream", o.ContentType)
			require.True(t, text == c.unpack(o.Body))
		})
	}
}
