package pebblelog

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"sluice/store/engine"
	"sluice/store/log"
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
	st, err := l.lock(batch[0].Log)
	if err != nil {
		return nil, translate(err)
	}
	defer st.mu.Unlock()
	c := &commit{placed: make([]log.Placed, len(batch))}
	if err := l.gather(st, batch, c); err != nil {
		c.forget()
		return nil, translate(err)
	}
	if len(c.touched) == 0 {
		return c, nil // every log was sealed
	}
	w := &writing{log: l, stream: st, batch: batch, commit: c, now: l.now().UnixMilli()}
	if err := w.run(size); err != nil {
		c.forget()
		return nil, translate(err)
	}
	if c.bundle != nil {
		l.relieve(st)
	}
	return c, nil
}

// commit is an append under way.
type commit struct {
	placed  []log.Placed
	touched []touch
	ticket  *engine.Ticket // nil when nothing was written
	bundle  *bundle        // nil when it was not bundled
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
	if err != nil {
		if c.bundle != nil {
			c.bundle.failed.Store(true)
		}
		return
	}
	for _, t := range c.touched {
		t.shard.durable.Store(t.end)
	}
}

// forget empties the lists of entries after an append that came to nothing.
func (c *commit) forget() {
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
	l, c, st := w.log, w.commit, w.stream
	blocks := len(c.touched) + size/blockBytes
	w.bundling = l.bundling.suits(len(c.touched), size)
	if w.bundling {
		w.bundle = append(make([]byte, 0, 1+size+(partRoom+8)*blocks), bundleVersion)
		c.bundle = &bundle{number: st.next}
	} else {
		// In the order of keys, which Pebble inserts faster.
		slices.SortFunc(c.touched, func(a, b touch) int { return cmp.Compare(a.shard.id.Shard, b.shard.id.Shard) })
	}
	if w.to, err = l.engine.NewBatch(size + 96*blocks + 64); err != nil {
		return err
	}
	w.to.Records = true
	for i := range c.touched {
		if err := w.one(&c.touched[i]); err != nil {
			return err
		}
	}
	if w.bundling {
		if err := w.to.Set(l.keys.bundle(st.id, st.next), w.bundle, nil); err != nil {
			return err
		}
		st.next++
		st.bundled.Add(int64(len(w.bundle)))
		l.bundled.Add(int64(len(w.bundle)))
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
		w.bundle = appendPart(w.bundle, s.id.Shard, bucket, p, size)
		at := len(w.bundle)
		w.bundle = slices.Grow(w.bundle, size)[:at+size]
		value := w.bundle[at : at+size : at+size]
		putBlock(value, w.batch, entries)
		s.waiting = append(s.waiting, waiting{bundle: w.commit.bundle, bucket: bucket, place: p, value: value})
		return nil
	}
	prefix := w.log.keys.blocks(bucket, s.id)
	op := w.to.SetDeferred(len(prefix)+blockSuffix, size)
	copy(op.Key, prefix)
	p.put(op.Key[len(prefix):], bucket)
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
