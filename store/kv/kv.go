// Package kv keeps small versioned values: the catalog of every room.
//
// Nothing is loaded, changed and saved. A change is a command with the
// version it expects, applied by a deterministic function, so that a
// replicated log of commands can stand behind the same interface.
package kv

import (
	"context"
	"errors"
	"time"
)

// Command asks for one change of one entity.
type Command struct {
	// Key names the entity. Keys are chosen by the room and hold account and region.
	Key string
	// Expect is the version the entity must have, 0 for one that must not exist.
	Expect uint64
	// Kind and Body say what to do, in a form the room can still read years later.
	Kind string
	Body []byte
	// At is the service time of the change; apply functions look at no other clock.
	At time.Time
}

// Apply computes the state after a command. It must be deterministic, change
// and keep nothing it is given. A nil result removes the entity (an empty one
// does not). An error refuses the command and leaves everything as it was.
type Apply func(state []byte, c Command) (next []byte, err error)

// Value is an entity's state and version. Versions start at 1 and grow by 1;
// an entity that was removed and made again starts anew. State is read-only
// and stays valid.
type Value struct {
	Version uint64
	State   []byte
}

// ErrConflict means that the entity did not have the version expected.
var ErrConflict = errors.New("the entity has another version")

// Catalog stores the entities of one room. Methods may be called concurrently.
type Catalog interface {
	// Propose applies a command and returns once the outcome is durable.
	// The state of a removed entity is nil and its version 0. It fails with
	// ErrConflict, the apply function's error, or a storage error; then
	// nothing has changed.
	Propose(ctx context.Context, c Command) (Value, error)
	// Get returns an entity; Version is 0 when there is none.
	Get(ctx context.Context, key string) (Value, error)
	// Scan calls f for each entity whose key starts with prefix, in key order.
	// It stops at f's first error and returns it. What f sees is one moment;
	// f may change the catalog.
	Scan(ctx context.Context, prefix string, f func(key string, v Value) error) error
}
