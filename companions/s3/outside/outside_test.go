package outside

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
)

func TestCheck(t *testing.T) {
	require.NoError(t, Check("http://127.0.0.1:9000"))
	require.NoError(t, Check("https://s3.eu-west-1.amazonaws.com"))
	for _, text := range []string{"", "127.0.0.1:9000", "ftp://x", "http://", "http://key:secret@host", "http://x?y"} {
		require.Error(t, Check(text), text)
		_, err := New(Config{URL: text})
		require.Error(t, err, text)
	}
}

func TestEndpoint(t *testing.T) {
	var got *http.Request
	var body []byte
	answer, text := http.StatusOK, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(answer)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	e, err := New(Config{URL: server.URL + "/base/", Region: "eu-west-1", Keys: aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "s", SessionToken: "t"}, Host: clock.Host()})
	require.NoError(t, err)
	require.NoError(t, e.Put(t.Context(), "things", "a b/ü+c", []byte("hello"), http.Header{"Content-Type": {"a/b"}}))
	require.Equal(t, []string{"PUT", "/base/things/a%20b/%C3%BC%2Bc", "hello", "a/b", "t"},
		[]string{got.Method, got.URL.EscapedPath(), string(body), got.Header.Get("Content-Type"), got.Header.Get("X-Amz-Security-Token")})
	require.Regexp(t, `^AWS4-HMAC-SHA256 Credential=AKID/\d{8}/eu-west-1/s3/aws4_request, `, got.Header.Get("Authorization"))
	require.Equal(t, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", got.Header.Get("X-Amz-Content-Sha256"))
	require.NoError(t, e.HeadBucket(t.Context(), "things", "111111111111"))
	require.Equal(t, "111111111111", got.Header.Get("X-Amz-Expected-Bucket-Owner"))

	answer, text = 403, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
	err = e.Put(t.Context(), "things", "key", nil, nil)
	var refused *Error
	require.ErrorAs(t, err, &refused)
	require.Equal(t, Error{403, "AccessDenied", "no"}, *refused)
	answer, text = 502, "<html>"
	require.EqualError(t, e.HeadBucket(t.Context(), "things", ""), "the outside bucket answers 502")
	server.Close()
	require.Error(t, e.HeadBucket(t.Context(), "things", ""))
}
