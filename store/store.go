// Package store opens the place where an instance keeps its state: a data
// folder, or memory. It hands out logs (records) and catalogs (small versioned
// values), each under a namespace. docs/storage.md explains the layout and
// what is promised.
package store

import (
	"errors"
	"sync"
	"time"

	"sluice/store/kv"
	"sluice/store/kv/memkv"
	"sluice/store/log"
	"sluice/store/log/memlog"
)

// Durability says what an acknowledged write survives.
type Durability string

// The two promises.
const (
	// Process: an acknowledged write survives the death of the process, kill
	// -9 included. After a power failure a clean prefix of all writes is left.
	Process Durability = "process"
	// Disk: an acknowledged write survives a power failure.
	Disk Durability = "disk"
)

// Options of Open.
type Options struct {
	// Dir is the data folder; it is created when missing. Unused with Memory.
	Dir string
	// Durability is Process when empty.
	Durability Durability
	// Memory keeps everything in memory and touches no file.
	Memory bool
	// Now is the service clock that stamps arrivals. It must not be nil.
	Now func() time.Time
}

func (o *Options) fill() error {
	if o.Durability == "" {
		o.Durability = Process
	}
	if o.Durability != Process && o.Durability != Disk {
		return errors.New(`durability must be "process" or "disk", not "` + string(o.Durability) + `"`)
	}
	if o.Now == nil {
		return errors.New("store.Options.Now is missing")
	}
	if o.Dir == "" && !o.Memory {
		return errors.New("store.Options.Dir is missing")
	}
	return nil
}

// Store is an open data folder, or its counterpart in memory.
type Store struct {
	options Options

	// mu guards the maps; a namespace has one log and one space.
	mu     sync.Mutex
	logs   map[string]log.Log
	spaces map[string]*memkv.Space
}

// Open opens a store. The caller closes it after everything that uses it.
func Open(o Options) (*Store, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	if !o.Memory {
		return nil, errors.New("data folders are not readable yet")
	}
	return &Store{options: o, logs: map[string]log.Log{}, spaces: map[string]*memkv.Space{}}, nil
}

// Log returns the log of a namespace; the same one each time.
func (s *Store) Log(namespace string) log.Log {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.logs[namespace]
	if l == nil {
		l = memlog.New(s.options.Now)
		s.logs[namespace] = l
	}
	return l
}

// Catalog returns the catalog of a namespace, whose commands apply computes.
func (s *Store) Catalog(namespace string, apply kv.Apply) kv.Catalog {
	s.mu.Lock()
	defer s.mu.Unlock()
	space := s.spaces[namespace]
	if space == nil {
		space = memkv.NewSpace()
		s.spaces[namespace] = space
	}
	return memkv.New(space, apply)
}

// Close gives the folder back. Logs and catalogs must not be used after it.
func (s *Store) Close() error { return nil }
