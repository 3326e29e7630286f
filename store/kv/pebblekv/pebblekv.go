// Package pebblekv keeps a catalog in Pebble, with a working copy in memory.
package pebblekv

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"sluice/store/engine"
	"sluice/store/kv"
	"sluice/store/kv/memkv"
)

// kindValue begins the keys of catalogs; those of logs begin otherwise. Then
// follow the namespace, a zero byte, and the entity's key. The value is the
// version as uvarint and the state.
const kindValue byte = 'c'

var errValue = errors.New("stored value is malformed")

// Space is a namespace's entities. What it shows is durable. It is safe for
// concurrent use.
type Space struct {
	engine *engine.Engine
	prefix []byte
	values *memkv.Space

	// load reads the stored values at first use.
	load     sync.Once
	loadFail error

	// mu guards busy: the entities with a command under way, and those who
	// wait for their turn. Different entities share group commits.
	mu   sync.Mutex
	busy map[string]*turn
}

type turn struct {
	sync.Mutex
	waiting int
}

// NewSpace returns the space of a namespace, which is text without zero bytes
// and has one space per engine.
func NewSpace(e *engine.Engine, namespace string) *Space {
	prefix := append([]byte{kindValue}, namespace...)
	return &Space{engine: e, prefix: append(prefix, 0), values: memkv.NewSpace(), busy: map[string]*turn{}}
}

// Catalog implements kv.Catalog over a space.
type Catalog struct {
	space *Space
	apply kv.Apply
}

// New returns a catalog over space that applies commands with apply.
func New(space *Space, apply kv.Apply) *Catalog { return &Catalog{space: space, apply: apply} }

// Propose implements kv.Catalog.
func (c *Catalog) Propose(_ context.Context, cmd kv.Command) (kv.Value, error) {
	s := c.space
	if err := s.loaded(); err != nil {
		return kv.Value{}, err
	}
	defer s.take(cmd.Key)()
	now := s.values.Get(cmd.Key)
	next, err := memkv.Next(now, cmd, c.apply)
	if err != nil {
		return kv.Value{}, err
	}
	if now.Version == 0 && next.Version == 0 {
		return next, nil // nothing was made of nothing
	}
	if err := s.put(cmd.Key, next); err != nil {
		return kv.Value{}, fmt.Errorf("%s: %w", cmd.Key, err)
	}
	return next, nil
}

// Get implements kv.Catalog.
func (c *Catalog) Get(_ context.Context, key string) (kv.Value, error) {
	if err := c.space.loaded(); err != nil {
		return kv.Value{}, err
	}
	return c.space.values.Get(key), nil
}

// Scan implements kv.Catalog.
func (c *Catalog) Scan(_ context.Context, prefix string, f func(key string, v kv.Value) error) error {
	if err := c.space.loaded(); err != nil {
		return err
	}
	return c.space.values.Scan(prefix, f)
}

// take waits for the turn of an entity and returns what ends it.
func (s *Space) take(key string) (done func()) {
	s.mu.Lock()
	t := s.busy[key]
	if t == nil {
		t = &turn{}
		s.busy[key] = t
	}
	t.waiting++
	s.mu.Unlock()
	t.Lock()
	return func() {
		t.Unlock()
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(s.busy, key)
		}
	}
}

// put makes a value durable, then visible.
func (s *Space) put(key string, v kv.Value) error {
	if err := s.engine.Ready(); err != nil {
		return err
	}
	b, err := s.engine.NewBatch(len(s.prefix) + len(key) + len(v.State) + 64)
	if err != nil {
		return err
	}
	stored := append(append([]byte(nil), s.prefix...), key...)
	if v.Version == 0 {
		err = b.Delete(stored, nil)
	} else {
		value := binary.AppendUvarint(make([]byte, 0, len(v.State)+8), v.Version)
		err = b.Set(stored, append(value, v.State...), nil)
	}
	if err != nil {
		return err
	}
	if err := b.Submit(func(error) {}).Wait(); err != nil {
		return err
	}
	s.values.Put(key, v)
	return nil
}

func (s *Space) loaded() error {
	s.load.Do(func() { s.loadFail = s.engine.Read(s.read) })
	return s.loadFail
}

func (s *Space) read(r pebble.Reader) (err error) {
	upper := append([]byte(nil), s.prefix...)
	upper[len(upper)-1] = 1
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: s.prefix, UpperBound: upper})
	if err != nil {
		return err
	}
	defer func() {
		if e := it.Close(); err == nil {
			err = e
		}
	}()
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		if err != nil {
			return err
		}
		version, n := binary.Uvarint(value)
		if n <= 0 || version == 0 {
			return fmt.Errorf("%q: %w", it.Key(), errValue)
		}
		state := append(make([]byte, 0, len(value)-n), value[n:]...)
		s.values.Put(string(it.Key()[len(s.prefix):]), kv.Value{Version: version, State: state})
	}
	return it.Error()
}
