package engine

import (
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// durable is the state of the database after the last acknowledged commit.
// Pebble shows a write before its sync has finished, and a failed one until
// the database is opened anew; who must see neither reads from here. As one
// commit is in flight at a time, a snapshot taken between two of them holds
// exactly what was acknowledged. It is only kept once somebody has asked.
type durable struct {
	// mu guards asked and last. stale is the committer's, of whom there is one.
	mu    sync.Mutex
	asked bool
	last  *view
	stale int // commits since, none of which changed what is read from here
}

// staleCommits is how many commits of records may go by before the snapshot is
// renewed nevertheless: an old one keeps the space of what was deleted since.
const staleCommits = 256

// view is a snapshot and those who read from it.
type view struct {
	snapshot *pebble.Snapshot
	readers  int
	replaced bool
}

// ReadDurable calls f with the database as the last acknowledged commit left
// it. f must neither keep the reader nor call the engine.
func (e *Engine) ReadDurable(f func(r pebble.Reader) error) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if err := e.usable(); err != nil {
		return err
	}
	v, err := e.durable.hold()
	if err != nil {
		return err
	}
	defer e.durable.letGo(v)
	return e.guarded(func(pebble.Reader) error { return f(v.snapshot) })
}

// KeepDurable begins to keep the durable state. It is called before the first
// ReadDurable.
func (e *Engine) KeepDurable() {
	e.mu.Lock() // no commit is in flight
	defer e.mu.Unlock()
	e.durable.mu.Lock()
	e.durable.asked = true
	e.durable.mu.Unlock()
	if e.usable() == nil && e.guard.failure() == nil {
		e.durable.renew(e.db)
	}
}

// advance moves on after a commit. Records are not read from here, so a commit
// of records alone, of which there may be thousands a second, changes nothing.
func (d *durable) advance(db *pebble.DB, records bool) {
	if d.stale++; records && d.stale < staleCommits {
		return
	}
	d.stale = 0
	d.renew(db)
}

// renew moves on to the present state. No commit is in flight.
func (d *durable) renew(db *pebble.DB) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.asked {
		return
	}
	d.drop()
	d.last = &view{snapshot: db.NewSnapshot()}
}

// forget lets go of a database about to be closed, which nobody reads.
func (d *durable) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drop()
	d.last = nil
}

// drop ends the last view once its readers have left. mu is held.
func (d *durable) drop() {
	if d.last == nil {
		return
	}
	d.last.replaced = true
	d.last.end()
}

func (v *view) end() {
	if v.replaced && v.readers == 0 {
		_ = v.snapshot.Close()
	}
}

func (d *durable) hold() (*view, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last == nil {
		return nil, errNotKept
	}
	d.last.readers++
	return d.last, nil
}

func (d *durable) letGo(v *view) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v.readers--
	v.end()
}
