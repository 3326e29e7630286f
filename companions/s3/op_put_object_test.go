package s3

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPutObject(t *testing.T) {
	for name, body := range map[string]string{"nothing": "", "small": "hello", "the most in a row": large(inlineBytes), "the least in a file": large(inlineBytes + 1), "large": large(1 << 20)} {
		t.Run(name, func(t *testing.T) {
			w := begin(t).bucket("things")
			a := w.put("/things/key", body, "Content-Type", "text/plain", "X-Amz-Meta-Colour", "blue", "Content-Encoding", "gzip,aws-chunked", "Cache-Control", "no-store")
			require.Regexp(t, `^"[0-9a-f]{32}"$`, a.header.Get("ETag"))
			require.NotEmpty(t, a.header.Get("X-Amz-Checksum-Crc64nvme"))
			got := w.get("/things/key").ok()
			require.Equal(t, body, got.body)
			for name, want := range map[string]string{
				"Content-Type": "text/plain", "X-Amz-Meta-Colour": "blue", "Content-Encoding": "gzip", "Cache-Control": "no-store",
				"Content-Length": fmt.Sprint(len(body)), "ETag": a.header.Get("ETag"), "Last-Modified": "Wed, 25 Nov 2026 10:00:00 GMT", "Accept-Ranges": "bytes",
			} {
				require.Equal(t, want, got.header.Get(name), name)
			}
			w.put("/things/key", "replaced")
			rows, files := w.stored()
			require.Equal(t, []int{1, 0}, []int{rows, files}, "the body that was replaced is gone")
		})
	}
}

// Known answers of "hello", by other programs.
func TestChecksums(t *testing.T) {
	w := begin(t).bucket("things")
	for algorithm, sum := range map[string]string{
		"crc32": "NhCmhg==", "crc32c": "mnG7TA==", "crc64nvme": "M3eFcAZSQlc=", "sha1": "qvTGHdzF6KLavt4PO0gs2a6pQ00=",
		"sha256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", "md5": "XUFAKrxLKna5cZ2REBfFkg==",
	} {
		a := w.put("/things/"+algorithm, "hello", "X-Amz-Checksum-"+algorithm, sum)
		require.Equal(t, sum, a.header.Get("X-Amz-Checksum-"+algorithm))
		got := w.get("/things/"+algorithm, "X-Amz-Checksum-Mode", "ENABLED").ok()
		require.Equal(t, sum, got.header.Get("X-Amz-Checksum-"+algorithm))
		require.Equal(t, "FULL_OBJECT", got.header.Get("X-Amz-Checksum-Type"))
		require.Empty(t, w.get("/things/"+algorithm).header.Get("X-Amz-Checksum-"+algorithm), "only for who asks")
		w.do(http.MethodPut, "/things/wrong", "hellO", "X-Amz-Checksum-"+algorithm, sum).
			fails(400, "BadDigest", "The "+strings.ToUpper(algorithm)+" you specified did not match the calculated checksum.")
	}
	w.get("/things/wrong").fails(404, "NoSuchKey", "The specified key does not exist.")
}

func TestUploadsThatAreNotWhatTheySay(t *testing.T) {
	const hello = "aaf4c61d"
	sum := sha256.Sum256([]byte("hello"))
	for name, c := range map[string]struct {
		head          []string
		status        int
		code, message string
	}{
		"MD5 of something else": {[]string{"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="}, 400, "BadDigest", "The Content-MD5 you specified did not match what we received."},
		"no MD5":                {[]string{"Content-MD5", "nonsense"}, 400, "InvalidDigest", "The Content-MD5 you specified was invalid."},
		"another hash":          {[]string{"X-Amz-Content-Sha256", strings.Repeat("0", 64)}, 400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."},
		"no hash":               {[]string{"X-Amz-Content-Sha256", hello}, 400, "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value."},
		"two checksums":         {[]string{"X-Amz-Checksum-Crc32", "NhCmhg==", "X-Amz-Checksum-Sha1", "qvTGHdzF6KLavt4PO0gs2a6pQ00="}, 400, "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."},
		"no checksum":           {[]string{"X-Amz-Checksum-Crc32", "short"}, 400, "InvalidRequest", "Value for x-amz-checksum-crc32 header is invalid."},
		"an unknown checksum":   {[]string{"X-Amz-Checksum-Adler", "NhCmhg=="}, 400, "InvalidRequest", "The algorithm type you specified in x-amz-checksum- header is invalid."},
		"a promise unkept":      {[]string{"X-Amz-Sdk-Checksum-Algorithm", "CRC32"}, 400, "InvalidRequest", "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."},
		"too much metadata":     {[]string{"X-Amz-Meta-X", strings.Repeat("x", 2048)}, 400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"},
		"a class of its own":    {[]string{"X-Amz-Storage-Class", "GOLD"}, 400, "InvalidStorageClass", "The storage class you specified is not valid"},
		"tags twice":            {[]string{"X-Amz-Tagging", "a=1&a=2"}, 400, "InvalidArgument", "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates."},
		"a lock without one":    {[]string{"X-Amz-Object-Lock-Legal-Hold", "ON"}, 400, "InvalidRequest", "Bucket is missing ObjectLockConfiguration"},
		"to append":             {[]string{"X-Amz-Write-Offset-Bytes", "5"}, 501, "NotImplemented", "A header you provided implies functionality that is not implemented"},
		"an unknown length":     {[]string{"X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}, 411, "MissingContentLength", "You must provide the Content-Length HTTP header."},
	} {
		t.Run(name, func(t *testing.T) {
			w := begin(t).bucket("things")
			w.do(http.MethodPut, "/things/key", "hello", c.head...).fails(c.status, c.code, c.message)
			w.get("/things/key").fails(404, "NoSuchKey", "The specified key does not exist.")
			rows, files := w.stored()
			require.Zero(t, rows+files)
		})
	}
	w := begin(t).bucket("things")
	w.put("/things/key", "hello", "X-Amz-Content-Sha256", hex.EncodeToString(sum[:]))
	w.do(http.MethodPut, "/things/"+strings.Repeat("k", 1025), "x").fails(400, "KeyTooLongError", "Your key is too long")
}

func TestConditionalPuts(t *testing.T) {
	w := begin(t).bucket("things")
	failed := "At least one of the pre-conditions you specified did not hold"
	etag := w.put("/things/key", "one", "If-None-Match", "*").header.Get("ETag")
	w.do(http.MethodPut, "/things/key", "two", "If-None-Match", "*").fails(412, "PreconditionFailed", failed)
	w.do(http.MethodPut, "/things/key", "two", "If-Match", `"0123"`).fails(412, "PreconditionFailed", failed)
	w.do(http.MethodPut, "/things/other", "two", "If-Match", etag).fails(404, "NoSuchKey", "The specified key does not exist.")
	require.Equal(t, "one", w.get("/things/key").body)
	w.put("/things/key", large(inlineBytes+1), "If-Match", etag)
}

func TestKeysAreExact(t *testing.T) {
	w := begin(t).bucket("things")
	t.Run("55 four that look alike", func(t *testing.T) {
		four := []string{"x", "x/y", "/lead", "a//b"}
		for _, key := range four {
			w.put("/things/"+key, key)
		}
		require.ElementsMatch(t, four, w.get("/things").ok().keys())
	})
	paths := []string{"x", "x/y", "/lead", "a//b", "a/./b", "..", "with%20space", "plus+plus", "caf%C3%A9", "%00zero", "a%2Fb%2fc", "trailing/"}
	for _, path := range paths {
		w.put("/things/"+path, path)
	}
	for _, path := range paths {
		require.Equal(t, path, w.get("/things/"+path).ok().body, path)
	}
	require.ElementsMatch(t, []string{"\uFFFDzero", "..", "/lead", "a/./b", "a//b", "a/b/c", "café", "plus+plus", "trailing/", "with space", "x", "x/y"}, w.get("/things").ok().keys())
}
