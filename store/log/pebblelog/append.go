package pebblelog

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"sluice/store/engine"
	"sluice/store/log"
	"sluice/store/ring"
)

// Append implements log.Log. It assigns positions and encodes the batch; the
// write itself is led by whoever waits first.
func (l *Log) Append(_ context.Context, batch []log.Entry) (log.Commit, error) {
	if len(batch) == 0 {
		return &commit{}, nil
	}
	if err := log.CheckBatch(batch); err != nil {
		return nil, err
	}
	size := 0
	for i := range batch {
		size += recordSize(&batch[i])
	}
	if err := l.engine.Admit(size); err != nil {
		return nil, translate(err)
	}
	c, err := l.append(batch, size, true)
	if crowded(err) {
		c, err = l.appendCrowded(batch, size)
	}
	if err != nil {
		return nil, translate(err)
	}
	return c, nil
}

// crowded tells whether an append failed for want of space in the ring.
func crowded(err error) bool { return errors.Is(err, ring.ErrCrowded) || errors.Is(err, ring.ErrSpent) }

// appendCrowded is append for who has found the ring full: it waits for space, and
// does without the ring when none can be made.
func (l *Log) appendCrowded(batch []log.Entry, size int) (*commit, error) {
	for bundling := true; ; {
		round := l.spreader.current() // before the try, so that no end is missed
		c, err := l.append(batch, size, bundling)
		switch {
		case errors.Is(err, ring.ErrCrowded):
			l.relieve(true)
		case errors.Is(err, ring.ErrSpent):
			round = l.harden()
		default:
			return c, err
		}
		<-round.over
		bundling = round.err == nil
	}
}

// append is Append to a ring that may have no room.
func (l *Log) append(batch []log.Entry, size int, bundling bool) (*commit, error) {
	st, err := l.lock(batch[0].Log)
	if err != nil {
		return nil, err
	}
	defer st.mu.Unlock()
	c := &commit{log: l, placed: make([]log.Placed, len(batch))}
	c.touched = c.few[:0]
	if err := l.gather(st, batch, c); err != nil {
		c.forget()
		return nil, err
	}
	if len(c.touched) == 0 {
		return c, nil // every log was sealed
	}
	w := &writing{log: l, stream: st, batch: batch, commit: c, now: l.now().UnixMilli()}
	w.bundling = bundling && st.settling == 0 && l.paused.Load() == 0 && l.bundling.suits(len(c.touched), size)
	if err := w.run(size); err != nil {
		c.forget()
		return nil, err
	}
	if c.bundle != nil {
		l.relieve(false)
	}
	return c, nil
}

// commit is an append under way.
type commit struct {
	log     *Log
	placed  []log.Placed
	touched []touch
	few     [4]touch       // the memory of touched, as far as it goes
	ticket  *engine.Ticket // nil when nothing was written
	bundle  *bundle        // nil when it was not bundled
	frame   *frame         // nil when it goes to no payload file
}

// touch is a log's part in an append.
type touch struct {
	shard *shard
	end   int64 // the position after the last one
}

// Placed implements log.Commit.
func (c *commit) Placed() []log.Placed { return c.placed }

// Wait implements log.Commit.
func (c *commit) Wait() error {
	if c.ticket == nil {
		return nil
	}
	return translate(c.ticket.Wait())
}

// settle moves the durable ends. The engine calls it in order of submission.
func (c *commit) settle(err error) {
	if c.frame != nil {
		c.frame.end(err == nil, &c.log.doubts)
	}
	if err != nil {
		if c.bundle != nil {
			c.bundle.failed.Store(true)
		}
		return
	}
	c.log.settled(nil)
	for _, t := range c.touched {
		t.shard.durable.Store(t.end)
	}
}

// forget empties the lists of entries after an append that came to nothing.
func (c *commit) forget() {
	if c.frame != nil {
		c.frame.end(false, &c.log.doubts)
	}
	for _, t := range c.touched {
		t.shard.gathered = t.shard.gathered[:0]
	}
}

// gather sorts the entries by log. Those of sealed logs are refused here.
func (l *Log) gather(st *stream, batch []log.Entry, c *commit) error {
	var s *shard
	for i := range batch {
		if s == nil || s.id != batch[i].Log {
			var err error
			if s, err = l.shard(st, batch[i].Log); err != nil {
				return err
			}
		}
		if s.sealed {
			c.placed[i].Err = fmt.Errorf("%v: %w", s.id, log.ErrSealed)
			continue
		}
		if len(s.gathered) == 0 {
			c.touched = append(c.touched, touch{shard: s})
		}
		s.gathered = append(s.gathered, int32(i))
	}
	return nil
}

// writing encodes an append.
type writing struct {
	log    *Log
	stream *stream // its mu is held
	batch  []log.Entry
	commit *commit
	now    int64

	to       *engine.Batch
	bundling bool
	bundle   []byte // what gathers when the append is bundled
}

// run writes the entries of all logs and submits them. size is that of the records.
func (w *writing) run(size int) (err error) {
	l, c := w.log, w.commit
	blocks := len(c.touched) + size/blockBytes
	room := size + 96*blocks + 64
	coarse := !w.bundling && l.coarse.suits(len(c.touched), size)
	switch {
	case w.bundling:
		room = 96
	case coarse:
		room = 128 * (blocks + len(c.touched))
	}
	if w.to, err = l.engine.NewBatch(room); err != nil {
		return err
	}
	w.to.Records = true
	if err := w.take(bundleHead + size + (partRoom+blockHead)*blocks); err != nil {
		_ = w.to.Close()
		return err
	}
	if coarse && w.beginFrame(size) != nil {
		c.frame = nil // the folder cannot be looked into: it goes where the others go
	}
	if !w.bundling {
		// In the order of keys, which Pebble inserts faster.
		slices.SortFunc(c.touched, func(a, b touch) int { return cmp.Compare(a.shard.id.Shard, b.shard.id.Shard) })
	}
	for i := range c.touched {
		if err := w.one(&c.touched[i]); err != nil {
			return err
		}
	}
	if w.bundling {
		if err := w.point(); err != nil {
			return err
		}
	}
	if c.frame != nil {
		c.frame.run.Shrink(len(c.frame.bytes))
	}
	c.ticket = w.to.Submit(c.settle)
	return nil
}

// one encodes one log's entries, in blocks, and places them.
func (w *writing) one(t *touch) error {
	s, batch := t.shard, w.batch
	s.last = max(s.last, w.now)
	bucket := bucketOf(s.last)
	if err := w.log.ensureIndexed(w.to, s, bucket); err != nil {
		return err
	}
	arrival := time.UnixMilli(s.last).UTC()
	rest := s.gathered
	for len(rest) > 0 {
		n, size := 1, recordSize(&batch[rest[0]])
		for n < len(rest) && size < blockBytes {
			add := recordSize(&batch[rest[n]])
			if size+add > blockBytes {
				break
			}
			size += add
			n++
		}
		for i, at := range rest[:n] {
			w.commit.placed[at].Position, w.commit.placed[at].Arrival = s.next+int64(i), arrival
		}
		s.next += int64(n)
		if err := w.block(s, bucket, rest[:n], blockSize(n, size)); err != nil {
			return err
		}
		rest = rest[n:]
	}
	s.gathered = s.gathered[:0]
	t.end = s.next
	return nil
}

// block writes the entries that come before s.next, which take size bytes.
func (w *writing) block(s *shard, bucket uint32, entries []int32, size int) error {
	p := place{last: s.next - 1, arrival: s.last, count: len(entries)}
	if w.bundling {
		s.waiting = append(s.waiting, waiting{number: uint32(w.commit.bundle.number), at: uint32(len(w.bundle))})
		w.bundle = appendPart(w.bundle, w.now, s.id.Shard, p, size)
		at := len(w.bundle)
		w.bundle = w.bundle[:at+size] // there is room, see take
		value := w.bundle[at : at+size : at+size]
		putBlock(value, w.batch, entries)
		return nil
	}
	if w.commit.frame != nil {
		return w.framed(s, bucket, p, entries, size)
	}
	k := w.log.keys
	op := w.to.SetDeferred(k.blockBytes(), size)
	k.putBlock(op.Key, bucket, s.id, p)
	putBlock(op.Value, w.batch, entries)
	return op.Finish()
}

// ensureIndexed adds the index row of a bucket with the first block in it.
func (l *Log) ensureIndexed(b *engine.Batch, s *shard, bucket uint32) error {
	n := len(s.buckets)
	if n == 0 || s.buckets[n-1].bucket != bucket {
		// A new array when full, else a new element: readers keep the old slice.
		s.buckets = append(s.buckets, bucketRef{bucket: bucket, first: s.next})
		n++
	} else if s.indexed == b.Epoch() {
		return nil
	}
	s.indexed = b.Epoch()
	var value [8]byte
	binary.BigEndian.PutUint64(value[:], uint64(s.buckets[n-1].first))
	return b.Set(l.keys.index(s.id, bucket), value[:], nil)
}

// translate gives the engine's errors the names of the contract.
func translate(err error) error {
	if errors.Is(err, engine.ErrFull) {
		return fmt.Errorf("%w: %w", log.ErrFull, err)
	}
	return err
}

// take takes space for the bundle that gathers, of up to n bytes. Without a
// ring the append is written as others are.
func (w *writing) take(n int) error {
	if !w.bundling {
		return nil
	}
	space, err := w.log.ring.Take(n)
	if crowded(err) {
		return err
	}
	if err != nil {
		w.log.relieve(errors.Is(err, ring.ErrBroken)) // it is whole again once it is empty
		w.bundling = false
		return nil
	}
	if w.log.ring.Inherited() {
		w.log.inherit()
	}
	w.bundle = beginBundle(space.Bytes[:0], w.now)
	w.commit.bundle = &bundle{number: w.stream.next, space: space}
	return nil
}

// point adds the row of the bundle that has gathered, and enters it.
func (w *writing) point() error {
	l, st, bu := w.log, w.stream, w.commit.bundle
	bu.value = w.bundle
	l.ring.Shrink(&bu.space, len(bu.value))
	row := appendPointer(make([]byte, 0, 32), crc32.Checksum(bu.value, castagnoli), bu.space.Ref(len(bu.value)))
	if err := w.to.Set(l.keys.bundle(st.id, bu.number), row, nil); err != nil {
		return err
	}
	w.to.Before = func() error { return l.ring.Write(&bu.space, len(bu.value)) }
	w.to.During = func() error { return l.ring.Sync(&bu.space) }
	w.to.Beside = len(bu.value)
	st.bundles, st.next = append(st.bundles, bu), st.next+1
	st.bundled += int64(len(bu.value))
	l.bundled.Add(int64(len(bu.value)))
	if len(st.bundles) == 1 { // or it is entered
		l.spreader.enter(st)
	}
	return nil
}
