package server

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/companions/sts"
	"sluice/internal/clock"
	"sluice/internal/sigv4"
)

// keys is a keyring for tests.
type keys map[string]Credential

func (k keys) Find(id, _ string) (Credential, bool) {
	c, ok := k[id]
	return c, ok
}

var testKeys = keys{
	"AKIDONE":  {Secret: "one", Account: "111111111111"},
	"AKIDTEMP": {Secret: "temp", Account: "222222222222", Token: "session"},
	"AKIDOLD":  {Secret: "old", Account: "222222222222", Expires: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)},
}

func checking(c *Config) { c.Keys = testKeys }

func signedBy(s *Server, id, secret, token string) *kinesis.Client {
	c := awsConfig(s, id)
	c.Credentials = credentials.NewStaticCredentialsProvider(id, secret, token)
	return kinesis.NewFromConfig(c, func(o *kinesis.Options) { o.RetryMaxAttempts = 1 })
}

func TestSignaturesAreChecked(t *testing.T) {
	s := open(t, &streamsRoom{}, checking)
	for name, c := range map[string]struct{ id, secret, token, code, message string }{
		"right":             {"AKIDONE", "one", "", "", ""},
		"right, with token": {"AKIDTEMP", "temp", "session", "", ""},
		"another secret": {"AKIDONE", "two", "", "InvalidSignatureException",
			"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."},
		"unknown key":   {"AKIDNONE", "one", "", "UnrecognizedClientException", "The security token included in the request is invalid."},
		"missing token": {"AKIDTEMP", "temp", "", "UnrecognizedClientException", "The security token included in the request is invalid."},
		"wrong token":   {"AKIDTEMP", "temp", "other", "UnrecognizedClientException", "The security token included in the request is invalid."},
		"needless token": {"AKIDONE", "one", "session", "UnrecognizedClientException",
			"The security token included in the request is invalid."},
		"expired key": {"AKIDOLD", "old", "", "ExpiredTokenException", "The security token included in the request is expired"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := signedBy(s, c.id, c.secret, c.token).ListStreams(t.Context(), &kinesis.ListStreamsInput{})
			if c.code == "" {
				require.NoError(t, err)
				require.Equal(t, testKeys[c.id].Account, out.StreamNames[0], "the call acts in the key's account")
				return
			}
			var api smithy.APIError
			require.ErrorAs(t, err, &api)
			require.Equal(t, c.code, api.ErrorCode())
			require.Equal(t, c.message, api.ErrorMessage())
		})
	}
}

// sign signs a raw request as a client does.
func sign(t *testing.T, r *http.Request, body []byte, service, id, secret string, at time.Time) *http.Request {
	t.Helper()
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, r,
		sigv4.BodyHash(body), service, "us-east-1", at))
	return r
}

func listCall(t *testing.T, s *Server) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url()+"/", http.NoBody)
	require.NoError(t, err)
	r.Header.Set("X-Amz-Target", "Kinesis_20131202.ListStreams")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	return r
}

func answerTo(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(body)
}

// What was changed after signing, or signed at another time, is refused with
// the texts of AWS.
func TestForgedRequests(t *testing.T) {
	now := time.Date(2126, 1, 5, 10, 11, 12, 0, time.UTC) // deadlines of connections lie ahead
	s := open(t, &streamsRoom{}, checking, func(c *Config) { c.Host = clock.NewManual(now) })
	mismatch := `{"__type":"InvalidSignatureException","message":"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}`
	for name, c := range map[string]struct {
		at     time.Time
		scope  string
		forge  func(r *http.Request)
		answer string
	}{
		"untouched": {now, "kinesis", func(*http.Request) {}, `{"HasMoreStreams":false,"StreamNames":["111111111111","us-east-1"]}`},
		"body": {now, "kinesis", func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(`{ }`)), 3
			r.Header.Del("Content-Length")
		}, mismatch},
		"operation": {now, "kinesis", func(r *http.Request) { r.Header.Set("X-Amz-Target", "Kinesis_20131202.PutRecord") }, mismatch},
		"hash":      {now, "kinesis", func(r *http.Request) { r.Header.Set("X-Amz-Content-Sha256", sigv4.BodyHash([]byte("x"))) }, ""},
		"late": {now.Add(-6 * time.Minute), "kinesis", func(*http.Request) {},
			`{"__type":"InvalidSignatureException","message":"Signature expired: 21260105T100512Z is now earlier than 21260105T100612Z (21260105T101112Z - 5 min.)"}`},
		"early": {now.Add(6 * time.Minute), "kinesis", func(*http.Request) {},
			`{"__type":"InvalidSignatureException","message":"Signature not yet current: 21260105T101712Z is still later than 21260105T101612Z (21260105T101112Z + 5 min.)"}`},
		"service": {now, "firehose", func(*http.Request) {},
			`{"__type":"InvalidSignatureException","message":"Credential should be scoped to correct service: 'kinesis'. "}`},
		"day": {now, "kinesis", func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "21260105", "21260104", 1))
		}, `{"__type":"InvalidSignatureException","message":"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '21260104' != '21260105', from '21260105T101112Z'."}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := sign(t, listCall(t, s), []byte("{}"), c.scope, "AKIDONE", "one", c.at)
			c.forge(r)
			_, answer := answerTo(t, r)
			if c.answer == "" {
				return // a header that is not signed and not looked at
			}
			require.JSONEq(t, c.answer, answer)
		})
	}
}

// The signature is over the bytes that travelled, packed or not.
func TestPackedBodiesAreChecked(t *testing.T) {
	s := open(t, &streamsRoom{}, checking)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte("{}"))
	require.NoError(t, z.Close())
	r := listCall(t, s)
	r.Header.Set("Content-Encoding", "gzip")
	status, answer := answerTo(t, sign(t, r, packed.Bytes(), "kinesis", "AKIDONE", "one", time.Now()))
	require.Equal(t, http.StatusOK, status, answer)
}

func TestQueryServicesHaveTheirOwnTexts(t *testing.T) {
	s := openBare(t, checking)
	install(t, s, "sts", sts.New(clock.Host(), nil))
	for id, code := range map[string]string{"AKIDNONE": "<Code>InvalidClientTokenId</Code>", "AKIDTEMP": "<Code>InvalidClientTokenId</Code>",
		"AKIDONE": "<Code>SignatureDoesNotMatch</Code>"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url()+"/", http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		status, answer := answerTo(t, sign(t, r, []byte("Action=GetCallerIdentity&Version=2011-06-15"), "sts", id, "wrong", time.Now()))
		require.Equal(t, http.StatusForbidden, status)
		require.Contains(t, answer, code)
	}
}

func TestPlainHandlersAreGuarded(t *testing.T) {
	s := openBare(t, checking)
	m := NewMounts()
	m.Handle(Route{Service: "s3", Operation: "S3", Pattern: "/*", SigningName: "s3",
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := io.Copy(io.Discard, r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			_, _ = io.WriteString(w, "read")
		}),
		Fail: func(w http.ResponseWriter, _ *http.Request, status int, code, _ string) { http.Error(w, code, status) },
	})
	require.NoError(t, s.Install(t.Context(), m))
	put := func(edit func(r *http.Request)) string {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodPut, s.url()+"/bucket/key", http.NoBody)
		require.NoError(t, err)
		r.Header.Set("X-Amz-Content-Sha256", sigv4.BodyHash([]byte("body")))
		r = sign(t, r, []byte("body"), "s3", "AKIDONE", "one", time.Now())
		edit(r)
		_, answer := answerTo(t, r)
		return strings.TrimSpace(answer)
	}
	require.Equal(t, "read", put(func(*http.Request) {}))
	require.Equal(t, "AccessDenied", put(func(r *http.Request) { r.Header.Del("Authorization") }))
	require.Equal(t, "SignatureDoesNotMatch", put(func(r *http.Request) { r.URL.Path = "/bucket/other" }))
	require.Equal(t, "AccessDenied", put(func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") }))
	require.Equal(t, errBodyHash.Error(), put(func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("bodY")) }))
}
