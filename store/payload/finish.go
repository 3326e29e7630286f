package payload

import (
	"errors"
	"hash/crc32"
	"slices"
	"sync"
)

// A file that takes no more is synced in the background, once its last run was
// written, and then whoever owns the rows is told. So a power failure leaves only
// the newest file of each stream in doubt.

var errFailed = errors.New("a sync of this file has failed before")

func crcOf(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// finishing are the files that wait to be synced.
type finishing struct {
	running sync.WaitGroup
	mu      sync.Mutex
	waiting []*file // guarded by mu
	busy    bool    // guarded by mu
}

// finish has an ended file synced when nothing is pending. folder.mu is held.
func (c *file) finish() {
	if !c.ended || c.pending > 0 {
		return
	}
	if c.written == 0 || c.failed || c.removed {
		d := c.folder
		d.begun = slices.DeleteFunc(d.begun, func(one *file) bool { return one == c })
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

// run syncs what waits.
func (f *Files) run() {
	for {
		c := f.finishing.next()
		if c == nil {
			return
		}
		d := c.folder
		d.mu.Lock()
		size := c.written
		d.mu.Unlock()
		// A failure leaves the file in doubt, which costs a look after a power failure.
		err := c.sync(size)
		d.mu.Lock()
		d.begun = slices.DeleteFunc(d.begun, func(one *file) bool { return one == c })
		d.mu.Unlock()
		if err == nil {
			f.o.Synced(d.stream, c.id, size)
		}
	}
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

// Finish ends all files and returns when those without pending runs are synced
// and Synced was told of each.
func (f *Files) Finish() {
	f.Roll()
	f.finishing.running.Wait()
}

// Close finishes and closes all files. Nobody uses them any more.
func (f *Files) Close() error {
	f.Finish()
	return f.handles.close()
}
