package http

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// receiver holds requests to the letter of the protocol.
type receiver struct {
	t      *testing.T
	answer http.HandlerFunc // nil: the right one
	seen   []http.Header
	bodies []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	require.Equal(r.t, http.MethodPost, req.Method)
	require.Equal(r.t, "/in?x=1", req.URL.RequestURI())
	require.Equal(r.t, "1.0", req.Header.Get("X-Amz-Firehose-Protocol-Version"))
	require.Equal(r.t, "application/json", req.Header.Get("Content-Type"))
	require.Positive(r.t, req.ContentLength)
	require.Empty(r.t, req.Header.Get("Accept-Encoding"))
	var in io.Reader = req.Body
	if req.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(req.Body)
		require.NoError(r.t, err)
		in = z
	}
	body, err := io.ReadAll(in)
	require.NoError(r.t, err)
	require.True(r.t, json.Valid(body))
	r.seen, r.bodies = append(r.seen, req.Header), append(r.bodies, string(body))
	if r.answer != nil {
		r.answer(w, req)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"requestId":%q,"timestamp":1594265943616}`, req.Header.Get("X-Amz-Firehose-Request-Id"))
}

const id = "109777ac-8f9b-4082-8e8d-b4f12b5fc17b"

func TestSend(t *testing.T) {
	r := &receiver{t: t}
	s := httptest.NewServer(r)
	defer s.Close()
	c := New()
	defer c.Close()
	in := &Request{URL: s.URL + "/in?x=1", ID: id, Source: "arn:aws:firehose:eu-west-1:111111111111:deliverystream/s", Timestamp: 1594265943615, Records: [][]byte{[]byte("a"), {}}}
	require.NoError(t, c.Send(t.Context(), in))
	require.Equal(t, `{"requestId":"`+id+`","timestamp":1594265943615,"records":[{"data":"YQ=="},{"data":""}]}`, r.bodies[0])
	require.Equal(t, in.Source, r.seen[0].Get("X-Amz-Firehose-Source-Arn"))
	require.NotContains(t, r.seen[0], "X-Amz-Firehose-Access-Key")
	require.NotContains(t, r.seen[0], "X-Amz-Firehose-Common-Attributes")

	t.Run("46 packed, with attributes and a key", func(t *testing.T) {
		in.Gzip, in.AccessKey, in.Attributes = true, "key \"1\"", []Attribute{{"z", "1"}, {"a", `"<`}}
		require.NoError(t, c.Send(t.Context(), in))
		require.Equal(t, r.bodies[0], r.bodies[1])
		require.Equal(t, "gzip", r.seen[1].Get("Content-Encoding"))
		require.Equal(t, in.AccessKey, r.seen[1].Get("X-Amz-Firehose-Access-Key"))
		var attributes map[string]map[string]string
		require.NoError(t, json.Unmarshal([]byte(r.seen[1].Get("X-Amz-Firehose-Common-Attributes")), &attributes))
		require.Equal(t, map[string]map[string]string{"commonAttributes": {"z": "1", "a": `"<`}}, attributes)
		require.NoError(t, c.Send(t.Context(), in))
		require.Equal(t, r.seen[1].Get("X-Amz-Firehose-Request-Id"), r.seen[2].Get("X-Amz-Firehose-Request-Id"))
	})
}

// Everything but the one right answer is a failure.
func TestAnswers(t *testing.T) {
	const right = `{"requestId":"` + id + `","timestamp":1}`
	answer := func(status int, body string, headers ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for i := 0; i < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	const invalid, refused = "HttpEndpoint.InvalidResponseFromDestination", "HttpEndpoint.DestinationException"
	for _, c := range []struct {
		name  string
		with  http.HandlerFunc
		code  string
		text  string
		final bool
	}{
		{"45 204", answer(204, ""), refused, "", false},
		{"45 201", answer(201, right), refused, "", false},
		{"45 without requestId", answer(200, `{"timestamp":1}`), invalid, "requestId", false},
		{"45 timestamp as text", answer(200, `{"requestId":"`+id+`","timestamp":"1"}`), invalid, "", false},
		{"45 413", answer(413, `{"requestId":"`+id+`","timestamp":1,"errorMessage":"too much"}`), refused, "too much", true},
		{"another id", answer(200, `{"requestId":"x","timestamp":1}`), invalid, "requestId", false},
		{"no JSON", answer(200, "ok"), invalid, "", false},
		{"type", answer(200, right, "Content-Type", "text/plain"), invalid, "Content-Type", false},
		{"packed", answer(200, right, "Content-Encoding", "identity"), invalid, "Content-Encoding", false},
		{"too large", answer(200, strings.Repeat(" ", 1<<20)+right), "HttpEndpoint.ResponseTooLarge", "", false},
		{"redirect", answer(302, "", "Location", "/in?x=1"), refused, "", false},
		{"500 with message", answer(500, `{"errorMessage":"`+strings.Repeat("m", 9000)+`"}`), refused, "mmm", false},
		{"no length", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.(http.Flusher).Flush()
			_, _ = io.WriteString(w, right)
		}, invalid, "Content-Length", false},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "HttpEndpoint.ConnectionReset", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httptest.NewServer(&receiver{t: t, answer: c.with})
			defer s.Close()
			client := New()
			defer client.Close()
			err := client.Send(t.Context(), &Request{URL: s.URL + "/in?x=1", ID: id, Records: [][]byte{{1}}})
			var f *Failure
			require.ErrorAs(t, err, &f)
			require.Equal(t, c.code, f.Code)
			require.Equal(t, c.final, f.Final)
			require.Contains(t, f.Message, c.text)
			require.LessOrEqual(t, len(f.Message), 8192)
		})
	}
}

func TestUnreachable(t *testing.T) {
	client := New()
	defer client.Close()
	var f *Failure
	// No system gives that port to those who ask for any.
	require.ErrorAs(t, client.Send(t.Context(), &Request{URL: "http://127.0.0.1:1/", ID: id}), &f)
	require.Equal(t, "HttpEndpoint.ConnectionFailed", f.Code)

	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	require.ErrorAs(t, client.Send(t.Context(), &Request{URL: secure.URL, ID: id}), &f)
	require.Equal(t, "HttpEndpoint.SSLHandshakeFailure", f.Code)

	require.ErrorAs(t, failureOf(context.DeadlineExceeded), &f)
	require.Equal(t, "HttpEndpoint.RequestTimeout", f.Code)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, client.Send(ctx, &Request{URL: secure.URL, ID: id}), context.Canceled)
}
