package engine

import (
	"context"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// Space comes back when the tables that hold what was removed are merged.
// Pebble merges from twelve tables on (see options.go), which a store that is
// hardly written to may not have for days. So whoever removed a large range
// asks for it to be merged now. It happens in the background, one range at a
// time, and is given up when the database is closed: what is left then goes
// with the merging that comes by itself.

// mostRanges is how many ranges may wait. Further ones are joined to the last.
const mostRanges = 64

// keyRange is from a key up to another that is not in it.
type keyRange struct{ from, to []byte }

// reclaiming is the merging under way for one open database.
type reclaiming struct {
	db      *pebble.DB
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	ranges []keyRange // guarded by mu: what waits
	busy   bool       // guarded by mu
}

func newReclaiming(db *pebble.DB) *reclaiming {
	r := &reclaiming{db: db}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// Reclaim has the space of a removed range given back soon. The range must not
// be changed afterwards.
func (e *Engine) Reclaim(from, to []byte) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.usable() == nil && e.guard.failure() == nil {
		e.reclaiming.ask(keyRange{from, to})
	}
}

// ask enters a range. It is called while the database cannot be closed.
func (r *reclaiming) ask(k keyRange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.ranges); n == mostRanges {
		last := &r.ranges[n-1]
		if string(k.from) < string(last.from) {
			last.from = k.from
		}
		if string(k.to) > string(last.to) {
			last.to = k.to
		}
	} else {
		r.ranges = append(r.ranges, k)
	}
	if !r.busy {
		r.busy = true
		r.running.Go(r.run)
	}
}

// run merges until nothing waits any more.
func (r *reclaiming) run() {
	for {
		k, ok := r.next()
		if !ok {
			return
		}
		// A failure shows with the writes that follow; a range given up is not lost.
		_ = r.db.Compact(r.ctx, k.from, k.to, false)
	}
}

func (r *reclaiming) next() (k keyRange, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ranges) == 0 || r.ctx.Err() != nil {
		r.busy = false
		return k, false
	}
	k, r.ranges = r.ranges[0], r.ranges[1:]
	return k, true
}

// stop gives up what is left, before the database is closed. Nobody asks
// meanwhile.
func (r *reclaiming) stop() {
	r.cancel()
	r.running.Wait()
}
