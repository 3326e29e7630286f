package payload

import (
	"container/list"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// handles are open files, those of which are closed that have not been used for
// longest when there are too many. One that is in use stays open until it is put
// back. Who finds a file open takes no lock that excludes others.
type handles struct {
	fs    vfs.FS
	limit int

	mu   sync.RWMutex
	open map[handleKey]*handle // guarded by mu
	used list.List             // guarded by mu: of *handle, the most recent first
	// forgotten counts calls of forget. Guarded by mu.
	forgotten uint64
}

type handleKey struct{ stream, file uint64 }

type handle struct {
	key      handleKey
	file     vfs.File
	writable bool
	// users are those who have taken it, and one more while it is listed. The
	// last one closes the file.
	users  atomic.Int32
	recent atomic.Bool   // taken since it was last looked at
	listed *list.Element // guarded by handles.mu; nil: only its users know it
}

func (h *handles) init(fs vfs.FS, limit int) {
	h.fs, h.limit, h.open = fs, limit, map[handleKey]*handle{}
}

// found returns a file that is open, nil if it is not, or not for writing.
func (h *handles) found(key handleKey, write bool) (one *handle, forgotten uint64) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	one = h.open[key]
	if one == nil || write && !one.writable {
		return nil, h.forgotten
	}
	one.users.Add(1) // it is listed, so there was one at least
	if !one.recent.Load() {
		one.recent.Store(true)
	}
	return one, 0
}

// take returns an open file, which must be put back. path is asked for when the
// file has to be opened.
func (h *handles) take(key handleKey, path func() string, write bool) (*handle, error) {
	one, forgotten := h.found(key, write)
	if one != nil {
		return one, nil
	}
	one = &handle{key: key, writable: write}
	one.users.Store(1)
	var err error
	if write {
		one.file, err = h.fs.OpenReadWrite(path(), vfs.WriteCategoryUnspecified)
	} else {
		one.file, err = h.fs.Open(path(), vfs.RandomReadsOption)
	}
	if err != nil {
		return nil, err
	}
	h.enter(one, forgotten)
	return one, nil
}

// enter lists a file that was opened, unless files were forgotten meanwhile: it
// may be one of them. One that was only read gives way to one that is written.
func (h *handles) enter(one *handle, forgotten uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	other := h.open[one.key]
	if h.forgotten != forgotten || other != nil && (other.writable || !one.writable) {
		return // it is closed when it is put back
	}
	if other != nil {
		_ = h.detach(other)
	}
	one.users.Add(1)
	one.listed = h.used.PushFront(one)
	h.open[one.key] = one
	h.shrink()
}

// shrink closes what has not been used for longest. mu is held.
func (h *handles) shrink() {
	for spared := 0; h.used.Len() > h.limit; {
		e := h.used.Back()
		one := e.Value.(*handle)
		if one.recent.Swap(false) && spared < h.limit {
			spared++
			h.used.MoveToFront(e)
			continue
		}
		_ = h.detach(one) // what was written is the kernel's; a sync opens it again
	}
}

// detach forgets a file, and closes it if nobody uses it. mu is held.
func (h *handles) detach(one *handle) error {
	delete(h.open, one.key)
	h.used.Remove(one.listed)
	one.listed = nil
	return h.put(one)
}

// put gives a file back.
func (h *handles) put(one *handle) error {
	if one.users.Add(-1) > 0 {
		return nil
	}
	return one.file.Close()
}

// forget closes the files that are chosen.
func (h *handles) forget(choose func(key handleKey) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.forgotten++
	for key, one := range h.open {
		if choose(key) {
			_ = h.detach(one)
		}
	}
}

func (h *handles) close() (err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, one := range h.open {
		err = errors.Join(err, h.detach(one))
	}
	return err
}
