// Package engine runs the Pebble database that logs and catalogs share. It
// adds what Pebble leaves to its user: one order of commits with group commit,
// the two durabilities, and life after a failed write. Nothing outside store
// imports it.
package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Config of Open.
type Config struct {
	// FS holds the folder; vfs.Default when nil.
	FS vfs.FS
	// Dir is Pebble's own folder.
	Dir string
	// Process makes write(2) enough for durability; otherwise fsync is needed.
	Process bool
	// MayBeTorn says that the folder was written with Process before, so that
	// a power failure may have torn its newest log.
	MayBeTorn bool
	// Restarted says that the machine may have been started since the folder was
	// written to, so that what was not synced may be gone.
	Restarted bool
	// Rows knows the rows that point to what is beside the database; none do when
	// nil. It is asked while Open runs.
	Rows Rows
	// BesideFlush is how much is written beside the database until tables are
	// written (default 1 GiB).
	BesideFlush int64
	// CacheBytes bounds the block cache, MemTableBytes one of at most three
	// memtables. Both are taken as they fill, not at the start.
	CacheBytes    int64
	MemTableBytes uint64
	// ReserveBytes is the space below which the disk counts as full.
	ReserveBytes uint64
	// Logger hears of failures and recoveries; slog.Default when nil.
	Logger *slog.Logger
}

func (c *Config) fill() {
	if c.FS == nil {
		c.FS = vfs.Default
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Rows == nil {
		c.Rows = noRows{}
	}
	if c.BesideFlush == 0 {
		c.BesideFlush = besideFlush
	}
}

// ErrFull means that the disk is full.
var ErrFull = errors.New("disk is full")

// errNotKept means that a failure came before the durable state was kept.
var errNotKept = errors.New("the store has not recovered yet")

// ErrClosed means that the engine has been closed.
var ErrClosed = errors.New("store is closed")

// Engine is an open database. It is safe for concurrent use.
type Engine struct {
	config Config
	queue  queue

	// mu is held for reading by whoever uses db, for writing by whoever
	// replaces it.
	mu     sync.RWMutex
	db     *pebble.DB // nil when a recovery failed half way
	guard  *guard
	closed bool
	// reclaiming belongs to db.
	reclaiming *reclaiming

	space   space
	durable durable
	beside  beside
	// refusal is why the last write beside the database failed, nil when something
	// has been written since.
	refusal atomic.Pointer[error]
	// damage is the first damage that a read met.
	damage atomic.Pointer[error]
	// reviving admits one recovery at a time; the others do not wait for it.
	reviving sync.Mutex
}

// Open opens the database in a folder, made by Create.
func Open(c Config) (*Engine, error) {
	c.fill()
	e := &Engine{config: c}
	e.queue.commit, e.queue.broken, e.queue.refused = e.commit, e.Failure, e.refuse
	if !c.Process {
		e.queue.shares = shared(c.MemTableBytes)
	}
	e.space = space{fs: c.FS, dir: c.Dir, reserve: c.ReserveBytes}
	sealed, err := breakSeal(c.FS, c.Dir)
	if err != nil {
		return nil, err
	}
	var l *look
	if !sealed {
		l = e.config.look()
	}
	if err := e.open(l); err != nil {
		return nil, err
	}
	return e, nil
}

// look is for the opening of a database that was not closed in order.
func (c *Config) look() *look {
	return &look{fs: c.FS, dir: c.Dir, rows: c.Rows, restarted: c.Restarted, torn: c.MayBeTorn, logger: c.Logger}
}

// open opens Pebble under a new guard. mu is held, or nobody else is there.
func (e *Engine) open(l *look) error {
	db, g, err := e.openOnce(l)
	if err != nil {
		return err
	}
	e.db, e.guard, e.reclaiming = db, g, newReclaiming(db)
	e.durable.renew(db)
	return nil
}

func (e *Engine) openOnce(l *look) (*pebble.DB, *guard, error) {
	g := newGuard(e.config.FS, e.config.Process)
	g.dir, g.look, g.beside = e.config.FS.PathJoin(e.config.Dir), l, e.beside.sync
	db, err := pebble.Open(e.config.Dir, e.options(g))
	if err != nil {
		return nil, nil, err
	}
	if err := g.failure(); err != nil {
		g.release()
		_ = db.Close()
		return nil, nil, classify(err)
	}
	g.opened()
	_ = g.acknowledge()
	return db, g, nil
}

// NewBatch returns an empty batch with room for size bytes.
func (e *Engine) NewBatch(size int) (*Batch, error) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if err := e.usable(); err != nil {
		return nil, err
	}
	return &Batch{Batch: e.db.NewBatchWithSize(size), engine: e, epoch: e.Epoch()}, nil
}

// usable reports why the database cannot be used. mu is held.
func (e *Engine) usable() error {
	switch {
	case e.closed:
		return ErrClosed
	case e.db == nil:
		return errors.New("the store could not be recovered after a failed write")
	}
	return nil
}

// Epoch counts failures. What was assumed to become durable before the epoch
// changed may not have.
func (e *Engine) Epoch() uint64 {
	e.queue.mu.Lock()
	defer e.queue.mu.Unlock()
	return e.queue.epoch
}

// Epoch is the epoch in which the batch was begun and in which alone it can
// be submitted.
func (b *Batch) Epoch() uint64 { return b.epoch }

// Submit queues the batch. Batches become durable in the order in which they
// were submitted. settle is told the outcome, in that order and before
// anybody who waits; it must not block nor call the engine.
func (b *Batch) Submit(settle func(error)) *Ticket {
	t := &Ticket{
		records: b.Records, batch: b.Batch, size: b.Len(), epoch: b.epoch, settle: settle,
		before: b.Before, during: b.During, beside: b.Beside,
		queue: &b.engine.queue, wake: make(chan struct{}, 1),
	}
	b.engine.queue.submit(t)
	return t
}

// commit makes batches durable, all of them or none, which may hold nothing but
// records. The queue calls it, one call at a time.
func (e *Engine) commit(epoch uint64, batches []*pebble.Batch, records bool, during []func() error, bytes int) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if err := e.usable(); err != nil {
		return err
	}
	// The database that they were begun for may have been replaced meanwhile.
	if err := e.queue.overtaken(epoch); err != nil {
		return err
	}
	if err := e.guard.failure(); err != nil {
		return classify(err)
	}
	mends := e.refusal.Load() != nil && slices.ContainsFunc(batches, func(b *pebble.Batch) bool { return !b.Empty() })
	e.guard.begin()
	synced := e.during(during)
	err := e.apply(batches)
	if other := synced(); other != nil {
		e.guard.fail(other) // what Pebble has of it must not be seen again
	}
	if failure := e.guard.acknowledge(); failure != nil {
		err = failure
	}
	if err != nil {
		e.config.Logger.Error("a write failed; writes are refused until the store has recovered", "error", err)
		return classify(err)
	}
	for _, b := range batches {
		_ = b.Close()
	}
	e.durable.advance(e.db, records)
	e.wrote(bytes)
	if mends {
		e.refusal.Store(nil)
	}
	return nil
}

// during begins to make durable what batches point to, if a write(2) does not.
// wait returns when that is done.
func (e *Engine) during(during []func() error) (wait func() error) {
	if len(during) == 0 || e.config.Process {
		return func() error { return nil }
	}
	done := make(chan error, 1)
	go func() {
		for _, f := range during {
			if err := f(); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	return func() error { return <-done }
}

// refuse remembers that a write beside the database has failed, until one succeeds.
func (e *Engine) refuse(err error) {
	e.refusal.Store(&err)
	e.config.Logger.Error("a write failed; the next one is tried anew", "error", err)
}

// apply gives batches to Pebble in their order. The sync of the last one is that
// of all before it, for they are in the same log or in one that was closed.
func (e *Engine) apply(batches []*pebble.Batch) error {
	last := len(batches) - 1
	for _, b := range batches[:last] {
		if err := e.db.Apply(b, pebble.NoSync); err != nil {
			return err
		}
	}
	return e.db.Apply(batches[last], pebble.Sync)
}

// Read calls f with the current state of the database, which includes
// batches that are not durable yet. f must not keep the reader.
func (e *Engine) Read(f func(r pebble.Reader) error) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if err := e.usable(); err != nil {
		return err
	}
	return e.guarded(f)
}

// Harden makes everything that was committed survive a power failure, whatever
// the durability: for who is about to remove what removed rows named.
func (e *Engine) Harden() error {
	if !e.config.Process {
		return e.Failure()
	}
	save, err := e.unsaved()
	if err != nil {
		return err
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if err := e.usable(); err != nil {
		return err
	}
	if err := save(); err != nil { // the log is not to be there before what it names
		e.guard.fail(err)
	}
	e.guard.mu.Lock()
	log := e.guard.wal
	e.guard.mu.Unlock()
	if log == nil { // the database has not been written to since it was opened
		return classify(e.guard.failure())
	}
	return classify(log.harden())
}

// Failure returns why writes are refused at present, nil when they are not.
func (e *Engine) Failure() error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if err := e.usable(); err != nil {
		return err
	}
	return classify(e.guard.failure())
}

// Close writes what is queued and closes the database. It returns the failure
// that writes met, if any; what was acknowledged is safe nevertheless.
func (e *Engine) Close() error {
	e.queue.drain()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil
	}
	e.closed = true
	if e.db == nil {
		return nil
	}
	e.guard.release()
	e.reclaiming.stop()
	e.durable.forget()
	synced := e.beside.sync() // a seal says that nothing needs a look
	err := errors.Join(synced, closeDB(e.db))
	failure := e.guard.failure()
	if failure == nil {
		if err == nil {
			e.seal()
		}
		return err
	}
	return errors.Join(classify(failure), cutLog(e.config.FS, e.config.Dir, e.guard.acknowledged()))
}

// seal seals the database that was closed. Without a seal nothing is lost but
// the means to notice some kinds of damage.
func (e *Engine) seal() {
	if err := writeSeal(e.config.FS, e.config.Dir); err != nil {
		e.config.Logger.Warn("the database could not be sealed", "error", err)
	}
}

// classify marks errors that mean a full disk.
func classify(err error) error {
	if err != nil && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)) && !errors.Is(err, ErrFull) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}
