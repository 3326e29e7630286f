package poller

import "sync"

const (
	// defaultMemory is what the records of all mappings may weigh together when
	// nobody says.
	defaultMemory = 64 << 20
	// scantBytes and scantPage are what a read aims at once the memory is used
	// up: a shard that holds nothing always gets that much, so that a function
	// that hangs stops its own mapping and no other.
	scantBytes = 32 << 10
	// scantFirst is the most records of such a read when nothing is known of
	// their size.
	scantFirst = 16
)

// memory is what the records that the mappings of a process have read, and the
// events made of them, may weigh together. Nothing is refused: once it is used
// up, shards that hold records read no further, and others read little at a
// time. So it is exceeded by a small page, or one record, of each shard that
// has something to do, whatever becomes of the functions.
//
// A page that several mappings share is charged to each of them. They then
// read in small pages early; what was given up for that is to know when the
// last of them has let go of it.
type memory struct {
	limit int

	mu     sync.Mutex
	held   int                 // guarded by mu
	hungry map[*shard]struct{} // guarded by mu; those that would read on
}

// add charges n bytes, or gives them back. It returns who can go on now.
func (m *memory) add(n int) (fed map[*shard]struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held += n
	// Some room first, or each record would wake everybody.
	if m.held > m.limit-m.limit/4 {
		return nil
	}
	fed, m.hungry = m.hungry, nil
	return fed
}

// full reports whether the memory is used up.
func (m *memory) full() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.held >= m.limit
}

// await has a shard fed once there is room again. It reports false when there is.
func (m *memory) await(s *shard) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held < m.limit {
		return false
	}
	if m.hungry == nil {
		m.hungry = map[*shard]struct{}{}
	}
	m.hungry[s] = struct{}{}
	return true
}

// leave forgets a shard that waits no longer.
func (m *memory) leave(s *shard) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.hungry, s)
}

// charge charges n bytes, or gives them back, and has those go on who waited.
func (r *Readers) charge(n int) {
	if n == 0 {
		return
	}
	for s := range r.memory.add(n) {
		release := r.config.Hold("records that waited for memory")
		r.soon(func() { defer release(); s.fed() })
	}
}
