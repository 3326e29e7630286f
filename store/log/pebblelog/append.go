package pebblelog

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
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
	b, err := l.engine.NewBatch(size + 96*(len(c.touched)+size/blockBytes) + 64)
	if err != nil {
		c.forget()
		return nil, translate(err)
	}
	now := l.now().UnixMilli()
	for i := range c.touched {
		if err := l.write(b, &c.touched[i], batch, c.placed, now); err != nil {
			c.forget()
			return nil, err
		}
	}
	c.ticket = b.Submit(c.settle)
	return c, nil
}

// commit is an append under way.
type commit struct {
	placed  []log.Placed
	touched []touch
	ticket  *engine.Ticket // nil when nothing was written
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

// write encodes one log's entries, in blocks, and places them.
func (l *Log) write(b *engine.Batch, t *touch, batch []log.Entry, placed []log.Placed, now int64) error {
	s := t.shard
	s.last = max(s.last, now)
	bucket := bucketOf(s.last)
	if err := l.ensureIndexed(b, s, bucket); err != nil {
		return err
	}
	arrival := time.UnixMilli(s.last).UTC()
	prefix := l.keys.blocks(bucket, s.id)
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
			placed[at].Position, placed[at].Arrival = s.next+int64(i), arrival
		}
		s.next += int64(n)
		op := b.SetDeferred(len(prefix)+blockSuffix, blockSize(n, size))
		copy(op.Key, prefix)
		place{last: s.next - 1, arrival: s.last, count: n}.put(op.Key[len(prefix):], bucket)
		putBlock(op.Value, batch, rest[:n])
		if err := op.Finish(); err != nil {
			return err
		}
		rest = rest[n:]
	}
	s.gathered = s.gathered[:0]
	t.end = s.next
	return nil
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
