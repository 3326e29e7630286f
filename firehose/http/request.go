package http

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// The bounds of one request.
const (
	MaxRecords = 10000
	MaxBody    = 64 << 20
)

// Request is what one attempt sends.
type Request struct {
	// URL is posted to as it is.
	URL string
	// AccessKey is sent verbatim; empty: none.
	AccessKey string
	// Source is the ARN of the delivery stream.
	Source string
	// ID is a GUID, the same on every attempt.
	ID string
	// Timestamp is when the request was made, in milliseconds since 1970.
	Timestamp int64
	// Gzip packs the body.
	Gzip bool
	// Attributes go into a header of every request.
	Attributes []Attribute
	// Records are 1 to MaxRecords, of MaxBody bytes as base64 together.
	Records [][]byte
}

// Attribute is a common attribute.
type Attribute struct{ Name, Value string }

// body writes the document.
func (r *Request) body() ([]byte, error) {
	size := 128
	for _, data := range r.Records {
		size += base64.StdEncoding.EncodedLen(len(data)) + 12
	}
	out := make([]byte, 0, size)
	out = append(out, `{"requestId":"`+r.ID+`","timestamp":`...)
	out = strconv.AppendInt(out, r.Timestamp, 10)
	out = append(out, `,"records":[`...)
	for i, data := range r.Records {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, `{"data":"`...)
		out = base64.StdEncoding.AppendEncode(out, data)
		out = append(out, `"}`...)
	}
	out = append(out, `]}`...)
	if !r.Gzip {
		return out, nil
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(out); err != nil {
		return nil, fmt.Errorf("pack a request: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack a request: %w", err)
	}
	return packed.Bytes(), nil
}

// attributes is the header of the common attributes, in the order given.
func (r *Request) attributes() (string, error) {
	var out bytes.Buffer
	out.WriteString(`{"commonAttributes":{`)
	for i, a := range r.Attributes {
		name, err := json.Marshal(a.Name)
		if err != nil {
			return "", err
		}
		value, err := json.Marshal(a.Value)
		if err != nil {
			return "", err
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteString(`}}`)
	return out.String(), nil
}

// build makes the request of one attempt.
func (r *Request) build(ctx context.Context) (*http.Request, error) {
	body, err := r.body()
	if err != nil {
		return nil, err
	}
	out, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	h := out.Header
	h.Set("Content-Type", "application/json")
	h.Set("User-Agent", "Amazon Kinesis Data Firehose Agent/1.0")
	h.Set("X-Amz-Firehose-Protocol-Version", "1.0")
	h.Set("X-Amz-Firehose-Request-Id", r.ID)
	h.Set("X-Amz-Firehose-Source-Arn", r.Source)
	if r.Gzip {
		h.Set("Content-Encoding", "gzip")
	}
	if r.AccessKey != "" {
		h.Set("X-Amz-Firehose-Access-Key", r.AccessKey)
	}
	if len(r.Attributes) > 0 {
		text, err := r.attributes()
		if err != nil {
			return nil, err
		}
		h.Set("X-Amz-Firehose-Common-Attributes", text)
	}
	return out, nil
}
