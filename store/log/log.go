// Package log keeps records in logs, one log per shard, many logs per stream.
//
// The verbs are those that a Kafka topic can serve as well: append returns
// positions, reading is random access by position, a log is closed by a seal.
// Sequence numbers, hash keys and retention rules live above this line.
package log

import (
	"context"
	"errors"
	"time"
)

// ID names one log: the immutable id of a stream, and the index of a shard.
// A stream id is never used twice, so a log that was deleted cannot be
// mistaken for its successor of the same name.
type ID struct {
	Stream uint64
	Shard  uint32
}

// Entry is one record to append. The log keeps neither PartitionKey nor Data
// after Append has returned; the caller may reuse them.
type Entry struct {
	Log ID
	// PartitionKey is 1 to 256 characters, or empty for a record without one.
	PartitionKey string
	// Data is 0 to 10 MiB.
	Data []byte
	// Encrypted marks a record written while its stream was encrypted.
	Encrypted bool
}

// Placed tells where an entry went. When Err is set the entry was not stored;
// ErrSealed asks the caller to route it anew.
type Placed struct {
	// Position grows by at least one from record to record of a log and is
	// never used twice, restarts included. The first is 0 or more.
	Position int64
	// Arrival has millisecond precision, in service time, and never
	// decreases within a log.
	Arrival time.Time
	Err     error
}

// Commit is an append under way. Positions are known; the write may not yet
// be as durable as promised.
type Commit interface {
	// Placed has one element per entry of the batch, in its order.
	Placed() []Placed
	// Wait returns when the batch is durable. A nil result also means that
	// every earlier position of the logs concerned is durable or will never
	// hold a record. After an error nothing of the batch will be readable as
	// long as this process lives; its positions stay gaps.
	// It may be called once, from any goroutine, without locks held. A batch
	// that nobody waits for is written with the next one that somebody waits
	// for, at the latest when the store closes.
	Wait() error
}

// Limit bounds a read. Records and Bytes (of partition keys and data) must be
// positive. A first record larger than Bytes is returned alone.
type Limit struct {
	Records int
	Bytes   int
	// Before is the first position that may not be returned: the tip that the
	// caller knows to be durable.
	Before int64
	// NotBefore hides records that arrived earlier, whether or not they have
	// been removed. Zero hides none.
	NotBefore time.Time
}

// Record is one stored record. Its Data and PartitionKey belong to the page.
type Record struct {
	Position     int64
	Arrival      time.Time
	PartitionKey string
	Data         []byte
	Encrypted    bool
}

// Page is the answer to a read.
type Page struct {
	// Records ascend by position. They stay valid until Release.
	Records []Record
	// Next is the position to read from next. When the log has no further
	// record below Limit.Before, Next has passed every gap: it is Before, or
	// where the log's durable records end if that is lower (and never less
	// than the position asked for). So a reader of a sealed log has drained
	// it when Next reaches the end that Seal returned.
	Next int64
	// Release gives the memory back. It is never nil and may be called once.
	Release func()
}

// Where says what Seek looks for.
type Where int

// The places Seek finds.
const (
	// Earliest is the first position still stored.
	Earliest Where = iota
	// Latest is the position the next record will have, or one before it that
	// no record has taken.
	Latest
	// AtTime is the first position that arrived at or after a time, or
	// Latest when there is none yet.
	AtTime
)

// Errors of a log. They are wrapped with the log's name; test with errors.Is.
var (
	// ErrSealed means that the log takes no more records.
	ErrSealed = errors.New("log is sealed")
	// ErrNotFound means that the log does not exist (any more).
	ErrNotFound = errors.New("log does not exist")
	// ErrFull means that the disk is full; the same call may succeed later.
	ErrFull = errors.New("no space left for records")
)

// Log stores the records of all streams. Methods may be called concurrently.
// What Create, Seal, Trim and Delete did is durable when they return.
type Log interface {
	// Create makes logs; one that exists is left as it is.
	Create(ctx context.Context, ids []ID) error
	// Append stores a batch, which may span logs of one stream. Entries of one
	// log get ascending positions in the order of the batch. Either the whole
	// call fails, and nothing will ever be readable of it, or Placed tells of
	// each entry. A log that does not exist fails the whole call.
	Append(ctx context.Context, batch []Entry) (Commit, error)
	// Read returns durable records from a position on (a position in a gap or
	// below the first means the next record that exists). It never returns a
	// record whose Wait could still fail, whatever Limit.Before says.
	Read(ctx context.Context, id ID, from int64, limit Limit) (Page, error)
	// Seek finds a position; t is used by AtTime only. It may find records that
	// are not durable yet; Read will hold them back.
	Seek(ctx context.Context, id ID, where Where, t time.Time) (int64, error)
	// Seal closes logs to further records and returns for each the position
	// after its last record. Sealing again returns the same.
	Seal(ctx context.Context, ids []ID) ([]int64, error)
	// Trim frees records of a stream that arrived before t. It may keep some
	// longer (whole time buckets go at once) but never removes younger ones.
	// Trimming a stream that does not exist is no error.
	Trim(ctx context.Context, stream uint64, t time.Time) error
	// Delete removes all logs of a stream. Deleting nothing is no error.
	Delete(ctx context.Context, stream uint64) error
}
