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

// keptRecords bounds the lists of records that are used again. It is what the
// largest read of a service asks for, and a little more.
const keptRecords = 16 << 10

// pools hold the memory of released pages.
type pools struct {
	chunks  sync.Pool // of *chunk
	records sync.Pool // of *[]log.Record
}

// page is the memory of a log.Page.
type page struct {
	pools   *pools
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
		c, ok := p.pools.chunks.Get().(*chunk)
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

// list takes a list of records in use, at the first of them.
func (p *page) list() {
	if p.records != nil {
		return
	}
	if kept, ok := p.pools.records.Get().(*[]log.Record); ok {
		p.records = *kept
	}
}

// release gives the memory back.
func (p *page) release() {
	for _, c := range p.taken {
		p.pools.chunks.Put(c)
	}
	if n := cap(p.records); n > 0 && n <= keptRecords {
		records := p.records[:0]
		clear(p.records)
		p.pools.records.Put(&records)
	}
	p.taken, p.free, p.records = nil, nil, nil
}
