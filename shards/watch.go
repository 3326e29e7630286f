package shards

import (
	"context"
	"sync"
	"sync/atomic"

	"sluice/internal/arn"
)

// Readers in this process wait for records without polling: they take the mark
// of a shard, read, and once they have read everything have Watch call them
// when the mark is another. Marks can only be compared.

// goneMark is the mark of a shard that is not there (any more).
const goneMark = ^uint64(0)

// Mark returns the mark of a shard: it is another one when the shard can be
// read further, was closed or is gone. With an empty shard it is the mark of
// the stream, which changes whenever anything about the stream does, and is 0
// when there is none.
func (s *Streams) Mark(ctx context.Context, streamARN, shard string) uint64 {
	return s.see(ctx, streamARN, shard).mark()
}

// Tip returns a sequence number that is not below that of any record of a
// shard that can be read now, and below those of all later ones.
func (s *Streams) Tip(ctx context.Context, streamARN, shard string) (string, error) {
	w := s.see(ctx, streamARN, shard)
	switch {
	case w.stream == nil:
		return "", errNoStream(w.key)
	case w.shard == nil:
		return "", errNoShard(w.key, shard)
	}
	if w.shard.open() {
		if err := w.shard.tail.load(ctx, s.log, w.stream.logID(w.shard)); err != nil {
			return "", s.logError(w.stream, err)
		}
	}
	tip := w.shard.number(w.shard.limit()-1, s.clock.Now())
	return tip.String(), nil
}

// Reached reports whether an open shard has no record beyond a sequence number
// that can be read now; that a closed one is at its end has to be read.
// MillisBehindLatest cannot tell, for it is 0 for records of
// the same millisecond.
func (s *Streams) Reached(ctx context.Context, streamARN, shard, number string) bool {
	w := s.see(ctx, streamARN, shard)
	q, err := parseSequence(number)
	return err == nil && w.shard != nil && w.shard.open() && int64(q.counter) >= w.shard.limit()
}

// ReadRate is how many GetRecords calls a second a shard lets pass, 0 for any
// number.
func (s *Streams) ReadRate() float64 {
	l := s.limits.Load()
	if !l.Enforced {
		return 0
	}
	return readCalls * l.factor()
}

// Watch calls wake once, on the goroutine that made the change, soon after the
// mark of a shard or stream has become another than mark. wake must be short
// and must not call Streams. When the mark is another already, Watch reports
// false and never calls. After stop, wake is not called unless it was before.
func (s *Streams) Watch(ctx context.Context, streamARN, shard string, mark uint64, wake func()) (stop func(), waiting bool) {
	w := s.see(ctx, streamARN, shard)
	set := &s.changes
	if !w.whole {
		if w.shard == nil {
			return func() {}, false
		}
		set = &w.shard.tail.calls
	}
	c := &waiter{key: w.key, wake: wake}
	set.add(c)
	// Look after the entry, not before: what changes from here on calls. A call
	// that has come by now is one that was waited for.
	if s.see(ctx, streamARN, shard).mark() != mark && set.remove(c) {
		return func() {}, false
	}
	return func() { set.remove(c) }, true
}

// sight is what a mark is of.
type sight struct {
	key    streamKey
	whole  bool // the stream, not one of its shards
	stream *stream
	view   *view
	shard  *shard
}

func (s *Streams) see(ctx context.Context, streamARN, shard string) sight {
	w := sight{whole: shard == ""}
	name, err := arn.Parse(streamARN)
	if err != nil {
		return w
	}
	w.key = keyOf(name)
	w.stream = s.lookup(ctx, w.key)
	if w.stream == nil {
		return w
	}
	w.view = w.stream.view.Load()
	if index, ok := parseShardID(shard); ok && !w.whole {
		w.shard = w.view.shardAt(index, s.clock.Now())
	}
	return w
}

func (w sight) mark() uint64 {
	switch {
	case w.whole && w.stream == nil:
		return 0
	case w.whole:
		return (w.stream.id+1)<<32 | w.view.version&(1<<32-1)
	case w.shard == nil:
		return goneMark
	case w.shard.open():
		return uint64(w.shard.limit()) << 1
	}
	return uint64(w.shard.limit())<<1 | 1
}

// waiter is one call that Watch has promised.
type waiter struct {
	key  streamKey // of interest in the set of all streams
	wake func()
}

// waiters is a set of promised calls. Whoever brings news looks at one number
// when nobody waits.
type waiters struct {
	waiting atomic.Int32
	mu      sync.Mutex
	calls   map[*waiter]struct{} // guarded by mu
}

func (s *waiters) add(c *waiter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.calls == nil {
		s.calls = map[*waiter]struct{}{}
	}
	s.calls[c] = struct{}{}
	s.waiting.Add(1)
}

// remove takes a call out and reports whether it was still promised.
func (s *waiters) remove(c *waiter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.calls[c]; !ok {
		return false
	}
	delete(s.calls, c)
	s.waiting.Add(-1)
	return true
}

// all calls everybody, each once.
func (s *waiters) all() { s.call(func(*waiter) bool { return true }) }

// of calls who waits for a stream.
func (s *waiters) of(k streamKey) { s.call(func(c *waiter) bool { return c.key == k }) }

func (s *waiters) call(whom func(*waiter) bool) {
	if s.waiting.Load() == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.calls {
		if whom(c) {
			delete(s.calls, c)
			s.waiting.Add(-1)
			c.wake()
		}
	}
}
