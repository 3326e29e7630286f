package streams

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Position is where reading starts.
type Position struct {
	Kind     types.ShardIteratorType
	At       time.Time
	Sequence string
}

// sequenceDigits is more than any time in seconds has, and fewer than any
// sequence number has.
const sequenceDigits = 21

// ParsePosition reads trim-horizon, latest, a time (RFC 3339, a date, or Unix
// seconds), an age such as 15m counted back from now, a sequence number, or
// after:SEQUENCE.
func ParsePosition(text string, now func() time.Time) (Position, error) {
	switch text {
	case "trim-horizon", "TRIM_HORIZON":
		return Position{Kind: types.ShardIteratorTypeTrimHorizon}, nil
	case "latest", "LATEST":
		return Position{Kind: types.ShardIteratorTypeLatest}, nil
	}
	if sequence, ok := strings.CutPrefix(text, "after:"); ok && isSequence(sequence) {
		return Position{Kind: types.ShardIteratorTypeAfterSequenceNumber, Sequence: sequence}, nil
	}
	if isSequence(text) {
		return Position{Kind: types.ShardIteratorTypeAtSequenceNumber, Sequence: text}, nil
	}
	if at, ok := parseTime(text); ok {
		return Position{Kind: types.ShardIteratorTypeAtTimestamp, At: at}, nil
	}
	if age, err := time.ParseDuration(text); err == nil && age >= 0 {
		return Position{Kind: types.ShardIteratorTypeAtTimestamp, At: now().Add(-age)}, nil
	}
	return Position{}, fmt.Errorf("%q is not a position: trim-horizon, latest, a time such as 2027-01-31T12:00:00Z, an age such as 15m, a sequence number, or after:SEQUENCE", text)
}

func isSequence(text string) bool {
	return len(text) >= sequenceDigits && strings.Trim(text, "0123456789") == ""
}

func parseTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, true
		}
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil || !(seconds >= 0 && seconds < 1e11) {
		return time.Time{}, false
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)).UTC(), true
}

// InShard is true for a position that makes sense in one shard only.
func (p Position) InShard() bool { return p.Sequence != "" }

// apply sets the members of a request.
func (p Position) apply(in *kinesis.GetShardIteratorInput) {
	in.ShardIteratorType = p.Kind
	if p.Sequence != "" {
		in.StartingSequenceNumber = &p.Sequence
	}
	if p.Kind == types.ShardIteratorTypeAtTimestamp {
		in.Timestamp = &p.At
	}
}
