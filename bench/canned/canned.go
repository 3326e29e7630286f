// Package canned is the limit of what a server on net/http can do: it reads
// the body and answers bytes made beforehand, whatever was asked.
package canned

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

const (
	batch      = 500
	pageLength = 10_000
	recordSize = 1024
	sequence   = "49598630142999655949899443842509554952738656579378741250"
)

// Serve answers on an address until the process ends.
func Serve(address string) error {
	// A pool of buffers, since the limit should not measure the collector.
	buffers := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	answers := answers()
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := buffers.Get().(*bytes.Buffer)
		defer buffers.Put(b)
		b.Reset()
		if _, err := io.Copy(b, r.Body); err != nil {
			return // the client is gone
		}
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		answer := answers[operation]
		h := w.Header()
		h.Set("Content-Type", "application/x-amz-json-1.1")
		h.Set("Content-Length", fmt.Sprint(len(answer)))
		_, _ = w.Write(answer) // a client that is gone misses nothing
	}))
}

// answers are keyed by operation; an operation without one gets an empty body.
func answers() map[string][]byte {
	put := `{"ShardId":"shardId-000000000000","SequenceNumber":"` + sequence + `"}`
	record := fmt.Sprintf(`{"SequenceNumber":"%s","ApproximateArrivalTimestamp":1700000000.123,"Data":"%s","PartitionKey":"aaaaaaaa"}`,
		sequence, base64.StdEncoding.EncodeToString(make([]byte, recordSize)))
	return map[string][]byte{
		"PutRecord":  []byte(put),
		"PutRecords": []byte(`{"FailedRecordCount":0,"Records":[` + repeat(put, batch) + `]}`),
		"GetRecords": []byte(`{"MillisBehindLatest":0,"NextShardIterator":"canned","Records":[` + repeat(record, pageLength) + `]}`),
	}
}

func repeat(s string, n int) string {
	return strings.TrimSuffix(strings.Repeat(s+",", n), ",")
}
