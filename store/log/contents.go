package log

import "time"

// Contents is one log whole, as it moves between a store in memory and a file.
type Contents struct {
	ID     ID
	Sealed bool
	// Next is the position of the next record, Last the arrival of the one before.
	Next int64
	Last time.Time
	// Records ascend by position. They are read-only.
	Records []Record
}
