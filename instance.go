package sluice

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"sluice/companions/cloudwatch"
	"sluice/companions/glue"
	"sluice/companions/s3"
	"sluice/companions/sts"
	"sluice/firehose"
	"sluice/internal/clock"
	"sluice/lambda"
	"sluice/server"
	"sluice/shards"
	"sluice/store"
)

// instance is everything that Replace closes and opens again.
type instance struct {
	store   *store.Store
	streams atomic.Pointer[shards.Streams] // nil until openRooms
	lambda  atomic.Pointer[lambda.Room]    // nil until openRooms
	buckets atomic.Pointer[s3.Store]       // nil until openRooms
	catalog atomic.Pointer[glue.Catalog]   // nil until openRooms
	// firehose is nil until openRooms.
	firehose atomic.Pointer[firehose.Firehose]
	mounts   *server.Mounts
	// reported is nil until openRooms.
	reported atomic.Pointer[cloudwatch.Metrics]
	// life ends when close begins; work counts what close waits for.
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup
	// seeded is closed when the seeds are applied, or cannot be; idle when they
	// begin to wait for service time.
	seeded, idle chan struct{}
	// closings and resets are filled by openRooms; see rooms.go.
	closings []closing
	resets   map[string]resetRoom // by service
}

// keepEvery is how often the running clock is saved, in host time, so that a
// machine whose own clock is set back between two runs does not take service
// time back further than that.
const keepEvery = time.Minute

func (s *Sluice) storeOptions() store.Options {
	o := store.Options{
		Dir:        s.config.Data,
		Memory:     s.config.Memory,
		Durability: store.Durability(s.config.Durability),
		Now:        s.keeper.now,
		// Of the one memory budget, a sixteenth caches blocks, an eighth keeps pages
		// that several readers want (see openRooms), and up to a quarter (four
		// memtables) waits to be written; the door has half. The rest is for the
		// collector: with more blocks in memory it ran oftener than they saved reads.
		CacheBytes:    int64(s.config.MemoryLimit / 16),
		MemTableBytes: int64(s.config.MemoryLimit / 16),
		Logger:        s.log,
	}
	if s.config.storage != nil {
		s.config.storage(&o)
	}
	return o
}

// openStore opens the store of a start.
func (s *Sluice) openStore(ctx context.Context) (*instance, error) {
	o := s.storeOptions()
	open := store.Open
	if s.config.Fixture != "" && (o.Memory || !store.Exists(o.Dir)) {
		open = func(o store.Options) (*store.Store, error) { return s.openFixture(ctx, o) }
	}
	if !o.Memory {
		if err := refuseUnmarked(o.Dir); err != nil {
			return nil, err
		}
	}
	st, err := open(o)
	if err != nil {
		return nil, err
	}
	return newInstance(st), nil
}

func newInstance(st *store.Store) *instance {
	inst := &instance{store: st, mounts: server.NewMounts(), seeded: make(chan struct{}), idle: make(chan struct{}), resets: map[string]resetRoom{}}
	inst.life, inst.end = context.WithCancel(context.Background())
	return inst
}

// openRooms opens the rooms over the store and mounts them.
func (s *Sluice) openRooms(ctx context.Context, inst *instance) (err error) {
	world, err := readWorld(ctx, inst.store)
	if err != nil {
		return err
	}
	streams, err := shards.Open(ctx, shards.Config{
		World: world,
		Clock: s.clock, Host: s.host, Dice: s.dice,
		Log:     inst.store.Log(kinesisID),
		Catalog: inst.store.Catalog(kinesisID, shards.Apply),
		Hold:    s.clock.Hold,
		Transition: shards.TransitionConfig{
			Duration: s.config.Transition.after,
			AWS:      s.config.Transition.kind == transitionLikeAWS,
		},
		Limits:  s.Limits().room(),
		Account: s.config.Account, Region: s.config.Region,
		SharedPages: int64(s.config.MemoryLimit / 8),
		Logger:      s.log,
	})
	if err != nil {
		return err
	}
	inst.streams.Store(streams)
	inst.resets[kinesisID] = streams.Reset
	inst.limit(s.Limits()) // they may have been changed meanwhile
	err = errors.Join(
		inst.mounts.Mount(kinesisID, streams, server.Coverage(shards.Coverage())),
		inst.mounts.Mount("sts", sts.New(s.host, s.issuer()), server.Coverage(sts.Coverage())),
	)
	if err != nil {
		return err
	}
	if err = s.openCompanions(ctx, inst); err != nil {
		return err
	}
	if err = s.openS3(ctx, inst); err != nil {
		return err
	}
	s.openChannels(inst)
	if err = s.openGlue(inst); err != nil {
		return err
	}
	if err = s.openFirehose(ctx, inst); err != nil {
		return err
	}
	if err = s.openLambda(ctx, inst); err != nil {
		return err
	}
	inst.guard()
	inst.work.Go(func() {
		for s.host.Sleep(inst.life, keepEvery) == nil {
			if err := s.keeper.save(s.clock.State()); err != nil {
				s.log.Warn("the clock could not be saved", "error", err)
			}
		}
	})
	seeder, seeds, mappings := s.seeder(inst), *s.seeds.Load(), *s.mappings.Load()
	seeder.idle = sync.OnceFunc(func() { close(inst.idle) })
	inst.work.Go(func() {
		defer close(inst.seeded)
		seeder.apply(inst.life, seeds)
		mappingSeeder{seeder}.apply(inst.life, mappings)
	})
	return nil
}

const kinesisID = "kinesis"

// These bound how long a start waits for its seeded streams to become ACTIVE.
// With slow transitions they follow later; with a frozen clock only those that
// need no time at all can be waited for. Until the seeds wait for service time
// they are at work, which takes longer on a busy machine and is awaited.
const (
	seedPatience       = 5 * time.Second
	seedPatienceFrozen = 500 * time.Millisecond
	seedWork           = time.Minute
)

func (s *Sluice) awaitSeeds(ctx context.Context, inst *instance) error {
	if done, err := s.awaitOne(ctx, inst.seeded, inst.idle, seedWork); done || err != nil {
		return err
	}
	patience := seedPatience
	if s.clock.State().Mode == clock.Frozen {
		patience = seedPatienceFrozen
	}
	_, err := s.awaitOne(ctx, inst.seeded, nil, patience)
	return err
}

// awaitOne waits for done, and no longer than for instead or patience of host time.
func (s *Sluice) awaitOne(ctx context.Context, done, instead <-chan struct{}, patience time.Duration) (bool, error) {
	late := make(chan struct{})
	timer := s.host.At(s.host.Now().Add(patience), func() { close(late) })
	defer timer.Stop()
	select {
	case <-done:
		return true, nil
	case <-instead:
	case <-late:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return false, nil
}

// close closes in the reverse order of opening. The door has let go of the
// mounts before.
func (inst *instance) close(keeper *timekeeper) error {
	inst.end()
	inst.work.Wait()
	err := inst.closeRooms()
	if streams := inst.streams.Load(); streams != nil {
		err = errors.Join(err, wrap("close streams", streams.Close()))
	}
	err = errors.Join(err, wrap("save the clock", keeper.detach()))
	return errors.Join(err, wrap("close the store", inst.store.Close()))
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// storeHealth is the store's part of the health document.
func (s *Sluice) storeHealth() server.StoreHealth {
	inst := s.current.Load()
	if inst == nil {
		return server.StoreHealth{Kind: "memory", Durability: "none", Format: store.Format, Reasons: []string{errNoInstance.Error()}}
	}
	h := inst.store.Health()
	out := server.StoreHealth{Kind: h.Kind, Durability: string(h.Durability), Format: h.Format}
	if s.config.Memory {
		out.Durability = "none"
	}
	if h.Err != nil {
		out.Reasons = []string{h.Err.Error()}
	}
	if buckets := inst.buckets.Load(); buckets != nil && buckets.Damage() != nil {
		out.Reasons = append(out.Reasons, buckets.Damage().Error())
	}
	return out
}
