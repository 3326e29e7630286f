package kv

import "context"

// Space is an ordered map of keys to values, for rooms whose state is too much
// for a catalog: items of tables, objects of buckets, positions of readers.
// Rooms decide under locks of their own and write the outcome in one batch.
// Methods may be called concurrently.
type Space interface {
	// Get returns the durable value of a key. It is read-only and stays valid;
	// ok is false when there is none.
	Get(ctx context.Context, key []byte) (value []byte, ok bool, err error)
	// Scan calls f for the pairs with from <= key < to in order of keys, or
	// from the last to the first when reverse is set. A nil to means the end.
	// What f sees is one moment and durable; the slices are valid during the
	// call only, and f must not call the space. It stops when f returns false or
	// an error, and returns that error. It seeks to where it begins.
	Scan(ctx context.Context, from, to []byte, reverse bool, f func(key, value []byte) (more bool, err error)) error
	// Commit applies a batch whole or not at all and returns once that is
	// durable. Commits under way at the same time share their syncs.
	Commit(ctx context.Context, b *Batch) error
}

// Batch is a set of changes. Where a key is named twice the later change wins;
// ranges are removed first. The store keeps none of the slices after Commit.
type Batch struct {
	// Ranges are removed, from <= key < to.
	Ranges []Range
	// Changes are made in their order.
	Changes []Change
}

// Range is a range of keys. A nil To means the end.
type Range struct{ From, To []byte }

// Change sets a key, or removes it when Remove is set.
type Change struct {
	Key, Value []byte
	Remove     bool
}

// Set adds a change that gives key a value.
func (b *Batch) Set(key, value []byte) { b.Changes = append(b.Changes, Change{Key: key, Value: value}) }

// Delete adds a change that removes key.
func (b *Batch) Delete(key []byte) { b.Changes = append(b.Changes, Change{Key: key, Remove: true}) }

// DeleteRange adds the removal of all keys with from <= key < to.
func (b *Batch) DeleteRange(from, to []byte) { b.Ranges = append(b.Ranges, Range{from, to}) }
