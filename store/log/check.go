package log

import (
	"errors"
	"fmt"
)

// String names a log in messages.
func (id ID) String() string { return fmt.Sprintf("log %d/%d", id.Stream, id.Shard) }

// CheckBatch refuses batches that no implementation takes: those that span
// streams.
func CheckBatch(batch []Entry) error {
	for i := range batch {
		if batch[i].Log.Stream != batch[0].Log.Stream {
			return errors.New("a batch may span logs of one stream only")
		}
	}
	return nil
}
