package delivery

import "time"

// Hints say when a buffer is to be delivered: when it has grown to Bytes or
// when its oldest record is Age old, whichever comes first. Zero is no limit.
type Hints struct {
	Bytes int64
	Age   time.Duration
}

// Buffer is what is known of records that wait to be delivered. The records
// themselves may be anywhere: in memory, in a store, in the log they came from.
type Buffer struct {
	// Opened is the time of the oldest record.
	Opened  time.Time
	Records int64
	Bytes   int64
}

// Add counts a record that came at a time.
func (b *Buffer) Add(at time.Time, size int) {
	if b.Records == 0 || at.Before(b.Opened) {
		b.Opened = at
	}
	b.Records++
	b.Bytes += int64(size)
}

// Due returns when a buffer closes by its age; ok is false for an empty one and
// without an age.
func (h Hints) Due(b Buffer) (at time.Time, ok bool) {
	if b.Records == 0 || h.Age <= 0 {
		return time.Time{}, false
	}
	return b.Opened.Add(h.Age), true
}

// Full reports whether a buffer closes by its size.
func (h Hints) Full(b Buffer) bool { return h.Bytes > 0 && b.Bytes >= h.Bytes }

// Closes reports whether a buffer is to be delivered now.
func (h Hints) Closes(b Buffer, now time.Time) bool {
	due, ok := h.Due(b)
	return h.Full(b) || ok && !now.Before(due)
}
