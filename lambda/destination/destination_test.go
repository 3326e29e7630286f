package destination

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/lambda/poller"
)

// seen is what a server was sent.
type seen struct {
	method, path, scope, kind, body string
}

func serve(t *testing.T, status int) (address string, calls *[]seen) {
	calls = &[]seen{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			*calls = append(*calls, seen{r.Method, r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), string(body)})
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte("<Error>\n  no\n</Error>"))
	}))
	t.Cleanup(s.Close)
	return s.URL, calls
}

func failure(destination string) poller.Failure {
	return poller.Failure{Mapping: "m", Account: "000000000000", Region: "eu-west-1", Destination: destination, ShardID: "s",
		At: time.Unix(0, 0), Document: []byte(`{"version":"1.0"}`), Payload: []byte(`{"Records":[]}`)}
}

const scope = "AWS4-HMAC-SHA256 Credential=000000000000/20260101/eu-west-1/"

func TestDeliver(t *testing.T) {
	address, calls := serve(t, http.StatusOK)
	c := New(map[string]string{"sqs": address + "/", "sns": address, "s3": address,
		"arn:aws:sqs:eu-west-1:000000000000:own": address + "/own"}, nil)
	for _, destination := range []string{"arn:aws:sqs:eu-west-1:000000000000:dead", "arn:aws:sqs:eu-west-1:000000000000:own",
		"arn:aws:sns:eu-west-1:000000000000:topic", "arn:aws:s3:::bucket"} {
		known, err := c.Deliver(t.Context(), failure(destination), "aws/lambda/m/s/x")
		require.NoError(t, err)
		require.True(t, known)
	}
	const form = "application/x-www-form-urlencoded"
	query := func(pairs ...string) string {
		v := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return v.Encode()
	}
	require.Len(t, *calls, 4)
	for i, want := range []seen{
		{"POST", "/000000000000/dead", "sqs", form, query("Action", "SendMessage", "Version", "2012-11-05",
			"QueueUrl", address+"/000000000000/dead", "MessageBody", `{"version":"1.0"}`)},
		{"POST", "/own/000000000000/own", "sqs", form, query("Action", "SendMessage", "Version", "2012-11-05",
			"QueueUrl", address+"/own/000000000000/own", "MessageBody", `{"version":"1.0"}`)},
		{"POST", "/", "sns", form, query("Action", "Publish", "Version", "2010-03-31",
			"TopicArn", "arn:aws:sns:eu-west-1:000000000000:topic", "Message", `{"version":"1.0"}`)},
		{"PUT", "/bucket/aws/lambda/m/s/x", "s3", "application/json", `{"version":"1.0","payload":{"Records":[]}}`},
	} {
		got := (*calls)[i]
		require.Contains(t, got.scope, scope+want.scope+"/aws4_request")
		got.scope = want.scope
		require.Equal(t, want, got)
	}
}

func TestNoWay(t *testing.T) {
	for _, destination := range []string{"", "x", "arn:aws:sqs:eu-west-1:000000000000:dead", "arn:aws:s3:::bucket", "arn:aws:lambda:eu-west-1:000000000000:function:f"} {
		known, err := New(map[string]string{"lambda": "http://127.0.0.1:1"}, nil).Deliver(t.Context(), failure(destination), "n")
		require.NoError(t, err)
		require.False(t, known)
	}
}

func TestRefused(t *testing.T) {
	address, _ := serve(t, http.StatusForbidden)
	known, err := New(map[string]string{"sqs": address}, nil).Deliver(t.Context(), failure("arn:aws:sqs:eu-west-1:000000000000:dead"), "n")
	require.True(t, known)
	require.ErrorContains(t, err, "answers 403 Forbidden: <Error> no </Error>")
	_, err = New(map[string]string{"s3": "http://127.0.0.1:1"}, nil).Deliver(t.Context(), failure("arn:aws:s3:::bucket"), "n")
	require.Error(t, err)
}

// buckets has one bucket.
type buckets struct{ bucket, key, body string }

func (b *buckets) PutObject(_ context.Context, _, _, bucket, key, _ string, body []byte) (bool, error) {
	if bucket != "mine" {
		return false, nil
	}
	b.bucket, b.key, b.body = bucket, key, string(body)
	return true, nil
}

func TestBuckets(t *testing.T) {
	b := &buckets{}
	c := New(nil, b)
	known, err := c.Deliver(t.Context(), failure("arn:aws:s3:::other"), "n")
	require.NoError(t, err)
	require.False(t, known)
	known, err = c.Deliver(t.Context(), failure("arn:aws:s3:::mine"), "n")
	require.NoError(t, err)
	require.True(t, known)
	require.Equal(t, buckets{"mine", "n", `{"version":"1.0","payload":{"Records":[]}}`}, *b)
}

func TestCheckEndpoint(t *testing.T) {
	require.NoError(t, CheckEndpoint("sqs", "http://127.0.0.1:9324"))
	require.NoError(t, CheckEndpoint("arn:aws:sns:eu-west-1:000000000000:topic", "https://example.com/x"))
	require.EqualError(t, CheckEndpoint("sqs", "127.0.0.1:9324"), `"127.0.0.1:9324" is not a URL such as http://127.0.0.1:9324`)
	require.EqualError(t, CheckEndpoint("kafka", "http://a"), `"kafka" is neither sqs, sns, s3 nor the ARN of a destination`)
}

// The attributes of a dead letter go in the forms of queues and topics.
func TestAttributes(t *testing.T) {
	address, calls := serve(t, http.StatusOK)
	c := New(map[string]string{"sqs": address, "sns": address}, nil)
	for service, prefix := range map[string]string{"sqs": "MessageAttribute.", "sns": "MessageAttributes.entry."} {
		letter := failure("arn:aws:" + service + ":eu-west-1:000000000000:dead")
		letter.Attributes = []poller.Attribute{{Name: "RequestID", Type: "String", Value: "r"}, {Name: "ErrorCode", Type: "Number", Value: "200"}}
		known, err := c.Deliver(t.Context(), letter, "x")
		require.NoError(t, err)
		require.True(t, known)
		form, err := url.ParseQuery((*calls)[len(*calls)-1].body)
		require.NoError(t, err)
		require.Equal(t, "RequestID", form.Get(prefix+"1.Name"))
		require.Equal(t, "Number", form.Get(prefix+"2.Value.DataType"))
		require.Equal(t, "200", form.Get(prefix+"2.Value.StringValue"))
	}
}
