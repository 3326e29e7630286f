package pebblelog

import (
	"sync"

	"sluice/store/engine"
	"sluice/store/payload"
)

// Coarse appends.
//
// A block in the database is written twice: to the write-ahead log, and to a
// file of values when the memtable is written out. For an append of half a
// megabyte, two thirds of what it costs is write(2). So an append that is large,
// with much for each of its logs, puts its blocks one behind the other into a
// frame, which goes to the stream's newest payload file with one write(2), and
// the database gets a row of some sixty bytes for each, which points there
// (pointer.go). Who leads the engine's queue writes the frame right before it
// commits the rows; so no row is ever there without its block, and what a power
// failure leaves the engine cuts before a row without one.

// Coarse says which appends go to payload files. Zero fields have their defaults.
type Coarse struct {
	// Bytes is the least that an append must hold (default 32 KiB), and LogBytes
	// the least for each of its logs on average (default 8 KiB).
	Bytes, LogBytes int
	// FileBytes is the size at which a payload file is full (default 64 MiB), and
	// OpenFiles how many are kept open (default 64).
	FileBytes int64
	OpenFiles int
}

func (c *Coarse) fill() {
	if c.Bytes == 0 {
		c.Bytes = 32 << 10
	}
	if c.LogBytes == 0 {
		c.LogBytes = 8 << 10
	}
}

// suits tells whether an append goes to a payload file.
func (c *Coarse) suits(logs, bytes int) bool { return bytes >= c.Bytes && bytes >= logs*c.LogBytes }

// frame is what a coarse append writes.
type frame struct {
	run     payload.Run
	bytes   []byte
	written bool // and its rows may have been
	// kept is memory to be used again, and pool where it came from; nil if it is
	// left to the collector.
	kept *[]byte
	pool *sync.Pool
}

// blockHead is the most that a block of version 1 has before its table.
const blockHead = 1 + 5

// frameRoom is the most that the blocks of an append take: of two neighbours of
// a log the second did not fit into the first.
func frameRoom(logs, size int) int { return size + blockHead*(logs+2*size/blockBytes+1) }

// frame begins a frame for the entries that were gathered, of size bytes.
func (w *writing) beginFrame(size int) error {
	bucket := bucketOf(w.now)
	for _, t := range w.commit.touched {
		bucket = max(bucket, bucketOf(t.shard.last))
	}
	n := frameRoom(len(w.commit.touched), size)
	f := &frame{}
	if err := w.stream.folder(w.log).Reserve(&f.run, bucket, n); err != nil {
		return err
	}
	w.log.pools.frame(f, n)
	w.commit.frame = f
	w.to.Before, w.to.During, w.to.Beside = f.write, f.run.Sync, n
	return nil
}

// folder is that of the stream's payload files. Its mu is held.
func (st *stream) folder(l *Log) *payload.Folder {
	if st.files == nil {
		st.files = l.files.Folder(st.id)
	}
	return st.files
}

// write writes the frame. The queue calls it, once at most.
func (f *frame) write() error {
	err := f.run.Write(f.bytes)
	f.written = err == nil
	return err
}

// end tells the run its outcome, and gives the memory back.
func (f *frame) end(committed bool, d *doubts) {
	switch {
	case committed:
		f.run.Keep()
	case f.written:
		d.add(&f.run)
	default:
		f.run.Drop()
	}
	if f.pool != nil {
		f.pool.Put(f.kept)
	}
	f.bytes, f.kept, f.pool = nil, nil, nil
}

// framed adds a block to the frame, and its row.
func (w *writing) framed(s *shard, bucket uint32, p place, entries []int32, size int) error {
	f := w.commit.frame
	at := len(f.bytes)
	f.bytes = f.bytes[:at+size] // there is room, see frameRoom
	block := f.bytes[at : at+size : at+size]
	putBlock(block, w.batch, entries)
	return w.log.pointTo(w.to, s, bucket, p, f.run.Ref(at, block))
}

// pointTo adds the row of a block that is in a payload file.
func (l *Log) pointTo(to *engine.Batch, s *shard, bucket uint32, p place, ref payload.Ref) error {
	op := to.SetDeferred(l.keys.blockBytes(), pointerBytes)
	l.keys.putBlock(op.Key, bucket, s.id, p)
	putPointer(op.Value, ref)
	return op.Finish()
}

// Frames are used again, by size: powers of two from smallFrame up. Larger ones
// are left to the collector, so that one huge append does not pin memory.
const (
	smallFrame = 64 << 10
	frameSizes = 7 // up to 4 MiB
)

// frame gives a frame memory for n bytes.
func (p *pools) frame(f *frame, n int) {
	size := smallFrame
	for i := range p.frames {
		if n > size {
			size *= 2
			continue
		}
		f.pool = &p.frames[i]
		var ok bool
		if f.kept, ok = f.pool.Get().(*[]byte); !ok {
			b := make([]byte, 0, size)
			f.kept = &b
		}
		f.bytes = *f.kept
		return
	}
	f.bytes = make([]byte, 0, n)
}
