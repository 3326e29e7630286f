package firehose

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"
)

// The types of failed records.
const (
	processingFailed    = "processing-failed"
	decompressionFailed = "decompression-failed"
)

// maxSubRecords is how many records one may hold; one with more passes whole.
const maxSubRecords = 500

// steps is what happens to records on their way, in the order of the service:
// unpacking, the messages of logs, splitting, the function, partition keys, the
// delimiter. The function is called between two logs, so either half may be
// left out.
type steps struct {
	unpack     bool
	extract    bool
	split      func(record []byte) [][]byte // nil: records stay whole
	query      *query                       // nil: no partition keys
	known      map[string]string            // partition keys that were found before
	patience   time.Duration                // with the query
	lambdaKeys []string                     // that a function has to give
	path       *partitionPath               // nil: no partition keys
	delimiter  bool
}

// newSteps prepares what a destination asks for: what comes before the
// function, what comes behind it, or both.
func newSteps(d *destination, before, behind bool) (*steps, error) {
	s := &steps{patience: jqPatience}
	if before {
		if err := s.prepareBefore(d); err != nil {
			return nil, err
		}
	}
	if !behind {
		return s, nil
	}
	s.delimiter = d.find(appendDelimiter) != nil
	if p := d.find(metadata); p != nil {
		var err error
		if s.query, err = compileQuery(p.value(paramQuery)); err != nil {
			return nil, err
		}
	}
	if d.partitioned() && d.S3.Prefix != nil {
		used, err := compilePrefix("Prefix", *d.S3.Prefix)
		if err != nil {
			return nil, err
		}
		s.lambdaKeys = used.names(spaceLambda)
		if s.path, err = used.pathOf(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// sorted is for records that stand in the log of their partition: their keys
// are known.
func (s *steps) sorted(keys map[string]string) {
	s.query, s.path, s.lambdaKeys, s.known = nil, nil, nil, keys
}

func (s *steps) prepareBefore(d *destination) error {
	s.unpack = d.find(decompression) != nil
	if p := d.find(logProcessing); p != nil {
		s.extract = p.value(paramExtraction) == extractionOn
	}
	p := d.find(recordSplit)
	if p == nil {
		return nil
	}
	s.split = splitJSON
	if p.value(paramSubRecord) == subRecordDelimted {
		delimiter, err := base64.StdEncoding.DecodeString(p.value(paramDelimiter))
		if err != nil {
			return err
		}
		s.split = func(record []byte) [][]byte { return splitDelimited(record, delimiter) }
	}
	return nil
}

// fit is a record that can be delivered, with its partition keys.
type fit struct {
	data []byte
	// original is what error records show of it.
	original []byte
	// keys are from the query, lambda from the function.
	keys, lambda map[string]string
}

// misfit is a record that cannot, and why.
type misfit struct {
	failure
	original []byte
	// sub and id are said of records that an endpoint did not take, and of those
	// that did not fit a table.
	sub *int
	id  string
	// table is set for the latter.
	table *failedTable
}

type outcome struct {
	good   []fit
	failed []misfit
}

// fail adds a record that failed at once.
func (o *outcome) fail(kind, code, text string, original []byte) {
	o.failed = append(o.failed, misfit{failure: failure{Kind: kind, Code: code, Text: text, Attempts: 1}, original: original})
}

// apply puts one record through the steps. Its parts share its bytes.
func (s *steps) apply(ctx context.Context, r *record) (out outcome) {
	if failed := r.envelope.Failure; failed != nil {
		out.failed = append(out.failed, misfit{failure: *failed, original: r.data})
		return out
	}
	for _, part := range s.open(r.data, &out) {
		part.lambda = r.envelope.Keys
		if err := s.extractKeys(ctx, &part); err != nil {
			out.fail(processingFailed, "DynamicPartitioning.MetadataExtractionFailed", err.Error(), part.original)
			continue
		}
		out.good = append(out.good, part)
	}
	return out
}

// extractKeys finds the partition keys of a record.
func (s *steps) extractKeys(ctx context.Context, part *fit) (err error) {
	part.keys = s.known
	if s.query != nil {
		part.keys, err = s.query.run(ctx, s.patience, part.data)
		if errors.Is(err, errSlowKeys) || errors.Is(err, errHugeKeys) {
			s.patience = max(s.patience/2, jqHaste)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case !s.keyed(part.lambda):
		return errNullKeys
	case s.path != nil && !s.path.takes(part.keys, part.lambda):
		return errLongKeys
	}
	return nil
}

// keyed tells whether a function gave all the keys that the prefix needs.
func (s *steps) keyed(keys map[string]string) bool {
	for _, name := range s.lambdaKeys {
		if keys[name] == "" {
			return false
		}
	}
	return true
}

// open unpacks a record and takes it apart.
func (s *steps) open(data []byte, out *outcome) []fit {
	original := data
	if s.unpack {
		var err error
		if data, err = unpackLogs(data, s.extract); err != nil {
			out.fail(decompressionFailed, "Decompression failed.", "Decompression failed because input data does not conform to cloudwatch log.", original)
			return nil
		}
	}
	if s.split == nil {
		return []fit{{data: data, original: original}}
	}
	var parts []fit
	for _, part := range s.split(data) {
		parts = append(parts, fit{data: part, original: part})
	}
	return parts
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
	Function string `json:"lambdaARN,omitempty"`
	Sub      *int   `json:"subsequenceNumber,omitempty"`
	ID       string `json:"dataId,omitempty"`
}

func (m misfit) line(arrival, now time.Time) ([]byte, error) {
	ended := m.Ended
	if ended == 0 {
		ended = millis(now)
	}
	raw := m.original
	if raw == nil {
		raw = []byte{}
	}
	if m.table != nil {
		return json.Marshal(failedRow{Attempts: m.Attempts, Arrival: millis(arrival), Code: m.Code, Message: m.Text, Ended: ended, Raw: raw,
			Sequence: m.id, Sub: m.sub, Table: *m.table})
	}
	return json.Marshal(errorRecord{Attempts: m.Attempts, Arrival: millis(arrival), Code: m.Code, Message: m.Text, Ended: ended, Raw: raw,
		Function: m.Function, Sub: m.sub, ID: m.id})
}
