package sluice

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// trouble is a function that is no good, and what becomes of a batch for it.
type trouble struct {
	answer http.HandlerFunc
	exec   []string
	// timeout is the function's; the usual one when zero.
	timeout time.Duration
	// partial asks for answers by record.
	partial bool
	// failed is what the failure document and the mapping say; empty: the batch is done.
	failed bool
	// waits is set where nothing ran: the batch is kept, and the mapping says so.
	waits string
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

func troubles(t *testing.T) map[string]trouble {
	t.Helper()
	var busy atomic.Int64
	return map[string]trouble{
		"hangs": {failed: true, timeout: time.Second, answer: func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // or nobody notices that the caller has gone
			<-r.Context().Done()
		}},
		"fails":                        {failed: true, answer: says(`{"errorType":"MyError","errorMessage":"sour"}`)},
		"500":                          {failed: true, answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }},
		"7 MB":                         {failed: true, answer: says(strings.Repeat("x", 7<<20))},
		"dies":                         {failed: true, answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		"dies at start":                {failed: true, exec: []string{"sh", "-c", "exit 3"}},
		"does not exist":               {failed: true, exec: []string{"./no-such-program"}},
		"garbage":                      {answer: says("\xff\xfe not { json")},
		"half a JSON":                  {answer: says(`{"batchItemFailures":[`)},
		"garbage, asked by record":     {failed: true, partial: true, answer: says("\xff\xfe not { json")},
		"half a JSON, asked by record": {failed: true, partial: true, answer: says(`{"batchItemFailures":[`)},
		"a foreign sequence number":    {failed: true, partial: true, answer: says(`{"batchItemFailures":[{"itemIdentifier":"12"}]}`)},
		"502":                          {waits: "did not take the event: status 502", answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }},
		"busy at first": {answer: func(w http.ResponseWriter, _ *http.Request) {
			if busy.Add(1) < 3 {
				w.WriteHeader(400)
			}
		}},
		"is down": {waits: "does not answer"},
	}
}

// nobody is where nobody listens: a port that no system gives to those who ask
// for any, unlike one that was free a moment ago.
const nobody = "http://127.0.0.1:1/"

// Every trouble with a function has its documented outcome for a mapping:
// the batch is done, given up and told, or kept because nothing ran.
func TestTroubleWithFunctions(t *testing.T) {
	for name, c := range troubles(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := Function{Key: functionKey("f"), Timeout: c.timeout}
			switch {
			case c.exec != nil:
				f.Exec = &FunctionExec{Command: c.exec}
			case c.answer != nil:
				server := httptest.NewServer(c.answer)
				t.Cleanup(server.Close)
				f.HTTP = &FunctionHTTP{URL: server.URL}
			default:
				f.HTTP = &FunctionHTTP{URL: nobody}
			}
			seed := MappingSeed{Function: "f", Stream: "orders", MaximumRetryAttempts: aws.Int32(1)}
			if c.partial {
				seed.FunctionResponseTypes = []string{"ReportBatchItemFailures"}
			}
			s := RunT(t, func(cfg *Config) {
				cfg.AllowExec, cfg.FastRetries = true, true
				cfg.Streams = []StreamSeed{{Name: "orders", Shards: 1}}
				cfg.Functions, cfg.Mappings = []Function{f}, []MappingSeed{seed}
			})
			_, err := kinesis.NewFromConfig(s.AWSConfig()).PutRecord(t.Context(), &kinesis.PutRecordInput{
				StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte("12")})
			require.NoError(t, err)
			c.requireOutcome(t, s)
		})
	}
}

func (c trouble) requireOutcome(t *testing.T, s *Sluice) {
	t.Helper()
	told := func(path string) string {
		_, body := admin(t, s, http.MethodGet, path, "")
		return body
	}
	state := func() string {
		list, _ := call(t, s, http.MethodGet, "event-source-mappings", "")
		return list
	}
	switch {
	case c.failed:
		require.Eventually(t, func() bool { return strings.Contains(told("/_sluice/failures"), `"RetryAttemptsExhausted"`) }, time.Minute, 10*time.Millisecond)
		require.Contains(t, told("/_sluice/failures"), `"approximateInvokeCount":2`)
		require.Contains(t, state(), "PROBLEM: Function call failed")
	case c.waits != "":
		require.Eventually(t, func() bool { return strings.Contains(told("/_sluice/mappings"), c.waits) }, time.Minute, 10*time.Millisecond, told("/_sluice/mappings"))
		require.NotContains(t, told("/_sluice/failures"), "RetryAttemptsExhausted")
	default:
		require.Eventually(t, func() bool { return strings.Contains(state(), `"LastProcessingResult":"OK"`) }, time.Minute, 10*time.Millisecond)
		require.JSONEq(t, `{"items":[],"next":null}`, told("/_sluice/failures"))
	}
}
