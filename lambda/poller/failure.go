package poller

import (
	"strconv"
	"time"
)

// The conditions of failure documents.
const (
	retriesExhausted = "RetryAttemptsExhausted"
	tooOld           = "RecordAgeExceeded"
)

// failureTime is the form of times in failure documents: milliseconds.
const failureTime = "2006-01-02T15:04:05.000Z"

// failure is what a failure document tells.
type failure struct {
	requestID   string
	functionARN string
	condition   string
	invokes     int
	// answered is set when the function has answered; then version and kind
	// are of its last answer. An empty kind is written as null.
	answered      bool
	version, kind string
	at            time.Time
	shardID       string
	first, last   string // sequence numbers
	firstArrival  time.Time
	lastArrival   time.Time
	records       int
	streamARN     string
}

// document writes the failure document. The order of its members is the
// service's.
func (f *failure) document() []byte {
	b := append(make([]byte, 0, 768), `{"requestContext":{"requestId":`...)
	b = appendJSON(b, f.requestID)
	b = append(b, `,"functionArn":`...)
	b = appendJSON(b, f.functionARN)
	b = append(b, `,"condition":`...)
	b = appendJSON(b, f.condition)
	b = append(b, `,"approximateInvokeCount":`...)
	b = strconv.AppendInt(b, int64(f.invokes), 10)
	b = append(b, '}')
	if f.answered {
		b = append(b, `,"responseContext":{"statusCode":200,"executedVersion":`...)
		b = appendJSON(b, f.version)
		b = append(b, `,"functionError":`...)
		if f.kind == "" {
			b = append(b, "null"...)
		} else {
			b = appendJSON(b, f.kind)
		}
		b = append(b, '}')
	}
	b = append(b, `,"version":"1.0","timestamp":"`...)
	b = f.at.UTC().AppendFormat(b, failureTime)
	b = append(b, `","KinesisBatchInfo":{"shardId":`...)
	b = appendJSON(b, f.shardID)
	b = append(b, `,"startSequenceNumber":`...)
	b = appendJSON(b, f.first)
	b = append(b, `,"endSequenceNumber":`...)
	b = appendJSON(b, f.last)
	b = append(b, `,"approximateArrivalOfFirstRecord":"`...)
	b = f.firstArrival.UTC().AppendFormat(b, failureTime)
	b = append(b, `","approximateArrivalOfLastRecord":"`...)
	b = f.lastArrival.UTC().AppendFormat(b, failureTime)
	b = append(b, `","batchSize":`...)
	b = strconv.AppendInt(b, int64(f.records), 10)
	b = append(b, `,"streamArn":`...)
	b = appendJSON(b, f.streamARN)
	return append(b, "}}"...)
}
