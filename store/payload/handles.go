package payload

import (
	"container/list"
	"errors"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// handles are open files, the least recently used of which are closed when
// there are too many. One that is in use stays open until it is put back.
type handles struct {
	fs    vfs.FS
	limit int

	mu   sync.Mutex
	open map[handleKey]*handle // guarded by mu
	used list.List             // guarded by mu: of *handle, the most recent first
}

type handleKey struct{ stream, file uint64 }

type handle struct {
	key      handleKey
	file     vfs.File
	writable bool
	// Guarded by handles.mu.
	users  int
	listed *list.Element // nil: closed by its last user
}

func (h *handles) init(fs vfs.FS, limit int) {
	h.fs, h.limit, h.open = fs, limit, map[handleKey]*handle{}
}

// take returns an open file, which must be put back.
func (h *handles) take(stream, file uint64, path string, write bool) (*handle, error) {
	key := handleKey{stream, file}
	h.mu.Lock()
	defer h.mu.Unlock()
	if one := h.open[key]; one != nil {
		if one.writable || !write {
			one.users++
			h.used.MoveToFront(one.listed)
			return one, nil
		}
		_ = h.detach(one) // it was only read
	}
	var opened vfs.File
	var err error
	if write {
		opened, err = h.fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	} else {
		opened, err = h.fs.Open(path, vfs.RandomReadsOption)
	}
	if err != nil {
		return nil, err
	}
	one := &handle{key: key, file: opened, writable: write, users: 1}
	one.listed = h.used.PushFront(one)
	h.open[key] = one
	h.shrink()
	return one, nil
}

// shrink closes what has not been used for longest. mu is held.
func (h *handles) shrink() {
	for e := h.used.Back(); e != nil && h.used.Len() > h.limit; {
		one := e.Value.(*handle)
		e = e.Prev()
		if one.users == 0 {
			_ = h.detach(one) // what was written is the kernel's; a sync opens it again
		}
	}
}

// detach forgets a file, and closes it if nobody uses it. mu is held.
func (h *handles) detach(one *handle) error {
	delete(h.open, one.key)
	h.used.Remove(one.listed)
	one.listed = nil
	if one.users == 0 {
		return one.file.Close()
	}
	return nil
}

// put gives a file back.
func (h *handles) put(one *handle) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if one.users--; one.users == 0 && one.listed == nil {
		_ = one.file.Close()
	}
	h.shrink()
}

// forget closes the files that are chosen.
func (h *handles) forget(choose func(key handleKey) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
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
