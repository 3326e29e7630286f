// Package limits holds servers that do the least possible, to tell what a
// server on net/http could reach at best.
package limits

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

const (
	batch      = 500
	pageLength = 10_000
	recordSize = 1024
	sequence   = "49598630142999655949899443842509554952738656579378741250"
)

// Canned reads the body and answers bytes made beforehand, whatever was asked,
// until the process ends.
func Canned(address string) error {
	answers := answers()
	return serve(address, func(operation string, _ []byte, _ *[]byte) (reply, error) {
		return reply{body: answers[operation]}, nil
	})
}

// reply is an answer: bytes, or for one that is too large for that, its length
// and what writes it.
type reply struct {
	body   []byte
	length int
	pour   func(to io.Writer) error
}

// answer makes the answer to a request. It may use room, which is its own until
// the answer has been sent.
type answer func(operation string, body []byte, room *[]byte) (reply, error)

// serve does what every limit has in common.
func serve(address string, make answer) error {
	// Pools, since a limit should not measure the collector.
	bodies := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	rooms := sync.Pool{New: func() any { return new([]byte) }}
	return http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, room := bodies.Get().(*bytes.Buffer), rooms.Get().(*[]byte)
		defer bodies.Put(body)
		defer rooms.Put(room)
		body.Reset()
		if _, err := io.Copy(body, r.Body); err != nil {
			return // the client is gone
		}
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		out, err := make(operation, body.Bytes(), room)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/x-amz-json-1.1")
		h.Set("Content-Length", strconv.Itoa(max(out.length, len(out.body))))
		// A client that is gone misses nothing.
		if out.pour != nil {
			_ = out.pour(w)
			return
		}
		_, _ = w.Write(out.body)
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
