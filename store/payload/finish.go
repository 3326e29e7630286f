package payload

import (
	"errors"
	"hash/crc32"
	"slices"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// A file that takes no more is finished in the background once the outcome of
// its last run is known: it is synced, so that Sync has less to do at once, or
// removed when nothing in it is ever named.

func crcOf(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// finishing are the files that wait to be finished.
type finishing struct {
	running sync.WaitGroup
	mu      sync.Mutex
	waiting []*file // guarded by mu
	busy    bool    // guarded by mu
}

// finish has an ended file finished when nothing is pending. folder.mu is held.
func (c *file) finish() {
	if !c.ended || c.pending > 0 || c.queued {
		return
	}
	c.queued = true
	if c.removed || !c.made { // then there is nothing to do
		c.forget(!c.made)
		return
	}
	f := &c.folder.files.finishing
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, c)
	if !f.busy {
		f.busy = true
		f.running.Go(c.folder.files.run)
	}
}

// forget lets go of a file of which nothing is left to do, and that is there no
// more when gone is set. folder.mu is held.
func (c *file) forget(gone bool) {
	d := c.folder
	d.begun = slices.DeleteFunc(d.begun, func(one *file) bool { return one == c })
	if gone {
		d.there = slices.DeleteFunc(d.there, func(id uint64) bool { return id == c.id })
	}
}

// run finishes what waits.
func (f *Files) run() {
	for {
		c := f.finishing.next()
		if c == nil {
			return
		}
		c.folder.mu.Lock()
		kept, writes := c.kept, c.writes
		c.removed = c.removed || !kept
		c.folder.mu.Unlock()
		if kept {
			_ = c.syncLast(writes) // a failure leaves it to Sync
		} else {
			c.drop()
		}
	}
}

// syncLast is sync for all writes to a file, and lets go of it if it takes no more.
func (c *file) syncLast(writes uint64) error {
	if err := c.sync(writes); err != nil {
		return err
	}
	c.folder.mu.Lock()
	defer c.folder.mu.Unlock()
	if c.queued && writes == c.writes {
		c.forget(false)
	}
	return nil
}

// drop removes a file that nothing names. A failure leaves it to Trim.
func (c *file) drop() {
	c.rest()
	f := c.folder.files
	err := f.remove([]string{c.path})
	f.handles.forget(func(k handleKey) bool { return k == c.key() })
	c.folder.mu.Lock()
	defer c.folder.mu.Unlock()
	c.forget(err == nil)
}

func (f *finishing) next() *file {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.waiting) == 0 {
		f.busy = false
		return nil
	}
	c := f.waiting[0]
	f.waiting = f.waiting[1:]
	return c
}

// Sync makes everything durable that was written so far, whatever Durable
// says: for who is about to make rows durable that name it. It does not look at
// files of processes before this one. It takes no lock that is held while
// somebody waits for the database.
func (f *Files) Sync() error { return f.Unsaved()() }

// Unsaved tells what was written so far and may not be durable. save makes it so.
func (f *Files) Unsaved() (save func() error) {
	begun := f.begun()
	return func() (err error) {
		for _, c := range begun {
			c.folder.mu.Lock()
			writes := c.writes
			c.folder.mu.Unlock()
			if e := c.syncLast(writes); e != nil && !errors.Is(e, ErrGone) {
				err = errors.Join(err, e)
			}
		}
		return err
	}
}

// begun lists the files of this process that may have something to sync.
func (f *Files) begun() (all []*file) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.folders {
		d.mu.Lock()
		all = append(all, d.begun...)
		d.mu.Unlock()
	}
	return all
}

// syncFile syncs a file that somebody else wrote.
func syncFile(fs vfs.FS, path string) error {
	f, err := fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	return errors.Join(f.SyncData(), f.Close())
}

// Roll ends the newest file of every stream.
func (f *Files) Roll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, d := range f.folders {
		d.mu.Lock()
		if d.current != nil {
			d.current.end()
		}
		d.mu.Unlock()
	}
}

// Finish ends all files and returns when those whose runs have all ended are
// synced or removed.
func (f *Files) Finish() {
	f.Roll()
	f.finishing.running.Wait()
}

// Close finishes and closes all files. Nobody uses them any more.
func (f *Files) Close() error {
	f.Finish()
	return errors.Join(f.Sync(), f.handles.close())
}
