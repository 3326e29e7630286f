package server

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"

	"sluice/companions/sts"
	"sluice/internal/clock"
	"sluice/internal/sigv4"
)

// forgedAt is when requests here are signed; deadlines of connections lie ahead.
func forgedAt() time.Time { return time.Date(2126, 1, 5, 10, 11, 12, 0, time.UTC) }

// bucketDoor serves what S3 would, as far as signatures go.
func bucketDoor(t *testing.T) *Server {
	t.Helper()
	s := openBare(t, checking, func(c *Config) { c.Host = clock.NewManual(forgedAt()) })
	m := NewMounts()
	m.Handle(Route{Service: "s3", Operation: "S3", Pattern: "/*", SigningName: "s3",
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				http.Error(w, "body: "+err.Error(), http.StatusBadRequest)
				return
			}
			_, _ = io.WriteString(w, "served")
		}),
		Fail: func(w http.ResponseWriter, _ *http.Request, status int, code, text string) {
			http.Error(w, code+": "+text, status)
		},
	})
	require.NoError(t, s.Install(t.Context(), m))
	return s
}

const textMismatchS3 = "SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided. Check your key and signing method."

// Each part of a signature in the header of a request to S3 is forged by hand,
// after signing.
func TestForgedBucketRequests(t *testing.T) {
	s := bucketDoor(t)
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	in := func(old, new string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	const malformed = "AuthorizationHeaderMalformed: The authorization header is malformed; "
	for name, c := range map[string]struct {
		forge  func(*http.Request)
		status int
		answer string
	}{
		"untouched":     {func(*http.Request) {}, 200, "served"},
		"key":           {in("AKIDONE", "AKIDTWO"), 403, "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records."},
		"another's key": {in("AKIDONE", "AKIDTEMP"), 400, "InvalidToken: The provided token is malformed or otherwise invalid."},
		"an ended key":  {in("AKIDONE", "AKIDOLD"), 403, textMismatchS3},
		"day":           {in("/21260105/", "/21260104/"), 400, malformed + `Invalid credential date "21260104". This date is not the same as X-Amz-Date: "21260105".`},
		"region":        {in("us-east-1", "eu-west-1"), 403, textMismatchS3},
		"terminator":    {in("aws4_request", "aws5_request"), 400, malformed + `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`},
		"algorithm":     {in("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA512"), 400, "InvalidRequest: The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."},
		"version 2":     {set("Authorization", "AWS AKIDONE:c2lnbmF0dXJl"), 400, "InvalidRequest: The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."},
		"no signature":  {in(", Signature=", ", Unsigned="), 400, malformed + "the authorization header requires three components: Credential, SignedHeaders, and Signature."},
		"two headers":   {func(r *http.Request) { r.Header.Add("Authorization", "AWS4-HMAC-SHA256 x") }, 400, malformed + "Authorization is given twice."},
		"no region":     {in("us-east-1", ""), 400, malformed + `the region "" is wrong`},
		"chunks unseen": {set("X-Amz-Content-Sha256", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"), 400,
			"InvalidRequest: Chunks that are signed with ECDSA cannot be checked; sign them with AWS4-HMAC-SHA256"},
		"two of them":    {in("Signature=", "Signature=0, Signature="), 400, malformed + "Signature is given twice."},
		"signature":      {in("Signature=", "Signature=0"), 403, textMismatchS3},
		"no date":        {func(r *http.Request) { r.Header.Del("X-Amz-Date") }, 403, "AccessDenied: AWS authentication requires a valid Date or x-amz-date header"},
		"date":           {set("X-Amz-Date", "21260105T101113Z"), 403, textMismatchS3},
		"headers":        {in("host;", ""), 403, "AccessDenied: There were headers present in the request which were not signed"},
		"order":          {in("SignedHeaders=", "SignedHeaders=z;"), 400, malformed + "SignedHeaders are not sorted."},
		"unsigned":       {set("X-Amz-Meta-More", "x"), 403, "AccessDenied: There were headers present in the request which were not signed"},
		"signed":         {set("X-Amz-Meta-Mine", "other"), 403, textMismatchS3},
		"space":          {set("X-Amz-Meta-Mine", "one\u00a0two"), 403, textMismatchS3},
		"second value":   {func(r *http.Request) { r.Header.Add("X-Amz-Meta-Mine", "x") }, 403, textMismatchS3},
		"token":          {set("X-Amz-Security-Token", "session"), 400, "InvalidToken: The provided token is malformed or otherwise invalid."},
		"hash":           {set("X-Amz-Content-Sha256", sigv4.BodyHash([]byte("x"))), 403, textMismatchS3},
		"hash, nonsense": {set("X-Amz-Content-Sha256", "x"), 400, "InvalidArgument: " + textBadSum},
		"hash, none":     {func(r *http.Request) { r.Header.Del("X-Amz-Content-Sha256") }, 400, "InvalidRequest: Missing required header for this request: x-amz-content-sha256"},
		"body":           {func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("bodY")) }, 400, "body: " + errBodyHash.Error()},
		"method":         {func(r *http.Request) { r.Method = "POST" }, 403, textMismatchS3},
		"path":           {func(r *http.Request) { r.URL.Path = "/bucket/./a key" }, 403, textMismatchS3},
		"path, doubled":  {func(r *http.Request) { r.URL.Path = "/bucket//a key" }, 403, textMismatchS3},
		"path, composed": {func(r *http.Request) { r.URL.Path = "/bucket/a kéy" }, 403, textMismatchS3},
		"path, escaped":  {func(r *http.Request) { r.URL.RawPath = "/bucket/%61%20key" }, 200, "served"},
		"query":          {func(r *http.Request) { r.URL.RawQuery += "&acl" }, 403, textMismatchS3},
		"query, doubled": {func(r *http.Request) { r.URL.RawQuery += "&x=1" }, 403, textMismatchS3},
		"query too": {func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Algorithm=AWS4-HMAC-SHA256" }, 400,
			"InvalidArgument: Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.url()+"/bucket/a%20key?x=1", http.NoBody)
			require.NoError(t, err)
			r.Header.Set("X-Amz-Content-Sha256", sigv4.BodyHash([]byte("body")))
			r.Header.Set("X-Amz-Meta-Mine", "one two")
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("body")), 4
			require.NoError(t, v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).SignHTTP(t.Context(),
				aws.Credentials{AccessKeyID: "AKIDONE", SecretAccessKey: "one"}, r, sigv4.BodyHash([]byte("body")), "s3", "us-east-1", forgedAt()))
			c.forge(r)
			status, answer := answerTo(t, r)
			require.Equal(t, c.answer, strings.TrimSpace(answer))
			require.Equal(t, c.status, status)
		})
	}
}

// Clocks may differ by a quarter of an hour.
func TestSkewedBucketRequests(t *testing.T) {
	s := bucketDoor(t)
	for _, d := range []time.Duration{-15*time.Minute - time.Second, 15*time.Minute + time.Second} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.url()+"/bucket/key", http.NoBody)
		require.NoError(t, err)
		r.Header.Set("X-Amz-Content-Sha256", sigv4.BodyHash([]byte("body")))
		_, answer := answerTo(t, sign(t, r, []byte("body"), "s3", "AKIDONE", "one", forgedAt().Add(d)))
		require.Equal(t, "RequestTimeTooSkewed: The difference between the request time and the current time is too large.", strings.TrimSpace(answer))
	}
}

// The same for presigned URLs, which have codes of their own.
func TestForgedPresignedURLs(t *testing.T) {
	s := bucketDoor(t)
	drop := func(name string) func(url.Values) { return func(q url.Values) { q.Del(name) } }
	set := func(name, value string) func(url.Values) { return func(q url.Values) { q.Set(name, value) } }
	const six = "AuthorizationQueryParametersError: Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
	const credential = "AuthorizationQueryParametersError: Error parsing the X-Amz-Credential parameter; "
	for name, c := range map[string]struct {
		forge  func(url.Values)
		status int
		answer string
	}{
		"untouched":      {func(url.Values) {}, 200, "served"},
		"no credential":  {drop("X-Amz-Credential"), 400, six},
		"no signature":   {drop("X-Amz-Signature"), 400, six},
		"no date":        {drop("X-Amz-Date"), 400, six},
		"no expiry":      {drop("X-Amz-Expires"), 400, six},
		"no headers":     {drop("X-Amz-SignedHeaders"), 400, six},
		"nothing at all": {func(q url.Values) { clear(q) }, 403, "AccessDenied: Access Denied"},
		"algorithm":      {set("X-Amz-Algorithm", "AWS4-MD5"), 400, `AuthorizationQueryParametersError: X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`},
		"date":           {set("X-Amz-Date", "yesterday"), 400, `AuthorizationQueryParametersError: X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`},
		"expiry, words":  {set("X-Amz-Expires", "soon"), 400, "AuthorizationQueryParametersError: X-Amz-Expires should be a number"},
		"expiry, past":   {set("X-Amz-Expires", "-1"), 400, "AuthorizationQueryParametersError: X-Amz-Expires must be non-negative"},
		"expiry, far": {set("X-Amz-Expires", "604801"), 400,
			"AuthorizationQueryParametersError: X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"},
		"expiry":     {set("X-Amz-Expires", "901"), 403, textMismatchS3},
		"credential": {set("X-Amz-Credential", "AKIDONE"), 400, credential + credentialForm},
		"day":        {set("X-Amz-Credential", "AKIDONE/21260104/us-east-1/s3/aws4_request"), 400, credential + `Invalid credential date "21260104". This date is not the same as X-Amz-Date: "21260105".`},
		"key":        {set("X-Amz-Credential", "AKIDX/21260105/us-east-1/s3/aws4_request"), 403, "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records."},
		"signature":  {set("X-Amz-Signature", strings.Repeat("0", 64)), 403, textMismatchS3},
		"twice":      {func(q url.Values) { q.Add("X-Amz-Date", "21260105T101112Z") }, 400, "AuthorizationQueryParametersError: The query parameters of the signature cannot be read: X-Amz-Date is given twice."},
		"token":      {set("X-Amz-Security-Token", "x"), 400, "InvalidToken: The provided token is malformed or otherwise invalid."},
		"more":       {set("response-content-type", "text/html"), 403, textMismatchS3},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url()+"/bucket/key?X-Amz-Expires=900", http.NoBody)
			require.NoError(t, err)
			raw, _, err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).PresignHTTP(t.Context(),
				aws.Credentials{AccessKeyID: "AKIDONE", SecretAccessKey: "one"}, out, sigv4.UnsignedPayload, "s3", "us-east-1", forgedAt())
			require.NoError(t, err)
			at, err := url.Parse(raw)
			require.NoError(t, err)
			q := at.Query()
			c.forge(q)
			at.RawQuery = q.Encode()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at.String(), http.NoBody)
			require.NoError(t, err)
			status, answer := answerTo(t, r)
			require.Equal(t, c.answer, strings.TrimSpace(answer))
			require.Equal(t, c.status, status)
		})
	}
	t.Run("clocks", func(t *testing.T) {
		for d, answer := range map[time.Duration]string{-901 * time.Second: "AccessDenied: Request has expired", 16 * time.Minute: "AccessDenied: Request is not valid yet"} {
			out, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url()+"/bucket/key?X-Amz-Expires=900", http.NoBody)
			require.NoError(t, err)
			raw, _, err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).PresignHTTP(t.Context(),
				aws.Credentials{AccessKeyID: "AKIDONE", SecretAccessKey: "one"}, out, sigv4.UnsignedPayload, "s3", "us-east-1", forgedAt().Add(d))
			require.NoError(t, err)
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, raw, http.NoBody)
			require.NoError(t, err)
			_, got := answerTo(t, r)
			require.Equal(t, answer, strings.TrimSpace(got))
		}
	})
}

// Every protocol refuses in its own form, and none runs what was not signed.
func TestEveryProtocolRefuses(t *testing.T) {
	s := openBare(t, checking)
	m := NewMounts()
	require.NoError(t, m.Mount("kinesis", &streamsRoom{}))
	require.NoError(t, m.Mount("sts", sts.New(clock.Host(), nil)))
	require.NoError(t, s.Install(t.Context(), m))
	for name, c := range map[string]struct {
		service, path, body, answer string
		status                      int
		head                        [][2]string
	}{
		"JSON": {"kinesis", "/", "{}", `{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}`, 400,
			[][2]string{{"X-Amz-Target", "Kinesis_20131202.ListStreams"}, {"Content-Type", "application/x-amz-json-1.1"}}},
		"CBOR": {"kinesis", "/", "\xa0", "UnrecognizedClientException", 400,
			[][2]string{{"X-Amz-Target", "Kinesis_20131202.ListStreams"}, {"Content-Type", "application/x-amz-cbor-1.1"}}},
		"event stream": {"kinesis", "/", `{"ConsumerARN":"arn:aws:kinesis:us-east-1:111111111111:stream/s/consumer/c:1","ShardId":"shardId-000000000000","StartingPosition":{"Type":"LATEST"}}`,
			`{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}`, 400,
			[][2]string{{"X-Amz-Target", "Kinesis_20131202.SubscribeToShard"}, {"Content-Type", "application/x-amz-json-1.1"}}},
		"query": {"sts", "/", "Action=GetCallerIdentity&Version=2011-06-15", "<Code>InvalidClientTokenId</Code>", 403,
			[][2]string{{"Content-Type", "application/x-www-form-urlencoded"}}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url()+c.path, http.NoBody)
			require.NoError(t, err)
			for _, h := range c.head {
				r.Header.Set(h[0], h[1])
			}
			status, answer := answerTo(t, sign(t, r, []byte(c.body), c.service, "AKIDNONE", "none", time.Now()))
			require.Equal(t, c.status, status)
			require.Contains(t, answer, c.answer)
		})
	}
	t.Run("an operation that is not signed", func(t *testing.T) {
		r := listCall(t, s)
		r.Header.Del("X-Amz-Target")
		r = sign(t, r, []byte("{}"), "kinesis", "AKIDONE", "one", time.Now())
		r.Header.Set("X-Amz-Target", "Kinesis_20131202.ListStreams")
		_, answer := answerTo(t, r)
		require.Contains(t, answer, "InvalidSignatureException")
	})
}

// A key that is named like its bucket is not the bucket, where the host names it.
func TestResourceOfVersionTwo(t *testing.T) {
	for _, c := range []struct{ path, bucket, key, want string }{
		{"/b", "b", "", "/b"}, {"/b/k", "b", "k", "/b/k"}, {"/", "", "", "/"},
		{"/b", "b", "b", "/b/b"}, {"/k", "b", "k", "/b/k"}, {"/b/k", "b", "b/k", "/b/b/k"},
	} {
		p := &Route{Address: func(*http.Request) (string, string) { return c.bucket, c.key }}
		require.Equal(t, c.want, p.resource(&http.Request{URL: &url.URL{Path: c.path}}), c)
	}
}
