package poller

import (
	"errors"
	"fmt"
	"time"

	"sluice/internal/arn"
)

// The values of Mapping.StartingPosition.
const (
	TrimHorizon = "TRIM_HORIZON"
	Latest      = "LATEST"
	AtTimestamp = "AT_TIMESTAMP"
)

// Mapping is an event source mapping: a stream, a function, and how records
// go from one to the other. It is a value; zero durations and counts mean what
// they say, not a default.
type Mapping struct {
	// UUID names the mapping and its checkpoints.
	UUID string
	// Account and Region are those of the mapping, its source and function.
	Account, Region string
	// Source is the ARN of the stream, or of a consumer for enhanced fan-out.
	Source arn.ARN
	// Function and Qualifier say what to invoke; FunctionARN is how failure
	// documents name it.
	Function, Qualifier, FunctionARN string
	// Role is the invokeIdentityArn of records.
	Role string
	// Enabled is false for a mapping that keeps its position and reads nothing.
	Enabled bool
	// BatchSize is the most records of an invocation, 1 to 10,000.
	BatchSize int
	// BatchingWindow is how long to gather a batch, 0 for not at all.
	BatchingWindow time.Duration
	// StartingPosition is where a new mapping begins in every shard there is;
	// StartingTimestamp belongs to AtTimestamp.
	StartingPosition  string
	StartingTimestamp time.Time
	// ParallelizationFactor is how many batches of a shard run at a time, 1 to 10.
	ParallelizationFactor int
	// MaximumRetryAttempts is how often a batch is tried again; negative: for ever.
	MaximumRetryAttempts int
	// MaximumRecordAge is how old a record may be when it is delivered; zero
	// or negative: any age.
	MaximumRecordAge time.Duration
	// Bisect splits a batch that failed in two.
	Bisect bool
	// ReportBatchItemFailures has the function's answer say which records failed.
	ReportBatchItemFailures bool
	// TumblingWindow is the length of windows with a state, 0 for none.
	TumblingWindow time.Duration
	// OnFailure is the ARN that failure documents go to, empty for none.
	OnFailure string
	// Pass decides which records are delivered; nil: all. It is called from
	// several goroutines and must not change or keep the record.
	Pass func(r *Record) bool
}

// Record is a record of a stream, as filters see it. It is read-only and
// shared with other mappings.
type Record struct {
	PartitionKey, SequenceNumber string
	// Data are the bytes as they were put.
	Data []byte
	// Arrival has whole milliseconds.
	Arrival time.Time
	// KMS is set for a record of an encrypted stream.
	KMS bool
}

// maxBatch and maxFactor are Lambda's.
const (
	maxBatch  = 10000
	maxFactor = 10
)

// check refuses a mapping that cannot be run. The room has checked what users
// wrote; this guards the state machines.
func (m *Mapping) check() error {
	switch {
	case m.UUID == "" || m.Function == "":
		return errors.New("a mapping needs a UUID and a function")
	case m.Source.Kind != arn.Stream && m.Source.Kind != arn.Consumer:
		return errors.New("a mapping reads a stream or for a consumer of one")
	case m.BatchSize < 1 || m.BatchSize > maxBatch:
		return fmt.Errorf("a batch has 1 to %d records, not %d", maxBatch, m.BatchSize)
	case m.ParallelizationFactor < 1 || m.ParallelizationFactor > maxFactor:
		return fmt.Errorf("a shard has 1 to %d batches at a time, not %d", maxFactor, m.ParallelizationFactor)
	case m.BatchingWindow < 0 || m.TumblingWindow < 0:
		return errors.New("windows are not negative")
	}
	switch m.StartingPosition {
	case TrimHorizon, Latest, AtTimestamp:
		return nil
	}
	return fmt.Errorf("%q is no starting position", m.StartingPosition)
}

// lanes is how many batches of a shard run at a time. Windows have a state
// that goes from call to call, so there is one.
func (m *Mapping) lanes() int {
	if m.TumblingWindow > 0 {
		return 1
	}
	return m.ParallelizationFactor
}
