package poller

import (
	"context"
	"errors"
	"sync"

	"sluice/internal/arn"
	"sluice/internal/caller"
	"sluice/internal/clock"
)

// ReadersConfig is what readers need. All but Hold must be set.
type ReadersConfig struct {
	// Clock is service time.
	Clock clock.Clock
	// Hold announces work that a mover of Clock should wait for; nil: nobody waits.
	Hold func(what string) (release func())
	// Source and Tips are described there.
	Source Source
	Tips   Tips
	// Memory is what the records of all mappings may weigh together, in bytes;
	// see memory. 64 MiB when zero.
	Memory int
}

func (c *ReadersConfig) fill() error {
	if c.Clock == nil || c.Source == nil || c.Tips == nil {
		return errors.New("poller.ReadersConfig needs Clock, Source and Tips")
	}
	if c.Hold == nil {
		c.Hold = func(string) func() { return func() {} }
	}
	if c.Memory == 0 {
		c.Memory = defaultMemory
	}
	return nil
}

const (
	// sharedBytes is what the pages kept for other mappings may weigh together.
	sharedBytes = 16 << 20
	// starting is how many mappings find out about their checkpoints and shards
	// at a time, so that a hundred thousand can be started at once.
	starting = 32
)

// Readers reads the shards of streams for the mappings of a process. Mappings
// that are at the same place of a shard share the read and wait together.
type Readers struct {
	config ReadersConfig
	life   context.Context
	end    context.CancelFunc
	work   sync.WaitGroup
	memory memory

	mu     sync.Mutex
	closed bool            // guarded by mu
	taps   map[tapKey]*tap // guarded by mu, and all that is in them
	lists  map[tapKey]*listing
	shared []*sharedPage // guarded by mu; oldest first
	weight int           // guarded by mu; of shared
	starts []func()      // guarded by mu; beginnings that wait for their turn
	begun  int           // guarded by mu; beginnings under way

	// calls orders the wakes of watches, on whatever goroutine they come, and
	// the end. Nothing else of this package is locked while it is held.
	calls sync.Mutex
	ended bool // guarded by calls
}

// NewReaders makes readers.
func NewReaders(c ReadersConfig) (*Readers, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	r := &Readers{config: c, taps: map[tapKey]*tap{}, lists: map[tapKey]*listing{}, memory: memory{limit: c.Memory}}
	r.life, r.end = context.WithCancel(context.Background())
	return r, nil
}

// Close ends the waiting for records and reads under way. Stop the pollers first.
func (r *Readers) Close() {
	r.mu.Lock()
	r.closed = true
	var stops []func()
	for _, t := range r.taps {
		if t.stop != nil {
			stops = append(stops, t.stop)
		}
	}
	r.mu.Unlock()
	r.end()
	for _, stop := range stops {
		stop()
	}
	r.calls.Lock()
	r.ended = true
	r.calls.Unlock()
	r.work.Wait()
}

// soon does f on another goroutine, a few at a time and in order.
func (r *Readers) soon(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.starts = append(r.starts, f)
	if r.begun == starting {
		return
	}
	r.begun++
	r.work.Go(func() {
		for f := r.start(); f != nil; f = r.start() {
			f()
		}
	})
}

// start takes the next beginning, nil when there is none.
func (r *Readers) start() func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.starts) == 0 {
		r.begun--
		r.starts = nil
		return nil
	}
	f := r.starts[0]
	r.starts[0], r.starts = nil, r.starts[1:]
	return f
}

// tapKey names a shard, or with an empty shard a stream. stream is its ARN,
// account and region are those in it.
type tapKey struct{ account, region, stream, shard string }

// tapOf names the stream of a source.
func tapOf(source arn.ARN) tapKey {
	stream := source.Parent()
	return tapKey{account: stream.Account, region: stream.Region, stream: stream.String()}
}

// of names a shard of a stream.
func (k tapKey) of(shard string) tapKey {
	k.shard = shard
	return k
}

// context is that of calls about a stream.
func (k tapKey) context(ctx context.Context) context.Context {
	return caller.With(ctx, caller.Caller{Account: k.account, Region: k.region})
}

// tap is a shard that somebody reads.
type tap struct {
	key   tapKey
	users int
	// iterators are good for reading on from a place.
	iterators map[spot]iterator
	// reads are under way.
	reads map[spot]*read
	// pages are kept for other users, oldest first.
	pages []*sharedPage
	pace  pacing

	// mark is what waiters wait to see changed; watch is who is told of it, nil
	// while nobody waits, and stop ends that.
	mark    uint64
	watch   *watch
	stop    func()
	waiters map[*waiter]struct{}
}

// watch is one wait for the mark of a tap.
type watch struct{ tap *tap }

// waiter is one who waits at a tap.
type waiter struct{ wake func() }

// open returns the tap of a shard. Close it after use.
func (r *Readers) open(k tapKey) *tap {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.taps[k]
	if t == nil {
		t = &tap{key: k}
		r.taps[k] = t
	}
	t.users++
	return t
}

// close gives a tap back.
func (r *Readers) close(t *tap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t.users--
	if t.users > 0 {
		return
	}
	delete(r.taps, t.key)
	for _, p := range t.pages {
		p.tap = nil // the list of all pages lets go of it in its turn
	}
	if t.stop != nil {
		t.stop()
		t.watch, t.stop = nil, nil
	}
}

// wait calls wake once the mark of a tap is another than mark. It reports
// false when it is already. After stop wake may still be called once.
func (r *Readers) wait(t *tap, mark uint64, wake func()) (stop func(), waiting bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return func() {}, true // nothing will come
	case t.stop != nil && t.mark != mark:
		return func() {}, false
	case t.stop == nil:
		k := t.key
		one := &watch{t}
		stop, waiting := r.config.Tips.Watch(k.context(r.life), k.stream, k.shard, mark, func() { r.called(one) })
		if !waiting {
			return stop, false
		}
		t.watch, t.stop, t.mark = one, stop, mark
	}
	w := &waiter{wake}
	if t.waiters == nil {
		t.waiters = map[*waiter]struct{}{}
	}
	t.waiters[w] = struct{}{}
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(t.waiters, w)
	}, true
}

// called is the wake of a watch. It runs on the goroutine of a put, so it only
// sees to it that a mover of the clock waits for what comes of it.
//
// A watch may still call though the tap has given it up, because the mark
// changed at that moment. Such a call must not end the watch that came after.
func (r *Readers) called(one *watch) {
	r.calls.Lock()
	defer r.calls.Unlock()
	if r.ended {
		return
	}
	release := r.config.Hold("records of shard " + one.tap.key.shard)
	r.work.Go(func() {
		defer release()
		for w := range r.endWatch(one) {
			w.wake()
		}
	})
}

// endWatch ends a watch that has called and returns those who wait for it.
func (r *Readers) endWatch(one *watch) (waiters map[*waiter]struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := one.tap
	if t.watch != one {
		return nil
	}
	waiters = t.waiters
	t.watch, t.stop, t.waiters = nil, nil, nil
	return waiters
}
