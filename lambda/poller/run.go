package poller

import (
	"context"
	"errors"
	"time"

	"sluice/internal/arn"
	"sluice/internal/clock"
)

// run is a mapping that is enabled, under one set of settings. All of it is
// guarded by the poller's mu.
type run struct {
	p       *Poller
	mapping *Mapping // never changes
	stream  tapKey   // of the stream
	// ctx ends when the run is halted; calls of the function go on.
	ctx    context.Context
	cancel context.CancelFunc

	halted     bool
	shards     map[string]*shard // those being read
	members    []member          // of the stream, as of the last look
	subscribed int               // subscriptions under way

	looking, again bool // a look at the shards is under way; another is wanted
	troubles       int
	trouble        string
	timer          clock.Timer
	tap            *tap // of the stream, to be told of its changes
	unwatch        func()
}

func newRun(p *Poller, m Mapping) *run {
	r := &run{p: p, mapping: &m, stream: tapOf(m.Source), shards: map[string]*shard{}}
	r.ctx, r.cancel = context.WithCancel(p.life)
	r.tap = p.config.Readers.open(r.stream)
	return r
}

// halt has nothing new begun.
func (r *run) halt() {
	if r.halted {
		return
	}
	r.halted = true
	r.cancel()
	if r.timer != nil {
		r.timer.Stop()
	}
	if r.unwatch != nil {
		r.unwatch()
	}
	for _, s := range r.shards {
		s.halt()
	}
}

// close lets go of what a halted run has opened.
func (r *run) close() {
	r.halt()
	r.p.config.Readers.close(r.tap)
	for _, s := range r.shards {
		s.close()
	}
}

// discover looks at the shards of the stream and reads those that may be read.
func (r *run) discover() {
	if r.halted {
		return
	}
	if r.looking {
		r.again = true
		return
	}
	if r.unwatch != nil {
		r.unwatch()
		r.unwatch = nil
	}
	r.looking = r.p.soon(r.look)
}

func (r *run) look() {
	members, mark, err := r.p.config.Readers.list(r.ctx, r.stream)
	var initial map[string]Position
	if err == nil {
		initial, err = r.initial(members)
	}
	if err == nil && initial != nil {
		// Before anything is read: LATEST must not become later by a restart.
		err = r.p.config.Checkpoints.Save(context.WithoutCancel(r.ctx), r.mapping.UUID, initial)
	}
	p := r.p
	p.mu.Lock()
	defer p.mu.Unlock()
	r.looking = false
	if err == nil && initial != nil {
		p.positions, p.begun = initial, true
	}
	if r.halted {
		return
	}
	if err != nil {
		r.failed(mark, err)
		return
	}
	r.troubles, r.trouble, r.members = 0, "", members
	if p.stats.result == StreamNotFound {
		p.stats.result = NoRecords
	}
	r.read()
	if r.again {
		r.again = false
		r.discover()
	}
}

// initial is where a new mapping begins; nil when it is not new.
func (r *run) initial(members []member) (map[string]Position, error) {
	r.p.mu.Lock()
	begun := r.p.begun
	r.p.mu.Unlock()
	if begun {
		return nil, nil
	}
	positions := make(map[string]Position, len(members))
	for _, m := range members {
		at := Position{Shard: m.start, After: m.start}
		switch r.mapping.StartingPosition {
		case Latest:
			tip, err := r.p.config.Readers.config.Tips.Tip(r.ctx, r.stream.stream, m.id)
			if err != nil {
				return nil, err
			}
			at.After = tip
		case AtTimestamp:
			at.After, at.At = "", r.mapping.StartingTimestamp.UnixMilli()
		}
		positions[m.id] = at
	}
	return positions, nil
}

// failed waits for the stream to be there, or for a while.
func (r *run) failed(mark uint64, err error) {
	r.trouble = err.Error()
	code := codeOf(err)
	missing := errors.Is(err, errNoStream) || code == "ResourceNotFoundException"
	if missing {
		r.p.stats.result = StreamNotFound
	}
	if missing || code == "ResourceInUseException" {
		unwatch, waiting := r.p.config.Readers.wait(r.tap, mark, r.changed)
		if waiting {
			r.unwatch = unwatch
		} else {
			r.discover() // it has changed meanwhile
		}
		return
	}
	r.troubles++
	r.timer = r.p.later(r.now().Add(r.p.config.Retry.pause(r.troubles)), r.discover)
}

// changed is called when a stream that was waited for has changed.
func (r *run) changed() {
	r.p.mu.Lock()
	defer r.p.mu.Unlock()
	r.unwatch = nil
	r.discover()
}

// lost begins anew because the stream has gone while it was read. What its
// records were up to is gone too.
func (r *run) lost() {
	r.p.stats.result = StreamNotFound
	if r.p.next == nil {
		r.p.change(*r.mapping)
	}
}

// read begins to read what may be read and forgets shards that have expired.
func (r *run) read() {
	g := lineage{members: r.members, positions: r.p.positions}
	changed := map[string]Position{}
	for _, m := range g.fresh() {
		at := Position{Shard: m.start, After: m.start}
		r.p.positions[m.id] = at
		delete(r.p.dirty, m.id)
		changed[m.id] = at
	}
	for _, id := range g.expired() {
		if r.shards[id] == nil {
			changed[id] = Position{}
		}
	}
	for _, m := range g.readable() {
		if at := r.p.position(m.id); r.shards[m.id] == nil && !at.Finished {
			s := newShard(r, m, at)
			r.shards[m.id] = s
			s.begin()
		}
	}
	if len(changed) > 0 {
		r.p.note(changed)
	}
}

// fanout reports whether records are pushed.
func (r *run) fanout() bool { return r.mapping.Source.Kind == arn.Consumer }

func (r *run) now() time.Time { return r.p.config.Clock.Now() }
