package shards

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"sluice/internal/access"
	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/store/kv"
)

// opt is the variadic that makes *Streams and *kinesis.Client satisfy the same
// interfaces. It is ignored.
type opt = func(*kinesis.Options)

// Config is what Open needs. Clock, Host, Dice, Log and Catalog must be set.
type Config struct {
	// Clock is service time: arrivals, ages, states, limits.
	Clock clock.Clock
	// Host is the machine's time: keep-alive events of subscriptions and retries.
	Host clock.Clock
	// Dice makes keys and nonces.
	Dice *dice.Dice
	// Log keeps records. Its arrivals must be stamped by Clock.
	Log Log
	// Catalog keeps the rest; its entities are computed by Apply.
	Catalog Catalog
	// Hold announces work that a mover of Clock should wait for; nil: nobody waits.
	Hold func(what string) (release func())
	// Transition says how long CREATING, UPDATING and DELETING last.
	Transition TransitionConfig
	// Limits says which limits of the service are enforced.
	Limits Limits
	// Account and Region stand in for those of a call without an identity;
	// 000000000000 and us-east-1 when empty.
	Account, Region string
	// World is another number after every restore: iterators and next-tokens
	// of other worlds have expired, for they may mean other things here.
	World uint64
	// SharedPages is how many bytes of pages that several readers want are kept
	// for them, 0 for none.
	SharedPages int64
	// Logger is told of what goes wrong behind the answers; nil: nobody is.
	Logger *slog.Logger
}

func (c *Config) fill() error {
	if c.Clock == nil || c.Host == nil || c.Dice == nil || c.Log == nil || c.Catalog == nil {
		return errors.New("shards.Config needs Clock, Host, Dice, Log and Catalog")
	}
	if c.Hold == nil {
		c.Hold = func(string) func() { return func() {} }
	}
	if c.Account == "" {
		c.Account = "000000000000"
	}
	if c.Region == "" {
		c.Region = "us-east-1"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Streams is Kinesis Data Streams: a method per operation.
type Streams struct {
	config  Config
	clock   clock.Clock
	log     Log
	catalog Catalog
	sealer  *sealer
	puts    sync.Pool // of *put
	answers sync.Pool // of *putAnswer
	leaves  sync.Pool // of *leaf
	shared  sharing
	fanout  subscriptions
	// channels are those of all streams.
	channels channelSet
	changes  waiters // for changes of streams

	limits  atomic.Pointer[Limits]
	price   atomic.Int64 // Limits.price of limits, for the hot path
	callers callers
	// policies are those of streams and consumers that other accounts ask for.
	policies access.Library

	// life ends when Close begins; work counts what Close waits for.
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	// creating makes one CreateStream at a time, so that quotas hold.
	creating sync.Mutex

	mu      sync.RWMutex
	closed  bool                   // guarded by mu
	streams map[streamKey]*stream  // guarded by mu
	account map[streamKey]accounts // guarded by mu; keys have no name
}

// accounts is the loaded state of one account in one region.
type accounts struct {
	version uint64
	state   accountState
}

// Open loads what is stored and takes up the changes that were under way.
func Open(ctx context.Context, c Config) (*Streams, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	s := &Streams{config: c, clock: c.Clock, log: c.Log, catalog: c.Catalog,
		streams: map[streamKey]*stream{}, account: map[streamKey]accounts{}}
	s.shared.room = c.SharedPages
	s.channels.turns = make(chan struct{}, deliveriesAtOnce)
	s.SetLimits(c.Limits)
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.found(ctx); err != nil {
		return nil, fmt.Errorf("open streams: %w", err)
	}
	if err := s.loadStreams(ctx); err != nil {
		return nil, fmt.Errorf("open streams: %w", err)
	}
	if err := s.loadAccounts(ctx); err != nil {
		return nil, fmt.Errorf("open streams: %w", err)
	}
	if err := s.loadChannels(ctx); err != nil {
		return nil, fmt.Errorf("open channels: %w", err)
	}
	// A copy: landings that were due long ago may remove streams at once.
	for _, st := range slices.Collect(maps.Values(s.streams)) {
		st.mu.Lock()
		s.arm(st)
		st.mu.Unlock()
		s.armTrim(st, s.clock.Now().Add(trimPause(st.view.Load().state)))
		s.planLook(st, st.view.Load())
	}
	return s, nil
}

// found reads the room's own entity and makes it on the first start.
func (s *Streams) found(ctx context.Context) error {
	v, err := s.catalog.Get(ctx, roomKey)
	if err != nil {
		return err
	}
	if v.Version == 0 {
		key := make([]byte, sealKeySize)
		_, _ = s.config.Dice.Read(key) // never fails
		body, err := encodeStored(key)
		if err != nil {
			return err
		}
		v, err = s.catalog.Propose(ctx, kv.Command{Key: roomKey, Kind: kindFound, Body: body, At: s.clock.Now()})
		if err != nil {
			return err
		}
	}
	var room roomState
	if err := decodeStored(v.State, &room); err != nil {
		return err
	}
	if room.Format > stateFormat {
		return fmt.Errorf("the data was written by a newer Sluice (format %d); use that one", room.Format)
	}
	s.sealer, err = newSealer(room.SealKey, s.config.Dice)
	return err
}

func (s *Streams) loadStreams(ctx context.Context) error {
	return s.catalog.Scan(ctx, streamPrefix, func(key string, v kv.Value) error {
		k, ok := parseEntity(streamPrefix, key)
		if !ok {
			return fmt.Errorf("%q is not the key of a stream", key)
		}
		state, err := decodeState(v.State)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		s.streams[k] = newStream(k, newView(v.Version, state, nil, false))
		return nil
	})
}

func (s *Streams) loadAccounts(ctx context.Context) error {
	return s.catalog.Scan(ctx, accountPrefix, func(key string, v kv.Value) error {
		k, ok := parseEntity(accountPrefix, key+"/-")
		if !ok {
			return fmt.Errorf("%q is not the key of an account", key)
		}
		k.name = ""
		loaded := accounts{version: v.Version}
		if err := decodeStored(v.State, &loaded.state); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		s.account[k] = loaded
		return nil
	})
}

// parseEntity reads PREFIX account/region/name.
func parseEntity(prefix, key string) (k streamKey, ok bool) {
	parts := strings.Split(strings.TrimPrefix(key, prefix), "/")
	if len(parts) != 3 {
		return streamKey{}, false
	}
	return streamKey{account: parts[0], region: parts[1], name: parts[2]}, true
}

func newView(version uint64, state *streamState, prev *layout, fresh bool) *view {
	return &view{version: version, state: state, layout: newLayout(state, prev, fresh), policy: state.scalePolicy(), replaced: make(chan struct{})}
}

// takeID returns a stream id that was never used.
func (s *Streams) takeID(ctx context.Context) (uint64, error) {
	for {
		v, err := s.catalog.Get(ctx, roomKey)
		if err != nil {
			return 0, fmt.Errorf("read the next stream id: %w", err)
		}
		v, err = s.catalog.Propose(ctx, kv.Command{Key: roomKey, Expect: v.Version, Kind: kindTake, At: s.clock.Now()})
		if errors.Is(err, kv.ErrConflict) {
			continue
		}
		var room roomState
		if err == nil {
			err = decodeStored(v.State, &room)
		}
		if err != nil {
			return 0, fmt.Errorf("take a stream id: %w", err)
		}
		return room.NextStream - 1, nil
	}
}

// start runs f on a goroutine that Close waits for. It reports false, and
// does nothing, once Close has begun.
func (s *Streams) start(f func()) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return false
	}
	s.work.Go(f)
	return true
}

// later runs f, on a goroutine of its own, when service time reaches t. By the
// time it runs, a mover of the clock may be days ahead. The mover waits for f.
func (s *Streams) later(t time.Time, what string, f func()) clock.Timer {
	return s.clock.At(t, func() {
		release := s.config.Hold(what)
		if !s.start(func() { defer release(); f() }) {
			release()
		}
	})
}

// Close ends subscriptions, stops timers and waits for what is under way. The
// log and the catalog stay open; they belong to who opened them.
func (s *Streams) Close() error {
	s.mu.Lock()
	s.closed = true
	all := make([]*stream, 0, len(s.streams))
	for _, st := range s.streams {
		all = append(all, st)
	}
	s.mu.Unlock()
	s.end()
	for _, st := range all {
		st.mu.Lock()
		s.disarm(st)
		st.mu.Unlock()
		st.trim.stop()
		st.scaling.stop()
	}
	s.stopChannels()
	s.fanout.stop()
	s.work.Wait()
	return nil
}
