package pebblelog

import (
	"errors"
	"fmt"

	"sluice/store/engine"
	"sluice/store/payload"
)

// This file is on the path of every record that is read from a payload file.
// Blocks that stand one behind the other there, as those of one append to a log
// do, are read with one pread(2), straight into the memory of the page, and stay
// where they are: the records point into them, tables and all. So a payload is
// touched twice on its way, by the kernel and by its checksum, which finds it in
// the processor's cache. Pebble would take new memory for each block, clear it,
// and leave it to the collector.

// gathered are neighbouring blocks that are to be read together. All are of one
// bucket.
type gathered struct {
	places  []place
	refs    []payload.Ref
	bytes   int
	records int
	room    int // how many bytes fit the page's memory in one piece
}

// gather takes up a block, and reads what was gathered before if the block is
// not its neighbour. What is wanted by a page with limits is not exceeded by
// more than the last block.
func (r *reading) gather(p place, bucket uint32, value []byte) error {
	ref, err := refOf(value)
	if err != nil {
		return err
	}
	g, n := &r.gathered, int(ref.Length)
	if k := len(g.refs); k > 0 && (g.refs[k-1].File != ref.File || g.refs[k-1].End() != int64(ref.Offset) || g.bytes+n > g.room) {
		if err := r.fetch(bucket); err != nil || r.full {
			return err
		}
	}
	if len(g.refs) == 0 {
		if len(r.page.records) >= r.limit.Records {
			r.from, r.full = max(r.from, p.first()), true
			return nil
		}
		g.room = r.page.room(n)
	}
	g.places, g.refs = append(g.places, p), append(g.refs, ref)
	g.bytes += n
	g.records += p.count
	if len(r.page.records)+g.records >= r.limit.Records || r.bytes+g.bytes >= r.limit.Bytes {
		return r.fetch(bucket)
	}
	return nil
}

// fetch reads what was gathered and takes from it what is wanted.
func (r *reading) fetch(bucket uint32) error {
	g := &r.gathered
	if len(g.refs) == 0 {
		return nil
	}
	b := r.page.take(g.bytes)
	err := r.log.files.Fetch(r.id.Stream, g.refs[0].File, int64(g.refs[0].Offset), b)
	if r.last && errors.Is(err, payload.ErrGone) {
		err = fmt.Errorf("%w: %w", engine.ErrDamaged, err)
	}
	for i := 0; err == nil && i < len(g.refs) && !r.full; i++ {
		ref := &g.refs[i]
		n := int(ref.Length)
		block := b[:n:n]
		b = b[n:]
		if !ref.Fits(block) {
			err = r.log.files.Damaged(r.id.Stream, *ref)
			break
		}
		err = r.block(g.places[i], bucket, block, true)
	}
	g.places, g.refs, g.bytes, g.records = g.places[:0], g.refs[:0], 0, 0
	return err
}
