package engine

import (
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Rows of the database may point to what is beside it: payload files, rings.
// Nothing of the database becomes durable before what it points to, as far as
// the engine decides when that happens: who writes beside the database tells
// how to save it, and that is done before a table with rows of the memtable
// is synced, before Harden syncs the log, and before a copy is made or a seal.
// The log alone may be on the disk before the payload of its rows, for it is
// the kernel who writes it there; what a power failure leaves of that is cut
// off at the next opening (cut.go).
//
// Harden promises that no cut comes before what was committed when it was called.
// So there must be a place in the order of commits, behind all that, at which
// everything is durable that rows name. Saving takes a while, in which commits go on:
// they name more, and remove rows whose payload is not saved for that reason. So
// what is to be saved is told at that place, between two commits, by all at once.
//
// Locks. Saving is done by Pebble's writers of tables, for whom every commit
// may have to wait, and while Engine.mu is held. It must not wait for whoever
// calls the engine: the locks that it takes are held by others for what they do
// to files and memory, never while they submit, wait for a commit, or read rows.
// The same is true of telling what is to be saved, for which commits wait.

// Unsaved tells what was written beside the database and may not be durable. save
// makes it so, whatever the durability, and when it fails, that is a failed write of
// the database. Without all, what only removed rows pointed to is left out: the log is
// about to be durable, with the removals, while tables may have the rows and not
// those. Both are safe for concurrent use.
type Unsaved func(all bool) (save func() error)

// beside is what is beside the database.
type beside struct {
	mu      sync.Mutex
	unsaved []Unsaved // guarded by mu: one for each log, as they are made
	// recovered are told of recoveries; guarded by mu.
	recovered []func()
	// bytes is what was written beside since the last flush that was asked for.
	bytes atomic.Int64
}

// Beside has f called whenever what was written beside the database must
// become durable before something of the database does, until Close has returned.
// See above for what it must not wait for.
func (e *Engine) Beside(f Unsaved) {
	e.beside.mu.Lock()
	defer e.beside.mu.Unlock()
	e.beside.unsaved = append(e.beside.unsaved, f)
}

// Recovered has f called after each recovery, before anything is committed again:
// no row of a commit that has failed is seen any more, nor left to another process
// by a kill. f must be quick and must not call the engine.
func (e *Engine) Recovered(f func()) {
	e.beside.mu.Lock()
	defer e.beside.mu.Unlock()
	e.beside.recovered = append(e.beside.recovered, f)
}

// tell tells of a recovery.
func (b *beside) tell() {
	b.mu.Lock()
	all := slices.Clone(b.recovered)
	b.mu.Unlock()
	for _, f := range all {
		f()
	}
}

// sync makes durable what was written beside the database, for who makes tables.
func (b *beside) sync() error { return b.gather(true)() }

// SyncBeside makes durable what was written beside the database, for who copies it.
// Only who wrote a file may sync it while the database is open: when that fails the
// kernel says so once, and whoever asks next hears that all is well.
func (e *Engine) SyncBeside() error { return classify(e.beside.sync()) }

// gather is Unsaved of all.
func (b *beside) gather(all bool) (save func() error) {
	b.mu.Lock()
	logs := slices.Clone(b.unsaved)
	b.mu.Unlock()
	saves := make([]func() error, len(logs))
	for i, unsaved := range logs {
		saves[i] = unsaved(all)
	}
	return func() (err error) {
		for _, save := range saves {
			err = errors.Join(err, save())
		}
		return err
	}
}

// unsaved gathers what rows name that were committed, at a place behind all of them,
// and tells how to save it.
func (e *Engine) unsaved() (save func() error, err error) {
	b, err := e.NewBatch(0)
	if err != nil {
		return nil, err
	}
	b.Records = true // there is nothing in it
	b.Before = func() error {
		save = e.beside.gather(false)
		return nil
	}
	err = b.Submit(func(error) {}).Wait()
	return save, err
}

// besideFlush is how much may be written beside the database until its rows are
// written out as tables. It bounds what the log names and so what the opening
// after a power failure reads. The rows alone would fill a memtable only after
// several times as much.
const besideFlush = 1 << 30

// wrote counts what a commit wrote beside the database. e.mu is held.
func (e *Engine) wrote(bytes int) {
	if bytes == 0 || e.beside.bytes.Add(int64(bytes)) < e.config.BesideFlush {
		return
	}
	e.beside.bytes.Store(0)
	// Nobody waits for it; a failure is one of the guard.
	if _, err := e.db.AsyncFlush(); err != nil {
		e.config.Logger.Warn("tables could not be written", "error", err)
	}
}

// rewritePiece is how much is written again at once.
const rewritePiece = 1 << 20

// Rewrite writes a stretch of a file again with what is in it, after a sync has
// failed: the kernel tries each page once, so that a second sync alone would say
// that all is well. What the kernel has not kept is found by checksums later.
func Rewrite(f vfs.File, from, to int64) error {
	b := make([]byte, min(rewritePiece, to-from))
	for from < to {
		n, err := f.ReadAt(b[:min(int64(len(b)), to-from)], from)
		if n == 0 {
			if errors.Is(err, io.EOF) {
				return nil // it was never that long
			}
			return err
		}
		if _, err := f.WriteAt(b[:n], from); err != nil {
			return err
		}
		from += int64(n)
	}
	return nil
}
