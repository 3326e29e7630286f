package firehose

import (
	"context"
	"time"

	"sluice/store/log"
)

// maxBacklog is how many bytes of a Kinesis source may wait on one way. Beyond
// it the source is read no further: its records wait where they are, for as
// long as their retention lasts. Direct puts are bounded by their storage.
const maxBacklog = 256 << 20

// mostBacklog is the bound in force.
func (f *Firehose) mostBacklog() int64 {
	if f.config.MaxBacklog > 0 {
		return f.config.MaxBacklog
	}
	return maxBacklog
}

// measure counts what waited on the ways of a stream when the room was opened,
// as far as it matters: to sources, and to those who wait for somebody outside.
// Nothing moves yet.
func (f *Firehose) measure(ctx context.Context, s *stream) error {
	st := s.state.Load()
	if st.Source == nil && st.Destination.HTTP == nil && st.Destination.transform() == nil {
		return nil
	}
	for _, w := range s.ways() {
		for _, shard := range w.reads(st) {
			if err := f.measureLog(ctx, w, log.ID{Stream: st.ID, Shard: shard}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *Firehose) measureLog(ctx context.Context, w way, id log.ID) error {
	st := w.stream.state.Load()
	end, err := f.config.Log.Seek(ctx, id, log.Latest, time.Time{})
	if err != nil {
		return err
	}
	for at := w.position(id.Shard); at < end && w.cursor.backlog.Load() <= f.mostBacklog(); {
		page, err := f.config.Log.Read(ctx, id, at, log.Limit{Records: readRecords, Bytes: readBytes, Before: end})
		if err != nil {
			return err
		}
		for i := range page.Records {
			rec, err := unseal(&page.Records[i], st.sealed(id.Shard))
			if err != nil {
				page.Release()
				return err
			}
			w.cursor.backlog.Add(int64(len(rec.data)))
		}
		next := page.Next
		page.Release()
		if next <= at {
			return nil
		}
		at = next
	}
	return nil
}

// backlogged tells whether the source of a stream has to wait. Partitions may
// hold much together, and do so only when they cannot be delivered.
func (s *stream) backlogged(most int64) bool {
	held, trouble := int64(0), false
	for _, w := range s.ways() {
		n := w.cursor.backlog.Load()
		switch {
		case w.part != nil:
			held, trouble = held+n, trouble || w.cursor.trouble.Load() != nil
		case n > most:
			return true
		}
	}
	return trouble && held > most
}

// passed takes bytes off what waits on a way, and has the source read on when
// it was waiting for that.
func (w way) passed(bytes int64) {
	w.cursor.backlog.Add(-bytes)
	if r := w.stream.reader; r != nil && r.stalled.Load() && !w.stream.backlogged(r.room.mostBacklog()) {
		r.wake()
	}
}

// stall tells whether the source has to wait, and has it woken then.
func (r *reader) stall() bool {
	if !r.stream.backlogged(r.room.mostBacklog()) {
		r.stalled.Store(false)
		return false
	}
	if r.stalled.CompareAndSwap(false, true) {
		r.room.config.Logger.Warn("a delivery stream reads its source no further until more is delivered", "stream", r.stream.key.name, "source", r.source)
	}
	return r.stream.backlogged(r.room.mostBacklog()) // it may have become less before stalled was set
}
