package lambda

import (
	"context"
	"fmt"
	"time"

	"sluice/store/kv"
)

// restless is how long a mapping that is being disabled waits before it looks
// again whether the function has answered, and grace how long it waits before
// the calls under way are ended: as long as a function may run. Both are host
// time, as functions are: service time may stand still, or be moved by a year.
const (
	restless = 20 * time.Millisecond
	grace    = 15 * time.Minute
)

// begin puts a mapping into a state in between, from which it comes to next
// (nil: its settings stay) when that has lasted. m.mu is held.
func (r *Room) begin(ctx context.Context, m *mapping, state string, next *settings) error {
	now := r.clock.Now()
	s := m.now
	s.State, s.Next, s.Modified = state, next, millis(now)
	s.Due = millis(now.Add(r.config.Transition.lasting()))
	if err := r.store(ctx, m, s); err != nil {
		return err
	}
	if state == stateDisabling || state == stateDeleting {
		r.pause(m)
	}
	return nil
}

// store stores a state and then shows it. m.mu is held.
func (r *Room) store(ctx context.Context, m *mapping, s mappingState) error {
	var b kv.Batch
	if err := set(&b, m.key.stored(), s); err != nil {
		return err
	}
	if err := r.space.Commit(ctx, &b); err != nil {
		return fmt.Errorf("store mapping %s: %w", m.key.UUID, err)
	}
	m.now = s
	return nil
}

// settle ends a state in between whose time has come, or sees to it that it
// ends then. m.mu is held. A client that has hung up changes nothing.
func (r *Room) settle(ctx context.Context, m *mapping) error {
	if m.gone || steady(m.now.State) {
		return nil
	}
	if due := timeOf(m.now.Due); due.After(r.clock.Now()) {
		r.arm(m, due)
		return nil
	}
	err := r.land(context.WithoutCancel(ctx), m)
	if err != nil || !m.gone && !steady(m.now.State) {
		m.timer = r.config.Host.At(r.config.Host.Now().Add(restless), func() { r.start(func() { r.resettle(m) }) })
	}
	return err
}

// resettle is settle on a goroutine of its own.
func (r *Room) resettle(m *mapping) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := r.settle(r.life, m); err != nil && r.life.Err() == nil {
		r.config.Logger.Error("a mapping does not come out of its state", "mapping", m.key.UUID, "state", m.now.State, "error", err)
	}
}

// arm settles the mapping at a time. m.mu is held.
func (r *Room) arm(m *mapping, at time.Time) {
	if m.timer != nil {
		m.timer.Stop()
	}
	m.timer = r.later(at, "mapping "+m.key.UUID, func() { r.resettle(m) })
}

// land makes the change that a state in between stands for. m.mu is held.
func (r *Room) land(ctx context.Context, m *mapping) error {
	if m.now.State == stateDeleting {
		return r.remove(ctx, m)
	}
	if m.now.State == stateDisabling && !r.resting(m) && r.config.Host.Now().Sub(m.paused) < grace {
		return nil // the function is still at work
	}
	s := m.now
	if s.Next != nil {
		s.Settings, s.Next = *s.Next, nil
	}
	s.State, s.Due, s.Modified = stateDisabled, 0, millis(r.clock.Now())
	if s.Settings.Enabled {
		s.State = stateEnabled
	} else {
		r.rest(m)
		s.Result = m.now.Result
	}
	if err := r.store(ctx, m, s); err != nil {
		return err
	}
	if s.Settings.Enabled {
		r.poll(m)
	}
	return nil
}

// remove deletes a mapping and its positions. m.mu is held.
func (r *Room) remove(ctx context.Context, m *mapping) error {
	r.rest(m)
	var b kv.Batch
	b.Delete([]byte(m.key.stored()))
	deletePrefix(&b, positionPrefix+m.key.UUID+"/")
	if err := r.space.Commit(ctx, &b); err != nil {
		return fmt.Errorf("delete mapping %s: %w", m.key.UUID, err)
	}
	m.gone = true
	if m.timer != nil {
		m.timer.Stop()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(m)
	return nil
}

// forget takes a mapping out of the maps. r.mu is held.
func (r *Room) forget(m *mapping) {
	delete(r.mappings, m.key)
	for _, s := range []*settings{&m.now.Settings, m.now.Next} {
		if s != nil && r.pairs[m.pair(m.now.Source, s)] == m {
			delete(r.pairs, m.pair(m.now.Source, s))
		}
	}
}
