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

// ErrDamaged means that a body is not what was written.
var ErrDamaged = engine.ErrDamaged

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

// Looker tells what is wrong with what the rows of a room name.
type Looker interface {
	// Body looks at a body that a row names, and how long it is by that row.
	// ErrNone when it is missing.
	Body(id ID, size int64) error
	// Row looks whether the row of a key can be read.
	Row(key []byte) error
}

// Lost is a body that is not what the row that names it says.
type Lost struct {
	// ID is its number, zero for a body that was in a row.
	ID ID
	// Size is how long it is by the row that names it.
	Size int64
	// Of says in words whose body it is.
	Of string
	// Err says what is wrong with it.
	Err error
}
