package sigv4

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"
)

var signedAt = time.Date(2026, 1, 5, 10, 11, 12, 0, time.UTC)

var keys = aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", SessionToken: ""}

// arrived turns a request that a client would send into the one a server sees.
func arrived(t *testing.T, out *http.Request) *http.Request {
	t.Helper()
	var wire strings.Builder
	require.NoError(t, out.Write(&wire))
	in := httptest.NewRequest(out.Method, out.URL.String(), strings.NewReader("body"))
	in.Host, in.Header, in.ContentLength = out.URL.Host, out.Header.Clone(), out.ContentLength
	if out.Host != "" {
		in.Host = out.Host
	}
	return in
}

func signed(t *testing.T, method, target, service string, s3 bool) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, target, strings.NewReader("body"))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "Kinesis_20131202.ListStreams")
	r.Header.Set("X-Amz-Meta-Spaces", "  a   b ")
	require.NoError(t, v4.NewSigner(plainPaths(s3)).SignHTTP(t.Context(), keys, r, BodyHash([]byte("body")), service, "eu-west-1", signedAt))
	return arrived(t, r)
}

func plainPaths(s3 bool) func(*v4.SignerOptions) {
	return func(o *v4.SignerOptions) { o.DisableURIPathEscaping = s3 }
}

func check(r *http.Request, service string, s3 bool, edit func(*Check)) error {
	k := Check{Secret: keys.SecretAccessKey, Now: signedAt, Service: service, Region: "eu-west-1", PayloadHash: BodyHash([]byte("body")), S3: s3}
	if edit != nil {
		edit(&k)
	}
	c, err := Parse(r)
	if err != nil {
		return err
	}
	_, err = c.Check(r, k)
	return err
}

func TestSignaturesOfTheSDK(t *testing.T) {
	for _, c := range []struct {
		method, target, service string
		s3                      bool
	}{
		{"POST", "http://localhost:4566/", "kinesis", false},
		{"POST", "http://localhost:4566", "kinesis", false},
		{"GET", "http://localhost:4566/2015-03-31/event-source-mappings/?EventSourceArn=arn%3Aaws%3Akinesis%3Aeu-west-1%3A000000000000%3Astream%2Fs&MaxItems=10", "lambda", false},
		{"GET", "http://localhost:4566/2017-03-31/tags/arn%3Aaws%3Alambda%3Aeu-west-1%3A0%3Afunction%3Af", "lambda", false},
		{"PUT", "http://localhost:4566/bucket/a%20b/%C3%BC/x%2By/a//b/./c?partNumber=1&uploadId=a%2Bb", "s3", true},
		{"GET", "http://bucket.localhost:4566/?list-type=2&prefix=a%2Fb%20c&delimiter=%2F&uploads", "s3", true},
		{"GET", "http://localhost:4566/?a=2&a=1&a-b=3&B=4", "s3", true},
	} {
		r := signed(t, c.method, c.target, c.service, c.s3)
		require.NoError(t, check(r, c.service, c.s3, nil), "%s %s", c.method, c.target)
	}
}

func TestPresignedURL(t *testing.T) {
	out, err := http.NewRequest("GET", "http://localhost:4566/bucket/a%20b%2Bc?X-Amz-Expires=900&response-content-type=text%2Fplain", nil)
	require.NoError(t, err)
	signedURL, _, err := v4.NewSigner(plainPaths(true)).PresignHTTP(context.Background(), keys, out, UnsignedPayload, "s3", "eu-west-1", signedAt)
	require.NoError(t, err)
	unsigned := func(k *Check) { k.PayloadHash = UnsignedPayload }
	require.NoError(t, check(httptest.NewRequest("GET", signedURL, nil), "s3", true, unsigned))
	refused(t, Overdue, check(httptest.NewRequest("GET", signedURL, nil), "s3", true, func(k *Check) {
		unsigned(k)
		k.Now = signedAt.Add(901 * time.Second)
	}))
	refused(t, Mismatch, check(httptest.NewRequest("GET", strings.Replace(signedURL, "Expires=900", "Expires=901", 1), nil), "s3", true, unsigned))
	refused(t, Mismatch, check(httptest.NewRequest("PUT", signedURL, nil), "s3", true, unsigned))
	refused(t, Malformed, check(httptest.NewRequest("GET", strings.Replace(signedURL, "Expires=900", "Expires=604801", 1), nil), "s3", true, unsigned))
	refused(t, Malformed, check(httptest.NewRequest("GET", signedURL+"&X-Amz-Signature=00", nil), "s3", true, unsigned))
}

func refused(t *testing.T, want Reason, err error) {
	t.Helper()
	var r *Refusal
	require.ErrorAs(t, err, &r)
	require.Equal(t, want, r.Reason, err)
}

// Each part of a request that is changed after signing is found out.
func TestForgeries(t *testing.T) {
	authorization := func(old, new string) func(*http.Request, *Check) {
		return func(r *http.Request, _ *Check) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
		}
	}
	for name, c := range map[string]struct {
		forge func(*http.Request, *Check)
		want  Reason
	}{
		"method":           {func(r *http.Request, _ *Check) { r.Method = "PUT" }, Mismatch},
		"path":             {func(r *http.Request, _ *Check) { r.URL = must(url.Parse("/other")) }, Mismatch},
		"query":            {func(r *http.Request, _ *Check) { r.URL.RawQuery = "x=1" }, Mismatch},
		"host":             {func(r *http.Request, _ *Check) { r.Host = "elsewhere:4566" }, Mismatch},
		"a signed header":  {func(r *http.Request, _ *Check) { r.Header.Set("X-Amz-Target", "Kinesis_20131202.DeleteStream") }, Mismatch},
		"a second value":   {func(r *http.Request, _ *Check) { r.Header.Add("X-Amz-Target", "Kinesis_20131202.DeleteStream") }, Mismatch},
		"a header removed": {func(r *http.Request, _ *Check) { r.Header.Del("X-Amz-Target") }, Mismatch},
		"length":           {func(r *http.Request, _ *Check) { r.ContentLength = 5 }, Mismatch},
		"body":             {func(_ *http.Request, k *Check) { k.PayloadHash = BodyHash([]byte("bodY")) }, Mismatch},
		"secret":           {func(_ *http.Request, k *Check) { k.Secret += "x" }, Mismatch},
		"time": {func(r *http.Request, _ *Check) {
			r.Header.Set("X-Amz-Date", signedAt.Add(time.Minute).Format(Form))
		}, Mismatch},
		"signature":        {authorization("Signature=", "Signature=0"), Mismatch},
		"key in the scope": {authorization("eu-west-1", "eu-west-2"), WrongRegion},
		"no region":        {authorization("/eu-west-1/", "//"), WrongRegion},
		"two headers": {func(r *http.Request, _ *Check) {
			r.Header.Add("Authorization", strings.Replace(r.Header.Get("Authorization"), "Credential=", "Credential=other", 1))
		}, Malformed},
		"service":          {authorization("/kinesis/", "/lambda/"), WrongService},
		"day":              {authorization("/20260105/", "/20260104/"), WrongDate},
		"terminator":       {authorization("aws4_request", "aws5_request"), Malformed},
		"algorithm":        {authorization("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), Unsupported},
		"host not signed":  {authorization("host;", ""), Unsigned},
		"no credential":    {authorization("Credential=", "X="), Malformed},
		"no signature":     {authorization("Signature=", "X="), Malformed},
		"no headers":       {authorization("SignedHeaders=", "X="), Malformed},
		"unsorted headers": {authorization("content-length;content-type", "content-type;content-length"), Malformed},
		"two credentials":  {authorization("Credential=", "Credential=A/20260105/eu-west-1/kinesis/aws4_request, Credential="), Malformed},
		"no date":          {func(r *http.Request, _ *Check) { r.Header.Del("X-Amz-Date") }, Malformed},
		"clock too far ahead": {func(_ *http.Request, k *Check) {
			k.Now = signedAt.Add(-Window - time.Second)
		}, Early},
		"clock too far behind": {func(_ *http.Request, k *Check) { k.Now = signedAt.Add(Window + time.Second) }, Late},
		"query too":            {func(r *http.Request, _ *Check) { r.URL.RawQuery = "X-Amz-Algorithm=" + Algorithm }, Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			r := signed(t, "POST", "http://localhost:4566/", "kinesis", false)
			refused(t, c.want, check(r, "kinesis", false, func(k *Check) { c.forge(r, k) }))
		})
	}
}

// Parameters that cannot be read are left out of what is served, so a request must
// not have the signature of one in which they can be.
func TestQueriesThatCannotBeRead(t *testing.T) {
	for signedAs, forged := range map[string]string{"prefix=a%3Bb": "prefix=a;b", "versionId=%25zz": "versionId=%zz", "a=1&b=%25": "a=1&b=%"} {
		r := signed(t, "GET", "http://localhost:4566/bucket?"+signedAs, "s3", true)
		require.NoError(t, check(r, "s3", true, nil))
		r.URL.RawQuery = forged
		refused(t, Mismatch, check(r, "s3", true, nil))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestEveryAmzHeaderOfS3IsSigned(t *testing.T) {
	r := signed(t, "PUT", "http://localhost:4566/b/k", "s3", true)
	r.Header.Set("X-Amz-Acl", "public-read")
	refused(t, Unsigned, check(r, "s3", true, nil))
}

func TestNoClaim(t *testing.T) {
	c, err := Parse(httptest.NewRequest("GET", "/bucket/key?x=1", nil))
	require.NoError(t, err)
	require.Nil(t, c)
}

// The streaming upload of the S3 API reference, with its published signatures.
func TestChunksOfTheReference(t *testing.T) {
	r := httptest.NewRequest("PUT", "http://s3.amazonaws.com/examplebucket/chunkObject.txt", io.LimitReader(nil, 0))
	r.ContentLength = 66824
	r.Header = http.Header{
		"X-Amz-Date": {"20130524T000000Z"}, "X-Amz-Storage-Class": {"REDUCED_REDUNDANCY"}, "Content-Encoding": {"aws-chunked"},
		"X-Amz-Content-Sha256": {"STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}, "X-Amz-Decoded-Content-Length": {"66560"},
		"Authorization": {"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request," +
			"SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class," +
			"Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"},
	}
	c, err := Parse(r)
	require.NoError(t, err)
	proof, err := c.Check(r, Check{Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Now: time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC),
		Service: "s3", S3: true, PayloadHash: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"})
	require.NoError(t, err)
	chunks := proof.Chunks()
	for _, part := range []struct {
		size      int
		signature string
	}{
		{65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"},
		{1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"},
		{0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"},
	} {
		_, _ = chunks.Write([]byte(strings.Repeat("a", part.size)))
		require.NoError(t, chunks.End(part.signature))
	}
	refused(t, Mismatch, chunks.End("b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"))
}

// Random paths and queries are understood as the SDK signs them.
func TestRandomTargets(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	const letters = "ab/ %+&=~._-ü?#'()*!"
	word := func() string {
		runes := []rune(letters)
		out := make([]rune, dice.IntN(8))
		for i := range out {
			out[i] = runes[dice.IntN(len(runes))]
		}
		return string(out)
	}
	for range 500 {
		s3 := dice.IntN(2) == 0
		path := "/k" + word() + "/" + word()
		if !s3 {
			path = "/k" + strings.NewReplacer("/", "", ".", "x").Replace(path)
		}
		q := url.Values{}
		for range dice.IntN(4) {
			q.Add("n"+word(), word())
		}
		target := "http://localhost" + escape(path, true) + "?" + q.Encode()
		r := signed(t, "GET", target, "s3", s3)
		require.NoError(t, check(r, "s3", s3, nil), "%s s3=%v", target, s3)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=A/20260105/r/s/aws4_request, SignedHeaders=host, Signature=0", "")
	f.Add("", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F20260105%2Fr%2Fs%2Faws4_request&X-Amz-Date=20260105T101112Z&X-Amz-Expires=1&X-Amz-SignedHeaders=host&X-Amz-Signature=0")
	f.Fuzz(func(t *testing.T, header, query string) {
		r := &http.Request{Method: "GET", Host: "h", URL: &url.URL{Path: "/", RawQuery: query}, Header: http.Header{"X-Amz-Date": {"20260105T101112Z"}}}
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		c, err := Parse(r)
		if err != nil || c == nil {
			return
		}
		_, err = c.Check(r, Check{Secret: "s", Now: signedAt, Service: c.Service, PayloadHash: UnsignedPayload})
		require.Error(t, err)
	})
}
