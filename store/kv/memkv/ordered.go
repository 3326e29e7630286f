package memkv

import (
	"context"
	"sync"
	"sync/atomic"

	"sluice/store/kv"
)

// Ordered implements kv.Space in memory. Readers look at a tree that never
// changes; a commit makes another that shares most of it.
type Ordered struct {
	// mu makes one commit at a time, and none while paused.
	mu   sync.Mutex
	root atomic.Pointer[node]
	seed seed
}

// NewOrdered returns an empty space.
func NewOrdered() *Ordered { return &Ordered{seed: newSeed()} }

// Get implements kv.Space.
func (o *Ordered) Get(_ context.Context, key []byte) ([]byte, bool, error) {
	n := o.root.Load().find(string(key))
	if n == nil {
		return nil, false, nil
	}
	return n.value, true, nil
}

// Scan implements kv.Space.
func (o *Ordered) Scan(_ context.Context, from, to []byte, reverse bool, f func(key, value []byte) (bool, error)) error {
	w := walk{from: string(from), to: string(to), bounded: to != nil, reverse: reverse, f: f}
	_, err := w.over(o.root.Load())
	return err
}

// Commit implements kv.Space.
func (o *Ordered) Commit(_ context.Context, b *kv.Batch) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	root := o.root.Load()
	for _, r := range b.Ranges {
		root = root.without(string(r.From), string(r.To), r.To != nil)
	}
	for _, c := range b.Changes {
		key := string(c.Key)
		if c.Remove {
			root = root.without(key, key+"\x00", true)
			continue
		}
		value := append(make([]byte, 0, len(c.Value)), c.Value...)
		root = root.with(&node{key: key, value: value, rank: o.seed.rank(key)})
	}
	o.root.Store(root)
	return nil
}

// Pause holds back all changes until resume is called, so that several parts
// of a store can be looked at in one moment.
func (o *Ordered) Pause() (resume func()) {
	o.mu.Lock()
	return o.mu.Unlock
}

// Picture is a space at one moment. It never changes; nil is an empty one.
type Picture struct {
	root *node
	seed seed
}

// Picture returns the space as it is. It costs nothing.
func (o *Ordered) Picture() *Picture { return &Picture{root: o.root.Load(), seed: o.seed} }

// LoadOrdered returns a space that begins as a picture.
func LoadOrdered(p *Picture) *Ordered {
	o := &Ordered{seed: p.seed}
	o.root.Store(p.root)
	return o
}

// NewPicture returns an empty picture, to be filled with Add.
func NewPicture() *Picture { return &Picture{seed: newSeed()} }

// Add sets a key of a picture that nobody else uses yet, and keeps the value.
func (p *Picture) Add(key, value []byte) {
	k := string(key)
	p.root = p.root.with(&node{key: k, value: value, rank: p.seed.rank(k)})
}

// All calls f for all pairs in the order of keys until it fails. The value is
// read-only.
func (p *Picture) All(f func(key string, value []byte) error) error {
	w := walk{f: func(key, value []byte) (bool, error) { return true, f(string(key), value) }}
	_, err := w.over(p.root)
	return err
}
