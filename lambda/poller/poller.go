package poller

import (
	"context"
	"maps"
	"sync"
	"time"

	"sluice/internal/caller"
	"sluice/internal/clock"
)

// Poller runs one mapping.
type Poller struct {
	config Config
	life   context.Context
	end    context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	mapping Mapping  // what is in force
	next    *Mapping // what will be in force once nothing of the old runs; nil: nothing new
	run     *run     // what reads; nil while disabled or not loaded
	active  int      // pieces of work under way
	release func()   // of the hold while active > 0

	loaded    bool
	begun     bool                // positions were stored before
	positions map[string]Position // as stored, by shard id
	dirty     map[string]Position // to be stored
	saving    map[string]Position // being stored now; nil: nothing is
	troubles  int                 // failed attempts in a row to load or save
	timer     clock.Timer
	stats     stats
}

// Start runs a mapping from its checkpoints, or from its starting position
// when it has none. It returns at once.
func Start(c Config, m Mapping) (*Poller, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	p := &Poller{config: c, mapping: m, stats: stats{result: NoRecords}}
	p.life, p.end = context.WithCancel(caller.With(context.Background(), caller.Caller{Account: m.Account, Region: m.Region}))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.soon(p.load)
	return p, nil
}

// Update gives the mapping other settings. They are in force once the calls
// that are under way have been answered; Status tells. Checkpoints stay.
func (p *Poller) Update(m Mapping) error {
	if err := m.check(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.change(m)
	return nil
}

// change has settings replaced. mu is held.
func (p *Poller) change(m Mapping) {
	p.next = &m
	if p.run != nil {
		p.run.halt()
	}
	p.rested()
}

// Stop ends the calls that are under way and returns when nothing runs any
// more. What they were given is delivered again after the next Start. To
// forget a mapping, Drop its checkpoints after Stop.
func (p *Poller) Stop() {
	p.mu.Lock()
	p.stopped = true
	if p.run != nil {
		p.run.halt()
	}
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Unlock()
	p.end()
	p.work.Wait()
	p.mu.Lock()
	dirty := p.dirty
	p.dirty = nil
	if p.run != nil {
		p.run.close()
		p.run = nil
	}
	p.unload()
	p.mu.Unlock()
	if len(dirty) == 0 {
		return
	}
	if err := p.config.Checkpoints.Save(context.WithoutCancel(p.life), p.mapping.UUID, dirty); err != nil {
		p.config.Logger.Warn("the last checkpoints of a mapping could not be saved; some records will be delivered again",
			"mapping", p.mapping.UUID, "error", err)
	}
}

// spawn does f on a goroutine, as a piece of work that settings wait for and
// movers of the clock too. It reports false once the poller was stopped. mu is
// held, and not while f runs.
func (p *Poller) spawn(f func()) bool {
	if !p.enter() {
		return false
	}
	p.work.Go(func() { p.do(f) })
	return true
}

// soon is spawn for what a hundred thousand mappings do at the same time.
func (p *Poller) soon(f func()) bool {
	if !p.enter() {
		return false
	}
	p.work.Add(1)
	p.config.Readers.soon(func() {
		defer p.work.Done()
		p.do(f)
	})
	return true
}

func (p *Poller) do(f func()) {
	f()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leave()
}

// enter begins a piece of work, leave ends it. mu is held.
func (p *Poller) enter() bool {
	if p.stopped {
		return false
	}
	p.active++
	if p.active == 1 {
		p.release = p.config.Hold("event source mapping " + p.mapping.UUID)
	}
	return true
}

func (p *Poller) leave() {
	p.active--
	if p.active == 0 {
		release := p.release
		p.release = nil
		defer release()
	}
	p.rested()
}

// rested puts the next settings in force if nothing runs. mu is held.
func (p *Poller) rested() {
	if p.stopped || !p.loaded || p.next == nil || p.active > 0 || p.run != nil && p.run.subscribed > 0 {
		return
	}
	if p.run != nil {
		p.run.close()
		p.run = nil
	}
	p.mapping, p.next = *p.next, nil
	p.unload()
	p.begin()
}

// unload gives back the memory of the records that were read and not finished,
// once nothing runs. mu is held.
func (p *Poller) unload() {
	p.config.Readers.charge(-int(p.stats.InFlightBytes))
	p.stats.InFlightBytes = 0
}

// begin reads when the mapping is enabled. mu is held.
func (p *Poller) begin() {
	if p.mapping.Enabled {
		p.run = newRun(p, p.mapping)
		p.run.discover()
	}
}

// later has f called at a time with mu held. There is one timer of the poller
// itself; runs and shards have theirs.
func (p *Poller) later(at time.Time, f func()) clock.Timer {
	return p.config.Clock.At(at, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.stopped {
			f()
		}
	})
}

// load finds out how far the mapping has come.
func (p *Poller) load() {
	positions, begun, err := p.config.Checkpoints.Load(p.life, p.mapping.UUID)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.trouble("the checkpoints of a mapping could not be loaded", err, func() { p.soon(p.load) })
		return
	}
	p.loaded, p.begun, p.positions, p.troubles = true, begun, positions, 0
	if p.next == nil {
		p.begin()
	}
}

// trouble logs what went wrong with the checkpoints and tries again later.
func (p *Poller) trouble(what string, err error, again func()) {
	if p.life.Err() != nil {
		return
	}
	p.config.Logger.Warn(what, "mapping", p.mapping.UUID, "error", err)
	p.troubles++
	p.timer = p.later(p.config.Clock.Now().Add(p.config.Retry.pause(p.troubles)), again)
}

// position is how far the mapping has come in a shard, stored or not. mu is held.
func (p *Poller) position(shard string) Position {
	if at, ok := p.dirty[shard]; ok {
		return at
	}
	if at, ok := p.saving[shard]; ok {
		return at
	}
	return p.positions[shard]
}

// note has positions stored soon; those of one moment together. mu is held.
func (p *Poller) note(changed map[string]Position) {
	if p.dirty == nil {
		p.dirty = changed
	} else {
		maps.Copy(p.dirty, changed)
	}
	p.save()
}

// save stores what is dirty, one batch at a time. mu is held.
func (p *Poller) save() {
	if p.saving != nil || len(p.dirty) == 0 {
		return
	}
	changed := p.dirty
	if p.spawn(func() {
		err := p.config.Checkpoints.Save(context.WithoutCancel(p.life), p.mapping.UUID, changed)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.saved(err)
	}) {
		p.saving, p.dirty = changed, nil
	}
}

// shard is a shard that is being read, nil when it is not. mu is held.
func (p *Poller) shard(id string) *shard {
	if p.run == nil {
		return nil
	}
	return p.run.shards[id]
}

// saved takes note of what was stored. mu is held.
func (p *Poller) saved(err error) {
	changed := p.saving
	p.saving = nil
	if err != nil {
		maps.Copy(changed, p.dirty) // which is newer
		p.dirty = changed
		p.trouble("the checkpoints of a mapping could not be saved", err, p.save)
		return
	}
	p.begun, p.troubles = true, 0
	look := false
	for shard, at := range changed {
		look = look || at.Finished
		if at == (Position{}) {
			delete(p.positions, shard)
		} else {
			p.positions[shard] = at
		}
		if s := p.shard(shard); s != nil {
			s.durable = at
			s.pump()
		}
	}
	if look && p.run != nil {
		p.run.discover()
	}
	p.save()
}
