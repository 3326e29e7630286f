package pebblelog

import (
	"sync"

	"sluice/store/log"
)

// chunkBytes is the unit in which pages take memory. Chunks are used again;
// larger pieces, for records that do not fit, are left to the collector so
// that one huge read does not pin memory for ever.
const chunkBytes = 256 << 10

// chunk is the memory of one or many records.
type chunk [chunkBytes]byte

// page is the memory of a log.Page.
type page struct {
	pool    *sync.Pool // of *chunk
	records []log.Record
	taken   []*chunk
	free    []byte // the rest of the newest chunk
}

// copied returns a copy of b in the page's memory.
func (p *page) copied(b []byte) []byte {
	if len(b) > len(p.free) {
		if len(b) > chunkBytes/2 {
			return append([]byte(nil), b...)
		}
		c, ok := p.pool.Get().(*chunk)
		if !ok {
			c = new(chunk)
		}
		p.taken = append(p.taken, c)
		p.free = c[:]
	}
	c := p.free[:len(b):len(b)]
	p.free = p.free[len(b):]
	copy(c, b)
	return c
}

// release gives the memory back.
func (p *page) release() {
	for _, c := range p.taken {
		p.pool.Put(c)
	}
	p.taken, p.free, p.records = nil, nil, nil
}
