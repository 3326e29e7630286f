package pebblelog

import (
	"cmp"
	"encoding/binary"
	"slices"

	"sluice/store/engine"
)

// spreading is a batch under way that writes the blocks of bundles where they
// belong and removes the bundles.
type spreading struct {
	before uint64 // bundles below are in it
	size   int64  // of these bundles
	ticket *engine.Ticket
	done   chan struct{} // closed when it is decided
	err    error         // after done
}

// tidy forgets what a spreading has taken to its place. The stream's mu is held.
func (l *Log) tidy(st *stream) {
	sp := st.spreading
	if sp == nil {
		return
	}
	select {
	case <-sp.done:
	default:
		return
	}
	st.spreading = nil
	if sp.err != nil {
		return // all of it still waits
	}
	for _, s := range st.shards {
		n := 0
		for n < len(s.waiting) && s.waiting[n].bundle.number < sp.before {
			n++
		}
		if n > 0 { // readers may hold the old list; about as much will wait again
			s.waiting = append(make([]waiting, 0, len(s.waiting)), s.waiting[n:]...)
		}
	}
	st.bundled.Add(-sp.size)
	l.bundled.Add(-sp.size)
}

// relieve begins to spread bundles when too many wait: those of a stream that
// was just appended to and whose mu is held, or of another.
func (l *Log) relieve(st *stream) {
	limit := int64(l.bundling.Bytes)
	own := st.bundled.Load()
	crowded := l.bundled.Load() >= crowd*limit
	if own >= limit || crowded && own >= limit/crowd {
		l.try(st)
		return
	}
	if !crowded {
		return
	}
	// Of many streams that were written to a little each, perhaps long ago.
	if other := l.fullest(); other != nil && other != st && other.mu.TryLock() {
		defer other.mu.Unlock()
		l.try(other)
	}
}

// crowd is how many times the bytes of one stream may wait of all.
const crowd = 4

// looks is how many streams are looked at for one that is full.
const looks = 32

// fullest returns a stream of which much waits.
func (l *Log) fullest() (most *stream) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	seen, size := 0, int64(0)
	for _, st := range l.streams { // in random order
		if n := st.bundled.Load(); n > size {
			most, size = st, n
		}
		if seen++; seen == looks {
			break
		}
	}
	return most
}

// try begins to spread unless that is under way. A failure shows with the
// appends that follow; what waits goes on waiting.
func (l *Log) try(st *stream) {
	l.tidy(st)
	if st.deleted || st.spreading != nil || st.bundled.Load() == 0 {
		return
	}
	_ = l.spread(st)
}

// spread begins to spread all bundles of a stream whose mu is held. Nobody has
// to wait for it.
func (l *Log) spread(st *stream) error {
	b, err := l.engine.NewBatch(int(st.bundled.Load()*9/8) + 128)
	if err != nil {
		return err
	}
	b.Records = true
	var logs []*shard
	for _, s := range st.shards {
		if len(s.waiting) > 0 {
			logs = append(logs, s)
		}
	}
	// In the order of keys, which Pebble inserts faster.
	slices.SortFunc(logs, func(a, b *shard) int { return cmp.Compare(a.id.Shard, b.id.Shard) })
	for _, s := range logs {
		if err := l.spreadLog(b, s); err != nil {
			return err
		}
	}
	if err := b.DeleteRange(l.keys.bundle(st.id, 0), l.keys.bundle(st.id, st.next), nil); err != nil {
		return err
	}
	sp := &spreading{before: st.next, size: st.bundled.Load(), done: make(chan struct{})}
	sp.ticket = b.Submit(func(err error) {
		sp.err = err
		close(sp.done)
	})
	st.spreading = sp
	return nil
}

// settle spreads all bundles of a stream whose mu is held, and waits until
// that is durable.
func (l *Log) settle(st *stream) error {
	for st.spreading != nil || st.bundled.Load() > 0 {
		if st.spreading == nil {
			if err := l.spread(st); err != nil {
				return err
			}
		}
		err := st.spreading.ticket.Wait()
		l.tidy(st)
		if err != nil {
			return err
		}
	}
	return nil
}

// spreadLog writes what waits for one log, neighbours joined.
func (l *Log) spreadLog(b *engine.Batch, s *shard) error {
	rest := s.waiting
	var opened []block
	for len(rest) > 0 {
		if rest[0].bundle.failed.Load() {
			rest = rest[1:]
			continue
		}
		opened = opened[:0]
		n, size := 0, 0
		for n < len(rest) && joins(rest[:n], &rest[n], size) {
			o, err := openBlock(rest[n].value, rest[n].place, rest[n].bucket)
			if err != nil {
				return err
			}
			opened = append(opened, o)
			size += len(o.table) + len(o.payload)
			n++
		}
		if err := l.join(b, s, rest[:n], opened, size); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// joins tells whether a block can be joined to its neighbours.
func joins(before []waiting, w *waiting, size int) bool {
	if len(before) == 0 {
		return true
	}
	last := &before[len(before)-1]
	return last.bucket == w.bucket && last.place.last+1 == w.place.first() &&
		size+len(w.value) <= blockBytes && !w.bundle.failed.Load()
}

// join writes neighbours as one block.
func (l *Log) join(b *engine.Batch, s *shard, parts []waiting, opened []block, size int) error {
	bucket, at := parts[0].bucket, parts[len(parts)-1].place
	prefix := l.keys.blocks(bucket, s.id)
	at.count = 0
	runs := make([]byte, 0, 8*len(opened))
	n, last := 0, -1 // runs, and where the newest begins
	for i := range opened {
		count := opened[i].count
		at.count += count
		if i > 0 && parts[i].place.arrival == parts[i-1].place.arrival {
			before, _ := binary.Uvarint(runs[last:])
			count += int(before)
			runs = runs[:last]
			n--
		}
		last = len(runs)
		runs = binary.AppendUvarint(runs, uint64(count))
		runs = binary.AppendUvarint(runs, uint64(parts[i].place.arrival-opened[i].start))
		n++
	}
	room := 1 + uvarintLen(uint64(at.count)) + size
	if n > 1 {
		room += uvarintLen(uint64(n)) + len(runs)
	}
	op := b.SetDeferred(len(prefix)+blockSuffix, room)
	copy(op.Key, prefix)
	at.put(op.Key[len(prefix):], bucket)
	w := op.Value[:0]
	if n > 1 {
		w = binary.AppendUvarint(append(w, blockOfRuns), uint64(at.count))
		w = append(binary.AppendUvarint(w, uint64(n)), runs...)
	} else {
		w = binary.AppendUvarint(append(w, blockVersion), uint64(at.count))
	}
	for i := range opened {
		w = append(w, opened[i].table...)
	}
	for i := range opened {
		w = append(w, opened[i].payload...)
	}
	return op.Finish()
}
