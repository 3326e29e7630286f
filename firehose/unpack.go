package firehose

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// maxUnpacked bounds what a record of CloudWatch Logs may unpack to, so that a
// few bytes cannot fill the memory, and so that a log takes it.
const maxUnpacked = 10 << 20

var errNotLogs = errors.New("not a record of CloudWatch Logs")

// logEnvelope is what CloudWatch Logs sends.
type logEnvelope struct {
	Type   string `json:"messageType"`
	Events []struct {
		Message string `json:"message"`
	} `json:"logEvents"`
}

// unpackLogs unpacks a record of CloudWatch Logs. With extract, the messages
// are all that is left of it, each with a newline, and of a control message
// nothing.
func unpackLogs(data []byte, extract bool) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(z, maxUnpacked+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxUnpacked || !json.Valid(text) {
		return nil, errNotLogs
	}
	if !extract {
		return text, nil
	}
	var e logEnvelope
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, err
	}
	out := []byte{}
	switch e.Type {
	case "CONTROL_MESSAGE":
	case "DATA_MESSAGE":
		for _, event := range e.Events {
			out = append(out, event.Message...)
			out = append(out, '\n')
		}
	default:
		return nil, errNotLogs
	}
	return out, nil
}
