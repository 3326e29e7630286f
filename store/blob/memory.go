package blob

import (
	"io"
	"maps"
	"slices"
	"sync"
)

// memoryChunk is the unit in which bodies of unknown length grow.
const memoryChunk = 256 << 10

// Memory keeps bodies in memory. It implements Store.
type Memory struct {
	mu     sync.RWMutex
	bodies map[ID]*Held // guarded by mu
	last   ID           // guarded by mu
}

// Held is a body in memory. It is never changed, so images share it.
type Held struct {
	chunks [][]byte // of equal length but for the last
	unit   int64
	size   int64
}

// NewMemory returns a store in memory that begins with bodies, which may be nil.
func NewMemory(bodies map[ID]*Held) *Memory {
	m := &Memory{bodies: maps.Clone(bodies)}
	if m.bodies == nil {
		m.bodies = map[ID]*Held{}
	}
	for id := range m.bodies {
		m.last = max(m.last, id)
	}
	return m
}

// Pause stops changes until resume is called.
func (m *Memory) Pause() (resume func()) {
	m.mu.Lock()
	return m.mu.Unlock
}

// Bodies returns all bodies. The store is paused, or nobody uses it.
func (m *Memory) Bodies() map[ID]*Held { return maps.Clone(m.bodies) }

// Create implements Store.
func (m *Memory) Create(size int64) (Draft, error) {
	held := &Held{unit: memoryChunk}
	if size > 0 && size < memoryChunk {
		held.unit = size
	}
	return &memoryDraft{store: m, held: held}, nil
}

type memoryDraft struct {
	store *Memory
	held  *Held
}

// Write implements io.Writer.
func (d *memoryDraft) Write(p []byte) (int, error) {
	d.held.append(p)
	return len(p), nil
}

// append adds to a body that is being made.
func (h *Held) append(p []byte) {
	for len(p) > 0 {
		last := len(h.chunks) - 1
		if last < 0 || int64(len(h.chunks[last])) == h.unit {
			h.chunks = append(h.chunks, make([]byte, 0, h.unit))
			last++
		}
		n := min(len(p), int(h.unit)-len(h.chunks[last]))
		h.chunks[last] = append(h.chunks[last], p[:n]...)
		h.size += int64(n)
		p = p[n:]
	}
}

// Keep implements Draft.
func (d *memoryDraft) Keep() (ID, error) {
	if last := len(d.held.chunks) - 1; last >= 0 {
		d.held.chunks[last] = slices.Clip(d.held.chunks[last])
	}
	return d.store.add(d.held), nil
}

// Drop implements Draft.
func (d *memoryDraft) Drop() {}

func (m *Memory) add(h *Held) ID {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last++
	m.bodies[m.last] = h
	return m.last
}

// Open implements Store.
func (m *Memory) Open(id ID) (Body, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	h, ok := m.bodies[id]
	if !ok {
		return nil, ErrNone
	}
	return h, nil
}

// Link implements Store.
func (m *Memory) Link(id ID) (ID, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h, ok := m.bodies[id]
	if !ok {
		return 0, ErrNone
	}
	m.last++
	m.bodies[m.last] = h
	return m.last, nil
}

// Remove implements Store.
func (m *Memory) Remove(ids ...ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		delete(m.bodies, id)
	}
	return nil
}

// Sweep implements Store. An image may hold bodies whose commit it has not.
func (m *Memory) Sweep(known func(from, to ID) ([]ID, error)) (s Swept, err error) {
	named, err := known(0, ^ID(0))
	if err != nil {
		return s, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	kept := make(map[ID]*Held, len(named))
	for _, id := range named {
		if h, ok := m.bodies[id]; ok {
			kept[id] = h
		} else {
			s.Missing = append(s.Missing, id)
		}
	}
	s.Removed = len(m.bodies) - len(kept)
	m.bodies = kept
	return s, nil
}

// ReadAt implements io.ReaderAt.
func (h *Held) ReadAt(p []byte, off int64) (n int, err error) {
	for n < len(p) {
		if off >= h.size {
			return n, io.EOF
		}
		chunk := h.chunks[off/h.unit]
		c := copy(p[n:], chunk[off%h.unit:])
		n, off = n+c, off+int64(c)
	}
	return n, nil
}

// Size implements Body.
func (h *Held) Size() int64 { return h.size }

// Close implements io.Closer.
func (h *Held) Close() error { return nil }
