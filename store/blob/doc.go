// Package blob keeps write-once files: bodies that are too large for the
// database. A body is written under a number of its own, never changed, and
// removed as a whole, so that copies, checkpoints and restores are hard links.
//
// A body belongs to whoever stores its number. The order that makes a crash
// harmless is: keep the body, then commit its number; commit that the number
// is gone, then remove the body. What a crash leaves is a body nobody names,
// which Sweep removes at the next start.
package blob

import (
	"errors"
	"fmt"
	"io"

	"sluice/store/engine"
)

// ID is the number of a body. Numbers are given out in order and not used
// twice in the life of a folder.
type ID uint64

// String is the number as it is in file names.
func (id ID) String() string { return fmt.Sprintf("%016x", uint64(id)) }

// ErrNone means that there is no body of that number.
var ErrNone = errors.New("there is no such body")

// ErrFull means that the disk is full.
var ErrFull = engine.ErrFull

// Store keeps bodies. Methods may be called concurrently.
type Store interface {
	// Create begins a body. size is how long it will be, -1 when unknown; it is
	// a hint only.
	Create(size int64) (Draft, error)
	// Open opens a body for reading. ErrNone when it is gone.
	Open(id ID) (Body, error)
	// Link makes a second body of the same content without copying it.
	Link(id ID) (ID, error)
	// Remove removes bodies. Those who read one at the moment may finish.
	Remove(ids ...ID) error
	// Sweep removes what nobody names, before first use: known lists the
	// numbers in use with from <= number < to, in order.
	Sweep(known func(from, to ID) ([]ID, error)) (Swept, error)
}

// Draft is a body that is being written, by one goroutine. Exactly one of Keep
// and Drop ends it; Drop after Keep does nothing.
type Draft interface {
	// Write may change p.
	io.Writer
	// Keep makes the body as durable as the store promises, and names it.
	Keep() (ID, error)
	// Drop forgets it.
	Drop()
}

// Body is an open body.
type Body interface {
	io.ReaderAt
	io.Closer
	// Size is its length in bytes.
	Size() int64
}

// Swept is what Sweep found.
type Swept struct {
	// Removed counts bodies that nobody named.
	Removed int
	// Missing are numbers in use without a body: a power failure took them.
	Missing []ID
}
