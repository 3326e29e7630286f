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

// pools hold the memory of released pages, and of frames.
type pools struct {
	chunks  sync.Pool             // of *chunk
	records sync.Pool             // of *[]log.Record
	frames  [frameSizes]sync.Pool // of *[]byte
}

// page is the memory of a log.Page.
type page struct {
	pools   *pools
	records []log.Record
	taken   []*chunk
	free    []byte // the rest of the newest chunk
	keys    []byte // the rest of the newest chunk of keys
}

// copied returns a copy of b in the page's memory.
func (p *page) copied(b []byte) []byte {
	c := p.take(len(b))
	copy(c, b)
	return c
}

// take returns n bytes of the page's memory, which hold anything.
func (p *page) take(n int) []byte {
	if p.room(n) == 0 {
		return make([]byte, n)
	}
	b := p.free[:n:n]
	p.free = p.free[n:]
	return b
}

// room sees to it that the next n bytes, and what else it returns, are one piece
// of the memory that is used again. It returns 0 if they are too much for that.
func (p *page) room(n int) int {
	if n > len(p.free) {
		if n > chunkBytes/2 {
			return 0
		}
		p.free = p.chunk()
	}
	return len(p.free)
}

func (p *page) chunk() []byte {
	c, ok := p.pools.chunks.Get().(*chunk)
	if !ok {
		c = new(chunk)
	}
	p.taken = append(p.taken, c)
	return c[:]
}

// keyApart is up to what length keys are copied once more.
const keyApart = 64

// key returns a partition key, which stands before its payload in the page. In a
// page of many megabytes each key is then the one cache line of its record that
// is not in the cache any more when an answer is counted, so there the keys,
// while they still are, are put side by side.
func (p *page) key(b []byte) string {
	if len(p.taken) <= 1 || len(b) > keyApart {
		return text(b)
	}
	if len(b) > len(p.keys) {
		p.keys = p.chunk()
	}
	k := p.keys[:len(b):len(b)]
	p.keys = p.keys[len(b):]
	copy(k, b)
	return text(k)
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
	p.taken, p.free, p.keys, p.records = nil, nil, nil, nil
}
