package shards

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/clock"
	"sluice/store/log"
)

// Retention works twice. Reads hide what lies before the horizon, exactly and
// at once. The records themselves are freed later, by a timer that a stream
// has only while there is something to free: a thousand idle streams cost a
// jump of the clock nothing, and a busy one costs a call every few hours.

// setRetention changes how long records stay readable. It takes effect at
// once in both directions.
type setRetention struct {
	Hours int `json:"hours"`
}

func (*setRetention) kind() string { return "retention" }

func (c *setRetention) apply(st *streamState, at time.Time) error {
	// What has expired stays so: the floor remembers the horizon of this
	// moment when a longer retention would move it back.
	st.Floor = millis(st.horizon(at))
	st.Retention = c.Hours
	return nil
}

// horizon is the oldest arrival that can still be read.
func (st *streamState) horizon(now time.Time) time.Time {
	h := now.Add(-time.Duration(st.Retention) * time.Hour)
	if floor := timeOf(st.Floor); floor.After(h) {
		return floor
	}
	return h
}

// expireShards drops shards that were closed before the horizon.
type expireShards struct {
	Before int64 `json:"before"`
}

func (*expireShards) kind() string { return "expire" }

func (c *expireShards) apply(st *streamState, _ time.Time) error {
	kept := st.Shards[:0]
	for _, r := range st.Shards {
		if !r.expired(c.Before) {
			kept = append(kept, r)
		}
	}
	st.Shards = kept
	return nil
}

// expired reports whether nothing of a closed shard can be read any more.
// Its last record arrived before it was closed.
func (r *shardRecord) expired(horizon int64) bool { return r.closed != 0 && r.closed <= horizon }

// trimming is the timer that frees records of one stream.
type trimming struct {
	// armed lets a put see without a lock that there is nothing to do.
	armed atomic.Bool

	mu      sync.Mutex
	timer   clock.Timer // guarded by mu
	due     time.Time   // guarded by mu
	stopped bool        // guarded by mu
}

// stop ends trimming for good.
func (t *trimming) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	if t.timer != nil {
		t.timer.Stop()
	}
}

// trimPause is how long after expiry records may stay on disk, so that many
// are freed at once: an eighth of the retention, three hours to a day.
func trimPause(st *streamState) time.Duration {
	return min(time.Duration(st.Retention)*time.Hour/8, 24*time.Hour)
}

// armTrim has a stream trimmed at t, or earlier when that was planned before.
func (s *Streams) armTrim(st *stream, t time.Time) {
	tr := &st.trim
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.stopped || tr.armed.Load() && !t.Before(tr.due) {
		return
	}
	if tr.timer != nil {
		tr.timer.Stop()
	}
	tr.armed.Store(true)
	tr.due = t
	tr.timer = s.later(t, "retention of stream "+st.key.name, func() { s.trimStream(st) })
}

// recordsArrived sees to it that what was just written is freed one day.
func (s *Streams) recordsArrived(st *stream, v *view, now time.Time) {
	if !st.trim.armed.Load() {
		s.armTrim(st, now.Add(time.Duration(v.state.Retention)*time.Hour+trimPause(v.state)))
	}
}

// planTrim reacts to a change of a stream's state: a shorter retention frees
// at once, closed shards leave the map when they have expired.
func (s *Streams) planTrim(st *stream, old, now *streamState) {
	if now.Retention < old.Retention {
		s.armTrim(st, s.clock.Now())
		return
	}
	if first := firstClosed(now); first != 0 {
		s.armTrim(st, timeOf(first).Add(time.Duration(now.Retention)*time.Hour+trimPause(now)))
	}
}

// firstClosed is when the first closed shard was closed, 0 when all are open.
func firstClosed(st *streamState) int64 {
	var first int64
	for i := range st.Shards {
		if c := st.Shards[i].closed; c != 0 && (first == 0 || c < first) {
			first = c
		}
	}
	return first
}

// trimStream is the timer's work.
func (s *Streams) trimStream(st *stream) {
	st.trim.armed.Store(false) // a put from here on plans anew
	v, now := st.view.Load(), s.clock.Now()
	if v.gone {
		return
	}
	horizon := v.state.horizon(now)
	err := s.log.Trim(s.life, st.id, horizon)
	if err == nil {
		err = s.change(s.life, st, func(v *view, now time.Time) (command, error) {
			if first := firstClosed(v.state); first == 0 || first > millis(v.state.horizon(now)) {
				return nil, nil
			}
			return &expireShards{Before: millis(v.state.horizon(now))}, nil
		})
	}
	if err != nil && s.life.Err() == nil && !st.view.Load().gone {
		s.config.Logger.Error("records past retention were not freed", "stream", st.key.name, "error", err)
	}
	if more, lookErr := s.holdsRecords(s.life, st); err != nil || lookErr != nil || more {
		s.armTrim(st, now.Add(trimPause(v.state)))
	}
}

// holdsRecords reports whether a stream has anything left to trim.
func (s *Streams) holdsRecords(ctx context.Context, st *stream) (bool, error) {
	v := st.view.Load()
	if v.gone {
		return false, nil
	}
	if firstClosed(v.state) != 0 {
		return true, nil
	}
	for i := range v.layout.shards {
		id := log.ID{Stream: st.id, Shard: v.layout.shards[i].index}
		first, err := s.log.Seek(ctx, id, log.Earliest, time.Time{})
		if errors.Is(err, log.ErrNotFound) {
			continue
		}
		if err != nil {
			return false, fmt.Errorf("look for records: %w", err)
		}
		end, err := s.log.Seek(ctx, id, log.Latest, time.Time{})
		if err != nil {
			return false, fmt.Errorf("look for records: %w", err)
		}
		if first < end {
			return true, nil
		}
	}
	return false, nil
}
