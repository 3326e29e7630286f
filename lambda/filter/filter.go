// Package filter is the pattern language of event source mappings: which
// records of a stream a function is shown. It is pure; a compiled Filter may
// be used by many at a time.
//
// A pattern is a JSON object. Its keys name fields of the record, all of which
// must match; the arrays at its leaves hold alternatives. The record is seen as
//
//	{"partitionKey": …, "sequenceNumber": …, "data": the payload read as JSON, …}
//
// What is delivered later is the record itself: nothing here is written back.
package filter

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Record is what patterns are held against.
type Record struct {
	PartitionKey   string
	SequenceNumber string
	ShardID        string
	// Arrival is shown as approximateArrivalTimestamp, in seconds with three decimals.
	Arrival time.Time
	// Data is the payload. It is only read.
	Data []byte
	// SourceARN, Region and Identity are shown as eventSourceARN, awsRegion and
	// invokeIdentityArn.
	SourceARN, Region, Identity string
}

// Filter is a set of compiled patterns. A record passes when any one matches.
type Filter struct {
	patterns []compiled
	// data tells that a pattern looks into the payload, fields that one looks at
	// something else.
	data, fields bool
}

// compiled is one pattern.
type compiled struct {
	root         *object
	data, fields bool
}

// PatternError says which pattern cannot be compiled and why. What clients are
// told is up to the caller.
type PatternError struct {
	// Index is the place of the pattern among those given.
	Index int
	// Reason is for people.
	Reason string
}

// Error implements error.
func (e *PatternError) Error() string { return fmt.Sprintf("filter pattern %d: %s", e.Index, e.Reason) }

// Compile reads patterns. Without any, every record passes. An error is a
// *PatternError.
func Compile(patterns []string) (*Filter, error) {
	f := &Filter{}
	for i, text := range patterns {
		c, err := compile(text)
		if err != nil {
			return nil, &PatternError{Index: i, Reason: err.Error()}
		}
		f.patterns = append(f.patterns, c)
		f.data, f.fields = f.data || c.data, f.fields || c.fields
	}
	return f, nil
}

// Match tells whether a record passes. A payload that is no JSON fails every
// pattern that looks into it; the other patterns still count.
func (f *Filter) Match(r Record) bool {
	if f == nil || len(f.patterns) == 0 {
		return true
	}
	doc := map[string]any{}
	if f.fields {
		doc = r.document()
	}
	readable := true
	if f.data {
		data, ok := decode(r.Data)
		readable = ok
		if ok {
			doc["data"] = data
		}
	}
	for _, p := range f.patterns {
		if (readable || !p.data) && p.root.match(doc, doc) {
			return true
		}
	}
	return false
}

// document shows the record without its payload, under the names that events have.
func (r *Record) document() map[string]any {
	seconds := strconv.FormatFloat(float64(r.Arrival.UnixMilli())/1000, 'f', 3, 64)
	return map[string]any{
		"kinesisSchemaVersion":        "1.0",
		"partitionKey":                r.PartitionKey,
		"sequenceNumber":              r.SequenceNumber,
		"approximateArrivalTimestamp": json.Number(seconds),
		"eventSource":                 "aws:kinesis",
		"eventVersion":                "1.0",
		"eventID":                     r.ShardID + ":" + r.SequenceNumber,
		"eventName":                   "aws:kinesis:record",
		"eventSourceARN":              r.SourceARN,
		"awsRegion":                   r.Region,
		"invokeIdentityArn":           r.Identity,
	}
}

// decode reads one JSON value and nothing after it. Numbers keep their text.
func decode(b []byte) (value any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return nil, false
	}
	_, err := d.Token()
	return value, err == io.EOF
}
