package firehose

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"sluice/store/log"
)

// The types of failed records.
const processingFailed = "processing-failed"

// maxSubRecords is how many records one may hold; one with more passes whole.
const maxSubRecords = 500

// steps is what happens to records on their way, in the order of the service:
// splitting, partition keys, the delimiter.
type steps struct {
	split     func(record []byte) [][]byte // nil: records stay whole
	query     *query                       // nil: no partition keys
	delimiter bool
}

// newSteps prepares what a destination asks for.
func newSteps(d *destination) (*steps, error) {
	s := &steps{delimiter: d.find(appendDelimiter) != nil}
	if p := d.find(recordSplit); p != nil {
		s.split = splitJSON
		if p.value(paramSubRecord) == subRecordDelimted {
			delimiter, err := base64.StdEncoding.DecodeString(p.value(paramDelimiter))
			if err != nil {
				return nil, err
			}
			s.split = func(record []byte) [][]byte { return splitDelimited(record, delimiter) }
		}
	}
	if p := d.find(metadata); p != nil {
		var err error
		if s.query, err = compileQuery(p.value(paramQuery)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// fit is a record that can be delivered, with its partition keys.
type fit struct {
	data []byte
	keys map[string]string
}

// misfit is a record that cannot, and why.
type misfit struct {
	kind, code, text string
	original         []byte
}

type outcome struct {
	good   []fit
	failed []misfit
}

// apply puts one record through the steps. Its parts share its bytes.
func (s *steps) apply(ctx context.Context, r *log.Record) (out outcome) {
	parts := [][]byte{r.Data}
	if s.split != nil {
		parts = s.split(r.Data)
	}
	for _, part := range parts {
		if s.query == nil {
			out.good = append(out.good, fit{data: part})
			continue
		}
		keys, err := s.query.run(ctx, part)
		if err != nil {
			out.failed = append(out.failed, misfit{processingFailed, "DynamicPartitioning.MetadataExtractionFailed", err.Error(), part})
			continue
		}
		out.good = append(out.good, fit{part, keys})
	}
	return out
}

// splitJSON takes concatenated documents apart. What is not JSON stays whole.
func splitJSON(record []byte) (parts [][]byte) {
	d := json.NewDecoder(bytes.NewReader(record))
	for d.More() {
		var part json.RawMessage
		if d.Decode(&part) != nil || len(parts) == maxSubRecords {
			return [][]byte{record}
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return [][]byte{record}
	}
	return parts
}

// splitDelimited takes a record apart at a delimiter.
func splitDelimited(record, delimiter []byte) [][]byte {
	parts := bytes.Split(record, delimiter)
	if n := len(parts); n > 1 && len(parts[n-1]) == 0 {
		parts = parts[:n-1] // nothing follows the last delimiter
	}
	if len(parts) > maxSubRecords {
		return [][]byte{record}
	}
	return parts
}

// errorRecord is the line about a record that could not be delivered. Times are
// milliseconds since 1970.
type errorRecord struct {
	Attempts int    `json:"attemptsMade"`
	Arrival  int64  `json:"arrivalTimestamp"`
	Code     string `json:"errorCode"`
	Message  string `json:"errorMessage"`
	Ended    int64  `json:"attemptEndingTimestamp"`
	Raw      []byte `json:"rawData"`
}

func (m misfit) line(arrival, now time.Time) ([]byte, error) {
	return json.Marshal(errorRecord{Attempts: 1, Arrival: millis(arrival), Code: m.code, Message: m.text, Ended: millis(now), Raw: m.original})
}
