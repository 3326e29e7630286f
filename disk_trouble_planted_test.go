package sluice

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/torture"
)

// meddling is a connection that changes what is answered: it does to a server that
// is right what one would answer that is wrong.
type meddling func(r *http.Request, a *http.Response)

// RoundTrip implements http.RoundTripper.
func (m meddling) RoundTrip(r *http.Request) (*http.Response, error) {
	a, err := http.DefaultTransport.RoundTrip(r)
	if err == nil {
		m(r, a)
	}
	return a, err
}

// answers puts another answer in the place of one.
func answers(a *http.Response, status int, body string) {
	_ = a.Body.Close()
	a.StatusCode, a.Body, a.ContentLength = status, io.NopCloser(strings.NewReader(body)), int64(len(body))
	a.Header.Del("Content-Length")
	a.Header.Del("X-Amzn-Errortype")
}

func isCall(r *http.Request, operation string) bool {
	return strings.HasSuffix(r.Header.Get("X-Amz-Target"), "Kinesis_20131202."+operation)
}

// dropsOne leaves the last record out of a page.
func dropsOne(a *http.Response) {
	var page map[string]any
	if err := json.NewDecoder(a.Body).Decode(&page); err != nil {
		panic(err)
	}
	if records := page["Records"].([]any); len(records) > 1 {
		page["Records"] = records[:len(records)-1]
	}
	b, err := json.Marshal(page)
	if err != nil {
		panic(err)
	}
	answers(a, a.StatusCode, string(b))
}

// TestPlantedDiskTrouble shows that TestDiskTroubleAnywhere sees what is there to be
// seen. The trouble begins at the first write, or too late to be met.
func TestPlantedDiskTrouble(t *testing.T) {
	const done = `{"ShardId":"shardId-000000000000","SequenceNumber":"49600000000000000000000000000000000000000000000000000000"}`
	const late = 1 << 20
	puts := 0
	for what, plant := range map[string]struct {
		meddle meddling
		seed   uint64
		found  string
	}{
		"a failed write is told as done": {func(r *http.Request, a *http.Response) {
			if isCall(r, "PutRecord") && a.StatusCode >= 500 {
				answers(a, 200, done)
			}
		}, 0, `expected: \[\]string\{"first", "second"\}`},
		"a write that was done is told as failed": {func(r *http.Request, a *http.Response) {
			if isCall(r, "PutRecord") {
				if puts++; puts == 2 {
					answers(a, 500, `{"__type":"InternalFailure"}`)
				}
			}
		}, late, `actual\s*: \[\]string\{"first", "second", "third"`},
		"the caller is to blame": {func(r *http.Request, a *http.Response) {
			if isCall(r, "SplitShard") && a.StatusCode >= 500 {
				answers(a, 400, `{"__type":"ValidationException"}`)
			}
		}, 0, "SplitShard: .*ValidationException"},
		"a record is left out": {func(r *http.Request, a *http.Response) {
			if isCall(r, "GetRecords") {
				dropsOne(a)
			}
		}, late, `actual\s*: \[\]string\{"first", "second", "third", "large"\}`},
		"the trouble is told for ever": {func(r *http.Request, a *http.Response) {
			if r.URL.Path == "/_sluice/health" {
				answers(a, 503, `{"status":"degraded"}`)
			}
		}, 0, `"status":"degraded"`},
	} {
		t.Run(what, func(t *testing.T) {
			said := torture.SeenBy(t, func(v *torture.Verdict) { troubleAnywhere(v, plant.seed, late, plant.meddle) })
			require.NotEmpty(t, said)
			require.Regexp(t, plant.found, said[0])
		})
	}
}
