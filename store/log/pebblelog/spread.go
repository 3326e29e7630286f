package pebblelog

import (
	"cmp"
	"slices"
	"sync"

	"sluice/store/engine"
	"sluice/store/payload"
)

// spreader sees to it that not too much waits in bundles. A goroutine runs
// while there is too much and takes the streams in the order in which
// something began to wait, as the ring gets its space back then.
type spreader struct {
	// mu guards the fields below. It is taken after a stream's.
	mu      sync.Mutex
	due     []*stream // something waits, the oldest first
	busy    bool
	closed  bool
	wanted  bool   // somebody waits for space
	round   *round // the spreading under way, or the next one
	harden  *round // the hardening under way
	running sync.WaitGroup
}

// round is one spreading, of any stream, or one hardening.
type round struct {
	over chan struct{}
	err  error // after over
}

// enter notes that something waits in a stream.
func (s *spreader) enter(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !st.due {
		st.due = true
		s.due = append(s.due, st)
	}
}

// take returns the stream to spread next, nil when there is no need to, or
// nothing.
func (s *spreader) take(much bool) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.due) == 0 || s.closed || !much && !s.wanted {
		return nil
	}
	s.wanted = false
	st := s.due[0]
	s.due[0] = nil
	s.due, st.due = s.due[1:], false
	return st
}

// current returns the round to wait for.
func (s *spreader) current() *round {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.round == nil {
		s.round = &round{over: make(chan struct{})}
	}
	return s.round
}

// end ends a round, and if it is the last one, the spreading.
func (s *spreader) end(err error, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.round != nil {
		s.round.err = err
		close(s.round.over)
		s.round = nil
	}
	if last {
		s.busy, s.wanted = false, false // who wants more has been woken and asks again
	}
}

// crowded tells whether enough waits to be spread.
func (l *Log) crowded() bool { return l.bundled.Load() >= int64(l.bundling.Bytes) }

// relieve begins to spread bundles when too many wait, or when somebody waits
// for space.
func (l *Log) relieve(wanted bool) {
	if !wanted && !l.crowded() {
		return
	}
	s := &l.spreader
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wanted = s.wanted || wanted
	if !s.busy && !s.closed {
		s.busy = true
		s.running.Go(l.spreadDue)
	}
}

// spreadDue spreads while too much waits. A failure shows with the appends
// that follow; what waits goes on waiting.
func (l *Log) spreadDue() {
	for last := false; !last; {
		var err error
		st := l.spreader.take(l.crowded())
		if st != nil {
			st.mu.Lock()
			err = l.spread(st)
			st.mu.Unlock()
		}
		last = st == nil || err != nil
		l.spreader.end(err, last)
	}
}

// harden begins to make durable that what was spread needs the ring no more, if
// nobody does. The round ends when its files can be written over.
func (l *Log) harden() *round {
	s := &l.spreader
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.harden
	if r != nil {
		return r
	}
	r = &round{over: make(chan struct{})}
	if s.closed {
		close(r.over)
		return r
	}
	s.harden = r
	s.running.Go(func() {
		r.err = l.ring.Reuse(l.engine.Harden)
		s.mu.Lock()
		s.harden = nil
		s.mu.Unlock()
		close(r.over)
	})
	return r
}

// spread spreads what waits in a stream whose mu is held, and lets go of mu
// meanwhile. Of those who want to, one does at a time.
func (l *Log) spread(st *stream) error {
	for st.spreading {
		st.spread.Wait()
	}
	if st.deleted || len(st.bundles) == 0 {
		return nil
	}
	st.spreading = true
	job := &spreading{log: l, stream: st, files: st.folder(l), before: st.next, held: held{bundles: st.bundles, base: st.base()}}
	for _, s := range st.shards {
		if len(s.waiting) > 0 {
			job.logs = append(job.logs, spreadLog{s, s.waiting})
		}
	}
	st.mu.Unlock()
	err := job.run()
	st.mu.Lock()
	if err == nil {
		l.forget(st, job)
	}
	if len(st.bundles) > 0 {
		l.spreader.enter(st)
	}
	st.spreading = false
	st.spread.Broadcast()
	return err
}

// forget lets go of what was spread. The stream's mu is held.
func (l *Log) forget(st *stream, job *spreading) {
	for _, done := range job.logs {
		s, n := done.shard, len(done.waiting)
		// Readers may hold the old list; about as much will wait again.
		s.waiting = append(make([]waiting, 0, len(s.waiting)), s.waiting[n:]...)
	}
	st.bundles = append([]*bundle(nil), st.bundles[len(job.bundles):]...)
	l.release(st, job.bundles)
}

// release gives back the space of bundles that are in the database no more. When
// much of it waits to be written over, that is seen to.
func (l *Log) release(st *stream, bundles []*bundle) {
	size := int64(0)
	for _, bu := range bundles {
		if bu != nil {
			size += int64(len(bu.value))
			l.ring.Release(bu.space)
		}
	}
	st.bundled -= size
	l.bundled.Add(-size)
	if spent := l.ring.Spent(); spent > 0 && spent >= l.spentMost {
		l.harden()
	}
}

// settle spreads all bundles of a stream whose mu is held; appends make no
// further ones meanwhile. When it returns, mu was held since nothing waits.
func (l *Log) settle(st *stream) error {
	st.settling++
	defer func() { st.settling-- }()
	for st.spreading || len(st.bundles) > 0 {
		if err := l.spread(st); err != nil {
			return err
		}
	}
	return nil
}

// spreading is a spreading under way.
type spreading struct {
	log    *Log
	stream *stream
	files  *payload.Folder
	before uint64 // bundles below are in it
	logs   []spreadLog
	held   // waiting is that of the log in hand
	to     *engine.Batch
	join   joining
	piece  []byte         // blocks that gather for one write
	blocks []spotted      // those in it
	runs   []*payload.Run // those of the pieces
	// named says that Pebble may have the rows.
	named bool

	touched byte // of no meaning
}

// spreadLog is a log and what waits for it.
type spreadLog struct {
	shard   *shard
	waiting []waiting
}

// spotted is a block in a piece.
type spotted struct {
	shard    *shard
	bucket   uint32
	place    place
	from, to int
}

// pieceBytes is how much of what is spread is written at once: large enough for
// write(2), small enough to be in the processor's cache still.
const pieceBytes = 1 << 20

// run writes the blocks where they belong and removes the bundles. Rows whose commit
// has failed are read until the database is opened anew, for they tell of records
// that were acknowledged long ago.
func (j *spreading) run() error {
	err := j.write()
	for _, r := range j.runs {
		switch {
		case err == nil:
			r.Keep()
		case j.named:
			j.log.doubts.add(r)
		default:
			r.Drop()
		}
	}
	return err
}

func (j *spreading) write() error {
	l := j.log
	if err := l.decide(); err != nil {
		return err
	}
	slices.SortFunc(j.logs, func(a, b spreadLog) int { return cmp.Compare(a.shard.id.Shard, b.shard.id.Shard) })
	var err error
	if j.to, err = l.engine.NewBatch(128 * len(j.logs)); err != nil {
		return err
	}
	j.to.Records = true
	j.piece = make([]byte, 0, pieceBytes+2*blockBytes)
	for _, s := range j.logs {
		j.waiting = s.waiting
		if err := j.one(s.shard); err != nil {
			return err
		}
	}
	if err := j.flush(); err != nil {
		return err
	}
	for _, r := range j.runs {
		if err := r.Sync(); err != nil {
			return err
		}
	}
	if err := j.to.DeleteRange(l.keys.bundle(j.stream.id, 0), l.keys.bundle(j.stream.id, j.before), nil); err != nil {
		return err
	}
	j.named = true
	return j.to.Submit(l.settled).Wait()
}

// decide returns when all that was submitted has been written, or has failed.
func (l *Log) decide() error {
	b, err := l.engine.NewBatch(0)
	if err != nil {
		return err
	}
	return b.Submit(l.settled).Wait()
}

// settled is told the outcome of a commit, in order.
func (l *Log) settled(err error) {
	if err == nil {
		l.doubts.end()
	}
}

// one writes what waits for one log, neighbours joined.
func (j *spreading) one(s *shard) error {
	j.touch()
	j.join.reset()
	for i := range j.waiting {
		p, failed := j.part(i)
		if failed {
			continue
		}
		if !j.join.takes(&p) {
			if err := j.block(s); err != nil {
				return err
			}
		}
		j.join.add(&p)
	}
	return j.block(s)
}

// touch looks at every part once. They are all over the memory of the ring,
// and the processor fetches many at a time when nothing is done with them.
func (j *spreading) touch() {
	for _, w := range j.waiting {
		j.touched += j.bundles[w.number-j.base].value[w.at]
	}
}

// block writes the block that was joined and begins another.
func (j *spreading) block(s *shard) error {
	if j.join.place.count == 0 {
		return nil
	}
	from := len(j.piece)
	j.piece = j.join.append(j.piece)
	j.blocks = append(j.blocks, spotted{s, j.join.bucket, j.join.place, from, len(j.piece)})
	j.join.reset()
	if len(j.piece) < pieceBytes {
		return nil
	}
	return j.flush()
}

// flush writes the piece that has gathered to the stream's payload file, and
// names its blocks there.
func (j *spreading) flush() error {
	if len(j.blocks) == 0 {
		return nil
	}
	bucket := uint32(0)
	for i := range j.blocks {
		bucket = max(bucket, j.blocks[i].bucket)
	}
	run := &payload.Run{}
	if err := j.files.Reserve(run, bucket, len(j.piece)); err != nil {
		return err
	}
	j.runs = append(j.runs, run)
	if err := run.Write(j.piece); err != nil {
		return err
	}
	for _, b := range j.blocks {
		if err := j.log.pointTo(j.to, b.shard, b.bucket, b.place, run.Ref(b.from, j.piece[b.from:b.to])); err != nil {
			return err
		}
	}
	j.piece, j.blocks = j.piece[:0], j.blocks[:0]
	return nil
}
