package firehose

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"sluice/store/kv"
	"sluice/store/log"
)

// With dynamic partitioning every partition has a buffer of its own, which
// closes by its own size and age. Records are sorted as soon as they arrive:
// each goes, with its keys, into the log of its partition, and that log is
// delivered as the log of a stream without partitions is.

// maxPartitions is how many partitions of a stream hold records at a time.
const maxPartitions = 500

// firstPartition is the log of the first partition; those below are rawLog and
// cookedLog.
const firstPartition = 2

// sortBytes is how much is sorted at a time.
const sortBytes = 1 << 20

const partitionPrefix = "partition\x00"

// partitionState is what is stored of a partition that holds records.
type partitionState struct {
	Format int `json:"v"`
	// Query and Lambda are the keys that its records share.
	Query  map[string]string `json:"query,omitempty"`
	Lambda map[string]string `json:"lambda,omitempty"`
	// Kind is that of failed records, which wait together.
	Kind string `json:"kind,omitempty"`
	// Position is how far its log is delivered.
	Position int64 `json:"position"`
}

// name tells partitions apart.
func (p *partitionState) name() string {
	return p.Kind + "/" + joined(p.Query) + "/" + joined(p.Lambda)
}

// partition is a partition that holds records.
type partition struct {
	shard  uint32
	cursor cursor
	state  partitionState // guarded by the pump's mu
}

// partitions are those of a stream.
type partitions struct {
	// mu lets one put records into partitions, or take an empty one away, at a
	// time. It comes before the pump's mu, which guards byName.
	mu     sync.Mutex
	byName map[string]*partition
	// trimmed is when what they have passed was last freed.
	trimmed time.Time
}

// trimPause is how often what partitions have passed is freed: looking for it
// visits all of them.
const trimPause = time.Minute

// trims tells whether it is time to free what partitions have passed.
func (p *pump) trims(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.parts.byName) > 0 && now.Sub(p.parts.trimmed) < trimPause {
		return false
	}
	p.parts.trimmed = now
	return true
}

// partitionKey is where the state of a partition is stored.
func (k streamKey) partitionKey(shard uint32) []byte {
	return fmt.Appendf(append(k.under(partitionPrefix), 0), "%04d", shard)
}

// partitionRange is all partitions of a stream.
func (k streamKey) partitionRange() kv.Range {
	return kv.Range{From: append(k.under(partitionPrefix), 0), To: append(k.under(partitionPrefix), 1)}
}

// loadPartitions reads the partitions that hold records.
func (f *Firehose) loadPartitions(ctx context.Context) error {
	return f.config.Space.Scan(ctx, []byte(partitionPrefix), after(partitionPrefix), false, func(key, value []byte) (bool, error) {
		parts := strings.Split(strings.TrimPrefix(string(key), partitionPrefix), "\x00")
		p := &partition{}
		if len(parts) != 4 {
			return false, fmt.Errorf("%q is not the key of a partition", key)
		}
		if _, err := fmt.Sscanf(parts[3], "%d", &p.shard); err != nil {
			return false, fmt.Errorf("%q is not the key of a partition", key)
		}
		if err := decode(value, &p.state); err != nil {
			return false, err
		}
		if s := f.streams[streamKey{parts[0], parts[1], parts[2]}]; s != nil {
			s.pump.parts.add(p)
		}
		return true, nil
	})
}

// add takes a partition in. The pump's mu is held, or nobody knows the stream.
func (p *partitions) add(one *partition) {
	if p.byName == nil {
		p.byName = map[string]*partition{}
	}
	p.byName[one.state.name()] = one
}

// each lists the partitions.
func (p *pump) each() (out []*partition) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.parts.byName {
		out = append(out, one)
	}
	return out
}

// holds tells whether a partition is still there.
func (p *pump) holds(one *partition) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.parts.byName[one.state.name()] == one
}

// sorted are records on their way into partitions.
type sorted struct {
	state   *streamState
	shard   uint32 // of the log they come from
	steps   *steps
	records []sortedRecord
	size    int   // of the records
	taken   int64 // of what they were made of
}

// sortedRecord is one of them.
type sortedRecord struct {
	to       partitionState
	envelope envelope
	data     []byte
}

// full implements filling.
func (l *sorted) full(*log.Record) bool { return l.size >= sortBytes }

// take implements filling.
func (l *sorted) take(ctx context.Context, r *log.Record) error {
	rec, err := unseal(r, l.state.sealed(l.shard))
	if err != nil {
		return err
	}
	l.taken += int64(len(rec.data))
	out := l.steps.apply(ctx, &rec)
	if err := ctx.Err(); err != nil {
		return err // which may be what failed the record
	}
	e := rec.envelope
	e.Arrival, e.Stored = millis(rec.arrival), millis(rec.stored)
	for i := range out.good {
		part := &out.good[i]
		l.add(partitionState{Format: stateFormat, Query: part.keys, Lambda: part.lambda}, e, part.data)
	}
	for i := range out.failed {
		bad := e
		bad.Failure = &out.failed[i].failure
		l.add(failedPartition(bad.Failure.Kind), bad, out.failed[i].original)
	}
	return nil
}

func failedPartition(kind string) partitionState {
	return partitionState{Format: stateFormat, Kind: kind}
}

func (l *sorted) add(to partitionState, e envelope, data []byte) {
	l.records = append(l.records, sortedRecord{to, e, bytes.Clone(data)})
	l.size += len(data)
}

// sort puts what has arrived into its partitions.
func (f *Firehose) sort(ctx context.Context, b *batches) error {
	for {
		st := b.way.stream.state.Load()
		if !st.active() {
			return nil
		}
		from, ok := b.turn(st)
		if !ok {
			return nil
		}
		steps, err := newSteps(&st.Destination, b.id.Shard == rawLog, true)
		if err != nil {
			return err
		}
		l := &sorted{state: st, shard: b.id.Shard, steps: steps}
		next, _, err := b.fill(ctx, l, from)
		if err != nil || next == from {
			return err
		}
		if err := f.place(ctx, b.way.stream, st, l.records); err != nil {
			return err
		}
		if err := f.advance(ctx, b.way, b.id.Shard, next); err != nil {
			return err
		}
		b.way.passed(l.taken)
	}
}

// place appends records to the logs of their partitions.
func (f *Firehose) place(ctx context.Context, s *stream, st *streamState, records []sortedRecord) error {
	s.pump.parts.mu.Lock()
	defer s.pump.parts.mu.Unlock()
	a := s.pump.assign(records)
	if len(records) == 0 {
		return nil
	}
	if err := f.begin(ctx, s, st, a.begun); err != nil {
		return err
	}
	var entries []log.Entry
	sizes, oldest := map[*partition]int64{}, map[*partition]int64{}
	for i := range records {
		r, p := &records[i], a.to[i]
		raw, err := r.envelope.seal(r.data)
		if err != nil {
			return err
		}
		entries = append(entries, log.Entry{Log: log.ID{Stream: st.ID, Shard: p.shard}, Data: raw})
		sizes[p] += int64(len(r.data))
		if at, some := oldest[p]; !some || r.envelope.Stored < at {
			oldest[p] = r.envelope.Stored
		}
	}
	commit, err := f.config.Log.Append(ctx, entries)
	if err == nil {
		err = commit.Wait()
	}
	if err != nil {
		return err
	}
	for p, size := range sizes {
		f.expect(way{stream: s, cursor: &p.cursor, part: p}, fromMillis(oldest[p]), size)
	}
	return nil
}

// assignment says which records go where.
type assignment struct {
	to    []*partition // of each record
	begun []*partition // those that are new

	there  map[string]*partition
	used   map[uint32]bool
	active int
}

// assign finds the partitions of records, and begins some. A record that would
// begin one too many fails. The partitions' mu is held.
func (p *pump) assign(records []sortedRecord) *assignment {
	a := &assignment{there: map[string]*partition{}, used: map[uint32]bool{}}
	for _, one := range p.each() {
		a.add(one)
	}
	for i := range records {
		a.to = append(a.to, a.find(&records[i]))
	}
	return a
}

func (a *assignment) add(one *partition) {
	a.there[one.state.name()], a.used[one.shard] = one, true
	if one.state.Kind == "" {
		a.active++
	}
}

func (a *assignment) find(r *sortedRecord) *partition {
	if there := a.there[r.to.name()]; there != nil {
		return there
	}
	if r.to.Kind == "" && a.active >= maxPartitions {
		r.envelope.Failure = &failure{Kind: processingFailed, Code: "DynamicPartitioning.ActivePartitionsLimitExceeded",
			Text: "The number of active partitions has reached its limit of 500.", Attempts: 1}
		r.to = failedPartition(processingFailed)
		return a.find(r)
	}
	one := &partition{shard: firstPartition, state: r.to}
	for a.used[one.shard] {
		one.shard++
	}
	a.add(one)
	a.begun = append(a.begun, one)
	return one
}

// begin stores new partitions.
func (f *Firehose) begin(ctx context.Context, s *stream, st *streamState, begun []*partition) error {
	if len(begun) == 0 {
		return nil
	}
	var ids []log.ID
	for _, one := range begun {
		ids = append(ids, log.ID{Stream: st.ID, Shard: one.shard})
	}
	if err := f.config.Log.Create(ctx, ids); err != nil {
		return err
	}
	var b kv.Batch
	for i, one := range begun {
		var err error
		if one.state.Position, err = f.config.Log.Seek(ctx, ids[i], log.Latest, time.Time{}); err != nil {
			return err
		}
		raw, err := encode(&one.state)
		if err != nil {
			return err
		}
		b.Set(s.key.partitionKey(one.shard), raw)
	}
	if err := f.config.Space.Commit(ctx, &b); err != nil {
		return err
	}
	s.pump.mu.Lock()
	defer s.pump.mu.Unlock()
	for _, one := range begun {
		s.pump.parts.add(one)
	}
	return nil
}

// advancePart stores how far the log of a partition is delivered.
func (f *Firehose) advancePart(ctx context.Context, w way, position int64) error {
	p := &w.stream.pump
	p.mu.Lock()
	defer p.mu.Unlock()
	next := w.part.state
	next.Position = max(next.Position, position)
	raw, err := encode(&next)
	if err != nil {
		return err
	}
	var b kv.Batch
	b.Set(w.stream.key.partitionKey(w.part.shard), raw)
	if err := f.config.Space.Commit(ctx, &b); err != nil {
		return err
	}
	w.part.state = next
	return nil
}

// retire takes a partition away that holds nothing any more. Its log stays,
// for a partition to come.
func (f *Firehose) retire(ctx context.Context, w way) error {
	p := &w.stream.pump
	p.parts.mu.Lock()
	defer p.parts.mu.Unlock()
	end, err := f.config.Log.Seek(ctx, log.ID{Stream: w.stream.state.Load().ID, Shard: w.part.shard}, log.Latest, time.Time{})
	if err != nil || end > w.position(w.part.shard) {
		return err
	}
	var b kv.Batch
	b.Delete(w.stream.key.partitionKey(w.part.shard))
	if err := f.config.Space.Commit(ctx, &b); err != nil {
		return err
	}
	p.mu.Lock()
	delete(p.parts.byName, w.part.state.name())
	p.mu.Unlock()
	w.passed(0)
	w.part.cursor.stop()
	return nil
}
