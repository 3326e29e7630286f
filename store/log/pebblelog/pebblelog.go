// Package pebblelog keeps logs in Pebble: blocks of neighbouring records under
// keys that begin with a time bucket. docs/storage.md has the layout and the
// measurements that chose it.
package pebblelog

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"sluice/store/engine"
	"sluice/store/log"
	"sluice/store/payload"
	"sluice/store/ring"
)

// Log implements log.Log over an engine. It is safe for concurrent use.
type Log struct {
	engine *engine.Engine
	keys   keys
	now    func() time.Time

	pools pools

	files    *payload.Files
	doubts   doubts
	coarse   Coarse
	bundling Bundling
	bundled  atomic.Int64 // bytes that wait in bundles
	ring     *ring.Ring   // where they are
	spreader spreader
	// spentMost is how much of the ring may have been given back before it is seen
	// to that it can be written over.
	spentMost int
	paused    atomic.Int32 // how many want no further bundles

	// mu guards streams, a cache of what has been used since the start.
	mu      sync.RWMutex
	streams map[uint64]*stream
}

// New returns the log of a namespace; arrival stamps come from now. A
// namespace is text without zero bytes, and has one log per engine.
func New(e *engine.Engine, namespace string, now func() time.Time, b Bundling, c Coarse) *Log {
	b.fill()
	c.fill()
	l := &Log{bundling: b, coarse: c, engine: e, keys: keys{namespace: namespace}, now: now, streams: map[uint64]*stream{}}
	l.files = openFiles(e, namespace, c)
	at := e.Place()
	segments := max(2*b.Bytes/b.SegmentBytes, 2)
	l.ring = ring.New(ring.Options{
		FS: at.FS, Dir: at.FS.PathJoin(at.Dir, RingDir, namespace), Synced: at.Synced,
		SegmentBytes: b.SegmentBytes, Segments: segments, Files: 5 * segments,
	})
	if !at.Synced { // else it costs nothing
		l.spentMost = 2 * segments * b.SegmentBytes
	}
	e.Beside(func(bool) func() error { return l.files.Unsaved() })
	e.Beside(l.ring.Unsaved)
	e.Recovered(l.doubts.end)
	return l
}

// stream returns a stream, reading it at first use; nil when there is none.
func (l *Log) stream(id uint64) (*stream, error) {
	l.mu.RLock()
	st := l.streams[id]
	l.mu.RUnlock()
	if st != nil {
		return st, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if st := l.streams[id]; st != nil {
		return st, nil
	}
	st, err := l.loadStream(id)
	if st != nil {
		l.streams[id] = st
	}
	return st, err
}

// lock returns a stream with its mu held. It must exist.
func (l *Log) lock(id log.ID) (*stream, error) {
	st, err := l.stream(id.Stream)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return nil, missing(id)
	}
	st.mu.Lock()
	if st.deleted {
		st.mu.Unlock()
		return nil, missing(id)
	}
	return st, nil
}

// shard returns a loaded log of a stream whose mu is held.
func (l *Log) shard(st *stream, id log.ID) (*shard, error) {
	s := st.shards[id.Shard]
	if s == nil {
		return nil, missing(id)
	}
	return s, l.load(st, s)
}

// Create implements log.Log.
func (l *Log) Create(_ context.Context, ids []log.ID) error {
	if err := l.engine.Admit(64 * len(ids)); err != nil {
		return translate(err)
	}
	byStream := map[uint64][]log.ID{}
	for _, id := range ids {
		byStream[id.Stream] = append(byStream[id.Stream], id)
	}
	for id, ids := range byStream {
		if err := l.create(id, ids); err != nil {
			return translate(err)
		}
	}
	return nil
}

func (l *Log) create(id uint64, ids []log.ID) error {
	st, err := l.stream(id)
	if err != nil {
		return err
	}
	if st == nil {
		st = l.begin(id)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.deleted {
		return missing(ids[0])
	}
	b, err := l.engine.NewBatch(64 * len(ids))
	if err != nil {
		return err
	}
	var made []*shard
	for _, id := range ids {
		if st.shards[id.Shard] == nil {
			s := &shard{id: id, loaded: true}
			made = append(made, s)
			if err := b.Set(l.keys.log(kindLog, id), s.row(), nil); err != nil {
				return err
			}
		}
	}
	if len(made) == 0 {
		return b.Close()
	}
	if err := b.Submit(func(error) {}).Wait(); err != nil {
		return err
	}
	for _, s := range made {
		st.shards[s.id.Shard] = s
	}
	return nil
}

// begin enters a stream that has no logs yet.
func (l *Log) begin(id uint64) *stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	st := l.streams[id]
	if st == nil {
		st = newStream(id)
		l.streams[id] = st
	}
	return st
}

// Seal implements log.Log.
func (l *Log) Seal(_ context.Context, ids []log.ID) ([]int64, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if err := l.engine.Ready(); err != nil {
		return nil, translate(err)
	}
	ends := make([]int64, len(ids))
	for i, id := range ids {
		end, err := l.seal(id)
		if err != nil {
			return nil, translate(err)
		}
		ends[i] = end
	}
	return ends, nil
}

// seal closes one log. Appends to its stream wait meanwhile, so none can be
// told that the log is sealed before that is certain.
func (l *Log) seal(id log.ID) (int64, error) {
	st, err := l.lock(id)
	if err != nil {
		return 0, err
	}
	defer st.mu.Unlock()
	s, err := l.shard(st, id)
	if err != nil || s.sealed {
		return s.end(), err
	}
	b, err := l.engine.NewBatch(64)
	if err != nil {
		return 0, err
	}
	s.sealed = true
	row := s.row()
	s.sealed = false
	if err := b.Set(l.keys.log(kindLog, id), row, nil); err != nil {
		return 0, err
	}
	settle := func(err error) {
		if err == nil {
			s.durable.Store(s.next)
		}
	}
	if err := b.Submit(settle).Wait(); err != nil {
		return 0, err
	}
	s.sealed = true
	return s.next, nil
}

func (s *shard) end() int64 {
	if s == nil {
		return 0
	}
	return s.next
}

func missing(id log.ID) error { return fmt.Errorf("%v: %w", id, log.ErrNotFound) }
