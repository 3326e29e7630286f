package firehose

import (
	"context"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/store/kv"
	"sluice/store/log"
)

// stream is a delivery stream that is open. What state points to never
// changes: a change stores another one.
type stream struct {
	key   streamKey
	state atomic.Pointer[streamState]
	pump  pump

	// mu makes one change at a time.
	mu sync.Mutex
	// timer ends CREATING, DELETING, ENABLING and DISABLING; guarded by mu.
	timer clock.Timer
	// gone is set when the stream exists no more; guarded by mu.
	gone bool
	// reader copies the source, nil for direct puts.
	reader *reader
	// allowance is what direct puts may bring.
	allowance allowance
}

func newStream(k streamKey, state *streamState) *stream {
	s := &stream{key: k}
	s.state.Store(state)
	return s
}

// log names the log of what was put.
func (st *streamState) log() log.ID { return log.ID{Stream: st.ID, Shard: rawLog} }

// active tells whether records are taken and delivered.
func (st *streamState) active() bool { return st.Status == statusActive }

// clone is a copy to change.
func (st *streamState) clone() *streamState {
	c := *st
	c.Tags = maps.Clone(st.Tags)
	return &c
}

func (f *Firehose) keyOf(ctx context.Context, name string) streamKey {
	who, _ := caller.From(ctx)
	return streamKey{who.Account, who.Region, name}
}

// find returns a stream of the caller by name.
func (f *Firehose) find(ctx context.Context, name *string) (*stream, error) {
	k := f.keyOf(ctx, *name)
	f.mu.RLock()
	defer f.mu.RUnlock()
	if s := f.streams[k]; s != nil {
		return s, nil
	}
	return nil, errNotFound(k)
}

// change decides on the state of a stream under its lock, stores what decide
// returns, and shows it. A nil state changes nothing.
func (f *Firehose) change(ctx context.Context, s *stream, decide func(st *streamState, now time.Time) (*streamState, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gone {
		return errNotFound(s.key)
	}
	next, err := decide(s.state.Load(), f.config.Clock.Now())
	if err != nil || next == nil {
		return err
	}
	// From here on a client that hangs up changes nothing.
	if err := f.store(context.WithoutCancel(ctx), s.key, next); err != nil {
		return err
	}
	s.state.Store(next)
	f.arm(s)
	f.follow(s)
	return nil
}

func (f *Firehose) store(ctx context.Context, k streamKey, st *streamState) error {
	raw, err := encode(st)
	if err != nil {
		return err
	}
	var b kv.Batch
	b.Set(k.under(streamPrefix), raw)
	return f.config.Space.Commit(ctx, &b)
}

// arm plans the end of the states that end by themselves. s.mu is held.
func (f *Firehose) arm(s *stream) {
	s.disarm()
	st := s.state.Load()
	due := st.Due
	if c := st.Encryption.Changing; c != 0 && (due == 0 || c < due) {
		due = c
	}
	if due == 0 || s.gone {
		return
	}
	s.timer = f.later(fromMillis(due), "delivery stream "+s.key.name, func(at time.Time) { f.land(s, at) })
}

// stopReading ends the copying of the source for good.
func (s *stream) stopReading() {
	if s.reader != nil {
		s.reader.stop()
	}
}

// disarm drops the plan. s.mu is held.
func (s *stream) disarm() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}

// land ends what is due. What cannot be stored is tried again.
func (f *Firehose) land(s *stream, at time.Time) {
	err := f.settle(f.life, s, at)
	if err == nil || f.life.Err() != nil {
		return
	}
	f.config.Logger.Error("a delivery stream could not change its state and will try again", "stream", s.key.name, "error", err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disarm()
	s.timer = f.later(f.config.Clock.Now().Add(time.Second), "delivery stream "+s.key.name, func(at time.Time) { f.land(s, at) })
}

// settle ends the states that are due at a time.
func (f *Firehose) settle(ctx context.Context, s *stream, at time.Time) error {
	s.mu.Lock()
	st := s.state.Load()
	if s.gone {
		s.mu.Unlock()
		return nil
	}
	if st.Status == statusDeleting && st.Due <= millis(at) {
		defer s.mu.Unlock()
		return f.remove(ctx, s)
	}
	s.mu.Unlock()
	return f.change(ctx, s, func(st *streamState, _ time.Time) (*streamState, error) {
		next := st.clone()
		if next.Status == statusCreating && next.Due <= millis(at) {
			next.Status, next.Due = statusActive, 0
		}
		if c := next.Encryption.Changing; c != 0 && c <= millis(at) {
			next.Encryption.Changing = 0
		}
		return next, nil
	})
}

// remove removes a stream with its records. s.mu is held.
func (f *Firehose) remove(ctx context.Context, s *stream) error {
	var b kv.Batch
	b.Delete(s.key.under(streamPrefix))
	b.Delete(s.key.under(progressPrefix))
	b.Ranges = append(b.Ranges, s.key.sourceRange(), s.key.partitionRange())
	if err := f.config.Space.Commit(ctx, &b); err != nil {
		return err
	}
	s.gone = true
	s.disarm()
	s.pump.stop()
	s.stopReading()
	f.mu.Lock()
	if f.streams[s.key] == s {
		delete(f.streams, s.key)
	}
	f.mu.Unlock()
	// Should the records stay behind, they belong to an id nobody uses again.
	return f.config.Log.Delete(ctx, s.state.Load().ID)
}
