package server

import (
	"sluice/server/wire"
)

// Memory that is used again, for the calls that come by the thousand. A request
// of 500 KB, its payloads decoded, and an answer of 60 KB made garbage of twice
// their size, which took a fifth of a PutRecords of small records.

// borrow has an input decoded into pooled memory, which goes back when the
// exchange ends. Only the operations of which wire knows that they keep nothing
// of their input get it.
func (x *exchange) borrow(a *attempt) {
	if !a.op.borrows {
		return
	}
	if x.memory, _ = x.s.memories.Get().(*wire.PutMemory); x.memory == nil {
		x.memory = new(wire.PutMemory)
	}
	x.blobs = x.s.buffers.get(len(a.request.Body))
	a.request.Blobs, a.request.Memory = (*x.blobs)[:cap(*x.blobs)], x.memory
}

// giveMemory gives back what was borrowed.
func (x *exchange) giveMemory() {
	if x.memory == nil {
		return
	}
	x.memory.Forget()
	x.s.memories.Put(x.memory)
	x.s.buffers.put(x.blobs)
	x.memory, x.blobs = nil, nil
}

// answerGathered writes an answer of middle size through a pooled buffer. Only
// of the lane it is certain that nobody looks at a buffer that was written.
func (x *exchange) answerGathered(r *wire.Response) {
	room := x.s.buffers.get(r.Length())
	x.reply(r.Status, r.Header, r.Gather(*room))
	if _, lane := x.w.(*laneAnswer); lane && x.manner == nil {
		x.s.buffers.put(room)
	}
}
