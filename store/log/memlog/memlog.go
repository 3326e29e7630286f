// Package memlog keeps logs in memory. It is the log of tests and of
// programs that start with nothing and leave nothing: same contract, no file.
package memlog

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"sluice/internal/must"
	"sluice/store/log"
)

// Log implements log.Log. It is safe for concurrent use.
type Log struct {
	now func() time.Time

	// mu guards streams and everything below. Appends copy the payloads
	// before they take it, so it is held for bookkeeping only.
	mu      sync.RWMutex
	streams map[uint64]map[uint32]*shard
}

// New returns an empty log whose arrival stamps come from now.
func New(now func() time.Time) *Log {
	return &Log{now: now, streams: map[uint64]map[uint32]*shard{}}
}

// Create implements log.Log.
func (l *Log) Create(_ context.Context, ids []log.ID) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		shards := l.streams[id.Stream]
		if shards == nil {
			shards = map[uint32]*shard{}
			l.streams[id.Stream] = shards
		}
		if shards[id.Shard] == nil {
			shards[id.Shard] = &shard{}
		}
	}
	return nil
}

// Append implements log.Log. Everything is as durable as memory is at once,
// so the commit has nothing to wait for.
func (l *Log) Append(_ context.Context, batch []log.Entry) (log.Commit, error) {
	if len(batch) == 0 {
		return commit{}, nil
	}
	if err := log.CheckBatch(batch); err != nil {
		return nil, err
	}
	records := copied(batch)
	placed := make([]log.Placed, len(batch))

	l.mu.Lock()
	defer l.mu.Unlock()
	shards := l.streams[batch[0].Log.Stream]
	for i := range batch {
		if shards[batch[i].Log.Shard] == nil {
			return nil, missing(batch[i].Log)
		}
	}
	now := l.now().UTC().Truncate(time.Millisecond)
	for i := range batch {
		id := batch[i].Log
		s := shards[id.Shard]
		if s.sealed {
			placed[i].Err = fmt.Errorf("%v: %w", id, log.ErrSealed)
			continue
		}
		placed[i] = s.add(records[i], now)
	}
	return commit{placed: placed}, nil
}

// Read implements log.Log. Records are never changed once written, so a page
// is a window on them and there is nothing to release.
func (l *Log) Read(_ context.Context, id log.ID, from int64, limit log.Limit) (log.Page, error) {
	must.Hold(limit.Records > 0 && limit.Bytes > 0, "read limit %+v", limit)
	l.mu.RLock()
	defer l.mu.RUnlock()
	s := l.streams[id.Stream][id.Shard]
	if s == nil {
		return log.Page{}, missing(id)
	}
	return s.read(from, limit), nil
}

// Seek implements log.Log.
func (l *Log) Seek(_ context.Context, id log.ID, where log.Where, t time.Time) (int64, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	s := l.streams[id.Stream][id.Shard]
	if s == nil {
		return 0, missing(id)
	}
	switch where {
	case log.Earliest:
		return s.at(0), nil
	case log.AtTime:
		return s.at(s.firstSince(t)), nil
	}
	return s.next, nil
}

// Seal implements log.Log.
func (l *Log) Seal(_ context.Context, ids []log.ID) ([]int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range ids {
		if l.streams[id.Stream][id.Shard] == nil {
			return nil, missing(id)
		}
	}
	ends := make([]int64, len(ids))
	for i, id := range ids {
		s := l.streams[id.Stream][id.Shard]
		s.sealed = true
		ends[i] = s.next
	}
	return ends, nil
}

// Trim implements log.Log.
func (l *Log) Trim(_ context.Context, stream uint64, t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.streams[stream] {
		s.trim(t)
	}
	return nil
}

// Delete implements log.Log.
func (l *Log) Delete(_ context.Context, stream uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.streams, stream)
	return nil
}

// commit is an append that is done.
type commit struct{ placed []log.Placed }

func (c commit) Placed() []log.Placed { return c.placed }
func (c commit) Wait() error          { return nil }

// copied makes records of a batch, with one allocation for all payloads and
// one for all keys: the caller uses the memory of both again.
func copied(batch []log.Entry) []log.Record {
	size, text := 0, 0
	for i := range batch {
		size += len(batch[i].Data)
		text += len(batch[i].PartitionKey)
	}
	var keys strings.Builder
	keys.Grow(text)
	for i := range batch {
		keys.WriteString(batch[i].PartitionKey)
	}
	rest := keys.String()
	arena := make([]byte, 0, size)
	records := make([]log.Record, len(batch))
	for i := range batch {
		start := len(arena)
		arena = append(arena, batch[i].Data...)
		records[i] = log.Record{
			PartitionKey: rest[:len(batch[i].PartitionKey)],
			Data:         arena[start:len(arena):len(arena)],
			Encrypted:    batch[i].Encrypted,
		}
		rest = rest[len(batch[i].PartitionKey):]
	}
	return records
}

func missing(id log.ID) error { return fmt.Errorf("%v: %w", id, log.ErrNotFound) }
