package shards

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/clock"
)

// The scaler's hands: when to look at a stream, what to show to decide, and
// how its verdicts are carried out.
//
// A stream is looked at a window after a put, window after window while there
// is traffic, and once more when the next merge or the end of a peak is due.
// In between there is no timer: streams that are idle at their least number of
// shards cost nothing, however far the clock is moved.

// scaling is the scaler's memory of one stream. None of it is stored: after a
// restart shards have to be cold anew.
type scaling struct {
	// soon lets a put see without a lock that a look is planned.
	soon atomic.Bool

	mu      sync.Mutex
	timer   clock.Timer // guarded by mu
	due     time.Time   // guarded by mu; zero without a timer
	stopped bool        // guarded by mu
	told    []decision  // guarded by mu; oldest first
	totals  map[string]int64

	looking sync.Mutex // makes one look at a time
	// looked is how far looks have come; guarded by looking. One that was due
	// earlier and comes later must not go back.
	looked time.Time
	// acting tells others that a look is under way, which will see to what
	// comes of their change itself.
	acting  atomic.Bool
	watched map[uint32]*watched // guarded by looking; open shards by index
	held    string              // guarded by looking
}

// watched is what is remembered of a shard from look to look.
type watched struct {
	cold time.Time // since when, zero while it is not
	told bool      // that a key keeps it busy
}

// decisionsKept is how many decisions about a stream are remembered.
const decisionsKept = 64

// stop ends looking for good.
func (sc *scaling) stop() {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.stopped = true
	if sc.timer != nil {
		sc.timer.Stop()
	}
}

// lookAt has a stream looked at, or earlier where that was planned before.
func (s *Streams) lookAt(st *stream, t time.Time, soon bool) {
	sc := &st.scaling
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if sc.stopped || !sc.due.IsZero() && !t.Before(sc.due) {
		return
	}
	if sc.timer != nil {
		sc.timer.Stop()
	}
	if soon {
		sc.soon.Store(true)
	}
	sc.due = t
	sc.timer = s.later(t, "scaling of stream "+st.key.name, func() {
		sc.mu.Lock()
		if sc.due.Equal(t) {
			sc.timer, sc.due = nil, time.Time{}
			sc.soon.Store(false) // a put from here on plans anew
		}
		sc.mu.Unlock()
		s.look(st, t) // a mover may have left t far behind before the timer was there
	})
}

// trafficArrived sees to it that a stream that scales is looked at.
func (s *Streams) trafficArrived(st *stream, v *view, now time.Time) {
	if v.policy != nil && !st.scaling.soon.Load() {
		s.lookAt(st, now.Add(v.policy.window), true)
	}
}

// planLook reacts to a new view of a stream: too few shards are looked at at
// once, too many when they have been watched for a while.
func (s *Streams) planLook(st *stream, v *view) {
	if v.policy == nil || len(v.layout.open) == 0 || st.scaling.acting.Load() {
		return
	}
	switch open, now := len(v.layout.open), s.clock.Now(); {
	case open < v.policy.min:
		s.lookAt(st, now, false)
	case open > v.policy.min:
		s.lookAt(st, now.Add(v.policy.window), false)
	}
}

// look looks at a stream at a moment. The clock may be far ahead of that
// already; then all that would have happened since happens now, in order.
func (s *Streams) look(st *stream, at time.Time) {
	sc := &st.scaling
	sc.looking.Lock()
	defer sc.looking.Unlock()
	sc.acting.Store(true)
	defer sc.acting.Store(false)
	for s.life.Err() == nil {
		at = latest(at, sc.looked)
		sc.looked = at
		v := st.view.Load()
		next, err := s.lookOnce(st, v, at)
		if err != nil && s.life.Err() == nil {
			s.config.Logger.Error("a stream could not be scaled", "stream", st.key.name, "error", err)
			next = s.clock.Now().Add(mostWindow)
		}
		now := s.clock.Now()
		if !next.IsZero() && !next.After(now) {
			at = next
			continue
		}
		if !next.IsZero() {
			s.lookAt(st, next, v.policy != nil && !next.After(now.Add(v.policy.window)))
		}
		// Whoever shows another view from here on plans the next look.
		sc.acting.Store(false)
		if st.view.Load() == v {
			return
		}
		sc.acting.Store(true)
		at = now
	}
}

// lookOnce decides about a stream and returns when to look again.
func (s *Streams) lookOnce(st *stream, v *view, at time.Time) (next time.Time, err error) {
	if v.gone || v.policy == nil || v.state.Status == statusDeleting {
		st.scaling.watched = nil
		return next, nil
	}
	if v.state.Pending != nil {
		return s.awaitLanding(st, at, timeOf(v.state.Pending.Due))
	}
	stats, busy := s.observe(st, v, at)
	if err := s.keepPeak(st, v, stats.load, at); err != nil {
		return next, err
	}
	acted, err := s.carryVerdicts(st, v, decide(stats, v.policy, at), at)
	if err != nil || acted {
		return at, err
	}
	if len(stats.shards) <= v.policy.needed(stats.peak) && !stats.above(v.policy) {
		st.scaling.held = ""
	}
	return stats.next(v, at, busy), nil
}

// awaitLanding waits for a change under way, or sees to it when it is due.
func (s *Streams) awaitLanding(st *stream, at, due time.Time) (time.Time, error) {
	if due.After(s.clock.Now()) {
		return due, nil
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	err := s.settle(s.life, st, due)
	s.arm(st)
	return latest(at, due), err
}

// observe puts together what a decision needs, and says whether there was
// traffic in the window before it.
func (s *Streams) observe(st *stream, v *view, at time.Time) (stats *scaleStats, busy bool) {
	p, sc := v.policy, &st.scaling
	stats = &scaleStats{before: v.state.openAt(at.Add(-p.pace)), held: sc.held,
		quota: s.shardQuota(st.key.region) - s.use(st.key).open}
	factor := s.limits.Load().factor()
	var all flow
	seen := make(map[uint32]*watched, len(v.layout.open))
	// The second that has just begun is not part of the window.
	for _, l := range v.loads(at.Add(-time.Second), p.window) {
		// To decide, a burst is worth what it is over the whole window, also when
		// it was the first traffic of its shard.
		part := l.took / p.window.Seconds()
		in := flow{l.in.bytes * part, l.in.records * part}
		w := sc.watched[l.shard.index]
		if w == nil {
			w = new(watched)
		}
		seen[l.shard.index] = w
		sh := shardState{index: l.shard.index, from: l.shard.from, to: l.shard.to, load: in.of(factor),
			split: l.split, spread: v.state.Strategy == strategyAuto}
		if l.refused.records > 0 {
			sh.load = max(sh.load, 1)
		}
		if len(l.keys) > 0 {
			sh.key = l.keys[0]
		}
		busy = busy || l.in.records+l.refused.records > 0
		all.bytes, all.records = all.bytes+in.bytes, all.records+in.records
		opened := timeOf(l.shard.opened)
		stats.changed = latest(stats.changed, opened)
		w.note(sh.load, p, latest(at.Add(-p.window), opened))
		sh.cold, sh.told = w.cold, w.told
		stats.shards = append(stats.shards, sh)
	}
	sc.watched = seen
	if !at.Before(stats.changed.Add(p.window)) { // else part of it went to shards that are closed
		stats.load = all.of(factor)
	}
	if v.state.Mode == modeOnDemand {
		stats.peak = max(v.state.peakLoad(at), stats.load)
	}
	return stats, busy
}

// note takes in the load of a window that began at a time.
func (w *watched) note(load float64, p *scalePolicy, since time.Time) {
	switch {
	case load >= p.cold():
		w.cold = time.Time{}
	case w.cold.IsZero():
		w.cold = since
	}
	w.told = w.told && load > p.target
}

// of is the flow as a fraction of a shard's write rate.
func (f flow) of(factor float64) float64 {
	return max(f.bytes/(writeBytes*factor), f.records/(writeRecords*factor))
}

// openAt counts the shards that were open at a time, the first ones of a
// younger stream.
func (st *streamState) openAt(t time.Time) int {
	then, first := 0, 0
	for i := range st.Shards {
		r := &st.Shards[i]
		if r.opened <= millis(t) && (r.closed == 0 || r.closed > millis(t)) {
			then++
		}
		if r.parent < 0 {
			first++
		}
	}
	if then == 0 {
		return first
	}
	return then
}

// above reports whether a shard is over the target.
func (s *scaleStats) above(p *scalePolicy) bool {
	return slices.ContainsFunc(s.shards, func(sh shardState) bool { return sh.load > p.target })
}

// next is when to look again: a window on while there is traffic or something
// left to do, else when a merge may be due or a peak ends, else never.
func (s *scaleStats) next(v *view, at time.Time, busy bool) time.Time {
	p, open := v.policy, len(s.shards)
	lacking := p.needed(s.peak) - open
	room, _ := p.room(s)
	switch {
	case busy, lacking > 0 && room > 0:
		return at.Add(p.window)
	case open <= p.min:
		return time.Time{}
	}
	next := v.state.nextExpiry(at)
	if v.state.Mode != modeOnDemand {
		next = time.Time{}
	}
	if merge := s.nextMerge(p); lacking < 0 && !merge.IsZero() && (next.IsZero() || merge.Before(next)) {
		next = latest(merge, at.Add(p.window))
	}
	return next
}

// keepPeak stores the peak of a day when it makes a difference of a shard, so
// that it is written a few times a day at most.
func (s *Streams) keepPeak(st *stream, v *view, load float64, at time.Time) error {
	if v.state.Mode != modeOnDemand {
		return nil
	}
	if n := v.policy.carry(load); n <= onDemandShards || n <= v.policy.carry(v.state.peakOfDay(at)) {
		return nil
	}
	return s.changeBy(s.life, st, func() time.Time { return at }, func(v *view, _ time.Time) (command, error) {
		if v.state.Mode != modeOnDemand {
			return nil, nil
		}
		return &notePeak{Peak: peakOf(load, at)}, nil
	})
}

// carryVerdicts does and tells what was decided. It reports whether the shard
// map is changing because of it.
func (s *Streams) carryVerdicts(st *stream, seen *view, verdicts []verdict, at time.Time) (acted bool, err error) {
	if slices.ContainsFunc(verdicts, verdict.changes) {
		err = s.changeBy(s.life, st, func() time.Time { return at }, func(v *view, now time.Time) (command, error) {
			if acted = v.active() && slices.Equal(v.state.Shards, seen.state.Shards); !acted {
				return nil, nil // somebody else was quicker; the next look sees what came of it
			}
			return s.updating(now, nil, &reshard{Plan: planVerdicts(v.state, verdicts)})
		})
	}
	// A change that was made counts although its landing failed; that is tried again.
	acted = acted && (err == nil || st.view.Load() != seen)
	for _, v := range verdicts {
		if v.changes() && !acted {
			continue
		}
		s.tellDecision(st, v, at)
	}
	return acted, err
}

func (v verdict) changes() bool { return v.action == actionSplit || v.action == actionMerge }

// planVerdicts is the shard map that splits and merges lead to.
func planVerdicts(st *streamState, verdicts []verdict) shardTable {
	open := map[uint32]shardRecord{}
	for _, r := range openRecords(st) {
		open[r.index] = r
	}
	p := planner{next: st.NextShard}
	for _, v := range verdicts {
		switch v.action {
		case actionSplit:
			p.split(open[v.shards[0]], v.at)
		case actionMerge:
			p.merge(open[v.shards[0]], open[v.shards[1]])
		}
	}
	return p.plan
}

// tellDecision puts a decision where people look for it.
func (s *Streams) tellDecision(st *stream, v verdict, at time.Time) {
	sc := &st.scaling
	d := decision{At: at, Action: v.action, Shards: make([]string, 0, len(v.shards)), Reason: v.reason}
	for _, index := range v.shards {
		d.Shards = append(d.Shards, shardID(int64(index)))
	}
	if v.action == actionSplit {
		d.Reason += fmt.Sprintf("; split at %s", v.at)
	}
	switch v.action {
	case actionHotKey:
		sc.watched[v.shards[0]].told = true
	case actionHold:
		sc.held = v.limit
	}
	s.config.Logger.Info("scaling", "stream", st.key.name, "account", st.key.account, "region", st.key.region,
		"action", d.Action, "shards", d.Shards, "reason", d.Reason)
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if sc.totals == nil {
		sc.totals = map[string]int64{}
	}
	sc.totals[v.action]++
	if len(sc.told) == decisionsKept {
		sc.told = append(sc.told[:0], sc.told[1:]...)
	}
	sc.told = append(sc.told, d)
}

// decisions returns the latest decisions about a stream, oldest first.
func (s *Streams) decisions(k streamKey) []decision {
	s.mu.RLock()
	st := s.streams[k]
	s.mu.RUnlock()
	if st == nil {
		return []decision{}
	}
	st.scaling.mu.Lock()
	defer st.scaling.mu.Unlock()
	return append([]decision{}, st.scaling.told...)
}

// DecisionCounts tells how many decisions of an action were made about every
// stream since the room was opened, for metrics.
func (s *Streams) DecisionCounts(f func(account, region, stream, action string, n int64)) {
	for _, st := range s.sorted() {
		st.scaling.mu.Lock()
		totals := maps.Clone(st.scaling.totals)
		st.scaling.mu.Unlock()
		for _, action := range slices.Sorted(maps.Keys(totals)) {
			f(st.key.account, st.key.region, st.key.name, action, totals[action])
		}
	}
}
