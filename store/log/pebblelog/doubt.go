package pebblelog

import (
	"sync"
	"sync/atomic"

	"sluice/store/payload"
)

// doubts are places in payload files that rows name whose commit has failed. Until
// the store has recovered Pebble may show such rows, and the log may have them for
// the next process to read, if this one is killed. So what they name stays until
// then, which the engine tells. There are no more than appends were under way when
// the store failed: it takes no others until it has recovered. Those of a commit
// that has not told its outcome when that happens go with the next one.
type doubts struct {
	any  atomic.Bool
	mu   sync.Mutex
	runs []*payload.Run // guarded by mu
}

// add enters a run.
func (d *doubts) add(r *payload.Run) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.runs = append(d.runs, r)
	d.any.Store(true)
}

// end drops all: the store has recovered, or a commit has succeeded. It is called
// before the next one begins.
func (d *doubts) end() {
	if !d.any.Load() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.runs {
		r.Drop()
	}
	d.runs = nil
	d.any.Store(false)
}

// keep ends them for a process that ends: the rows may be there, and the next one
// would read them.
func (d *doubts) keep() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.runs {
		r.Keep()
	}
	d.runs = nil
}
