// Package memkv keeps a catalog in memory. It is whole by itself (tests,
// programs that leave nothing behind) and the working copy of a stored one.
package memkv

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"sync"

	"sluice/store/kv"
)

// Space holds the entities of one namespace. It is safe for concurrent use.
type Space struct {
	// propose makes a command's look, apply and put one step.
	propose sync.Mutex
	// mu guards the fields below. Values are replaced, never changed.
	mu     sync.RWMutex
	values map[string]kv.Value
	keys   []string // sorted
}

// NewSpace returns an empty space.
func NewSpace() *Space { return &Space{values: map[string]kv.Value{}} }

// Get returns an entity; Version is 0 when there is none.
func (s *Space) Get(key string) kv.Value {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.values[key]
}

// Put sets an entity, or removes it when v's version is 0.
func (s *Space) Put(key string, v kv.Value) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, had := s.values[key]
	i := sort.SearchStrings(s.keys, key)
	switch {
	case v.Version == 0:
		if had {
			s.keys = append(s.keys[:i], s.keys[i+1:]...)
			delete(s.values, key)
		}
		return
	case !had:
		s.keys = append(s.keys, "")
		copy(s.keys[i+1:], s.keys[i:])
		s.keys[i] = key
	}
	s.values[key] = v
}

// Scan calls f for each entity whose key starts with prefix, in key order,
// on a picture taken at the start: f may change the space.
func (s *Space) Scan(prefix string, f func(key string, v kv.Value) error) error {
	keys, values := s.picture(prefix)
	for i, k := range keys {
		if err := f(k, values[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Space) picture(prefix string) ([]string, []kv.Value) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	start := sort.SearchStrings(s.keys, prefix)
	end := start
	for end < len(s.keys) && strings.HasPrefix(s.keys[end], prefix) {
		end++
	}
	keys := append([]string(nil), s.keys[start:end]...)
	values := make([]kv.Value, len(keys))
	for i, k := range keys {
		values[i] = s.values[k]
	}
	return keys, values
}

// Catalog implements kv.Catalog over a space.
type Catalog struct {
	space *Space
	apply kv.Apply
}

// New returns a catalog over space that applies commands with apply.
func New(space *Space, apply kv.Apply) *Catalog {
	return &Catalog{space: space, apply: apply}
}

// Propose implements kv.Catalog.
func (c *Catalog) Propose(_ context.Context, cmd kv.Command) (kv.Value, error) {
	c.space.propose.Lock()
	defer c.space.propose.Unlock()
	next, err := Next(c.space.Get(cmd.Key), cmd, c.apply)
	if err != nil {
		return kv.Value{}, err
	}
	c.space.Put(cmd.Key, next)
	return next, nil
}

// Get implements kv.Catalog.
func (c *Catalog) Get(_ context.Context, key string) (kv.Value, error) {
	return c.space.Get(key), nil
}

// Scan implements kv.Catalog.
func (c *Catalog) Scan(_ context.Context, prefix string, f func(key string, v kv.Value) error) error {
	return c.space.Scan(prefix, f)
}

// Next computes what a command makes of an entity. The result shares no
// memory with the command.
func Next(now kv.Value, cmd kv.Command, apply kv.Apply) (kv.Value, error) {
	if now.Version != cmd.Expect {
		return kv.Value{}, fmt.Errorf("%s: expected version %d, found %d: %w", cmd.Key, cmd.Expect, now.Version, kv.ErrConflict)
	}
	state, err := apply(now.State, cmd)
	if err != nil {
		return kv.Value{}, err
	}
	if state == nil {
		return kv.Value{}, nil
	}
	return kv.Value{Version: now.Version + 1, State: append(make([]byte, 0, len(state)), state...)}, nil
}
