package firehose

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/firehose"

	"sluice/delivery"
	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/store/kv"
	"sluice/store/log"
)

type opt = func(*firehose.Options)

// Config is what the room works with.
type Config struct {
	// Clock is service time; Hold announces work that a mover of the clock
	// should wait for.
	Clock clock.Clock
	Hold  func(what string) (release func())
	// Host tells how long attempts take.
	Host clock.Clock
	// Dice gives the ids of records and objects.
	Dice *dice.Dice
	// Space keeps the streams, Log their records until they are delivered.
	Space kv.Space
	Log   log.Log
	// Source and Tips are where Kinesis streams are read; nil: nowhere.
	Source Source
	Tips   Tips
	// Function calls Lambda functions; nil: there are none.
	Function Function
	// Endpoint sends to HTTP endpoints; nil: nobody does. StrictURLs refuses
	// addresses that AWS refuses.
	Endpoint   Endpoint
	StrictURLs bool
	// Schemas is where tables are found that records are converted by; nil: there
	// are none.
	Schemas Schemas
	// Bucket is where objects go.
	Bucket delivery.Bucket
	// Meter takes metrics under the names of CloudWatch; nil: nobody does.
	Meter Meter
	// MaxBacklog is how many bytes of a source may wait; 0: 256 MiB.
	MaxBacklog int64
	// Limits are the quotas of direct puts.
	Limits Limits
	// Transition is how long CREATING and DELETING last.
	Transition time.Duration
	Logger     *slog.Logger
}

// Firehose is the room. Its methods are the operations.
type Firehose struct {
	config Config
	life   context.Context
	end    context.CancelFunc
	work   sync.WaitGroup
	// turns bounds how many streams fill objects at once, and so their memory.
	turns chan struct{}
	// large lets one large buffer at a time be delivered.
	large chan struct{}
	// calls bounds what waits for functions, posts what waits for endpoints.
	calls, posts budget
	// reads bounds how many sources are read at once.
	reads chan struct{}

	opened time.Time
	limits atomic.Pointer[Limits]
	plans  plans

	mu      sync.RWMutex
	streams map[streamKey]*stream // guarded by mu
	next    uint64                // guarded by mu
	closed  bool                  // guarded by mu
}

// deliveriesAtOnce is how many streams deliver at the same time.
const deliveriesAtOnce = 2

// readsAtOnce is how many sources are read at the same time. A page holds up to
// 10 MiB.
const readsAtOnce = 4

// Open loads the streams and resumes their deliveries.
func Open(ctx context.Context, c Config) (*Firehose, error) {
	f := &Firehose{config: c, streams: map[streamKey]*stream{}, next: 1, turns: make(chan struct{}, deliveriesAtOnce),
		calls: budget{free: callBudget}, posts: budget{free: postBudget}, reads: make(chan struct{}, readsAtOnce),
		large: make(chan struct{}, 1), opened: c.Clock.Now()}
	f.SetLimits(c.Limits)
	f.life, f.end = context.WithCancel(context.Background())
	if err := f.load(ctx); err != nil {
		f.end()
		return nil, fmt.Errorf("open delivery streams: %w", err)
	}
	for _, s := range f.all() {
		if err := f.measure(ctx, s); err != nil {
			f.end()
			return nil, fmt.Errorf("open delivery streams: %w", err)
		}
		s.mu.Lock()
		f.arm(s)
		f.follow(s)
		s.mu.Unlock()
		f.resume(s)
	}
	return f, nil
}

func (f *Firehose) load(ctx context.Context) error {
	raw, ok, err := f.config.Space.Get(ctx, []byte(roomKey))
	if err != nil {
		return err
	}
	if ok {
		var room roomState
		if err := decode(raw, &room); err != nil {
			return err
		}
		f.next = room.Next
	}
	err = f.config.Space.Scan(ctx, []byte(streamPrefix), after(streamPrefix), false, func(key, value []byte) (bool, error) {
		k, ok := parseKey(streamPrefix, key)
		if !ok {
			return false, fmt.Errorf("%q is not the key of a delivery stream", key)
		}
		state := new(streamState)
		if err := decode(value, state); err != nil {
			return false, fmt.Errorf("%s: %w", k.name, err)
		}
		f.streams[k] = newStream(k, state)
		return true, nil
	})
	if err != nil {
		return err
	}
	if err := f.loadPartitions(ctx); err != nil {
		return err
	}
	places, err := f.loadPlaces(ctx)
	if err != nil {
		return err
	}
	for k, s := range f.streams {
		if s.state.Load().Source != nil {
			s.reader = newReader(f, s, places[k])
		}
	}
	return f.config.Space.Scan(ctx, []byte(progressPrefix), after(progressPrefix), false, func(key, value []byte) (bool, error) {
		k, _ := parseKey(progressPrefix, key)
		if s := f.streams[k]; s != nil {
			return true, decode(value, &s.pump.progress)
		}
		return true, nil
	})
}

// Close stops timers and waits for what is under way. Space and log belong to
// who opened them.
func (f *Firehose) Close() error {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.end()
	for _, s := range f.all() {
		s.mu.Lock()
		s.disarm()
		s.mu.Unlock()
		s.pump.stop()
		s.stopReading()
	}
	f.work.Wait()
	return nil
}

func (f *Firehose) all() []*stream {
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := make([]*stream, 0, len(f.streams))
	for _, s := range f.streams {
		out = append(out, s)
	}
	return out
}

// largeBuffer is from how many bytes on a buffer is large.
const largeBuffer = 32 << 20

// turn waits for the turn of a way.
func (f *Firehose) turn(ctx context.Context, w way) (leave func(), err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(f.life, cancel)()
	st := w.stream.state.Load()
	size := w.hints(st).Bytes
	cost := min(size, w.cursor.backlog.Load())
	switch {
	case w.transform:
		return f.calls.take(ctx, cost, callBudget)
	case w.deliversPosts(st):
		return f.posts.take(ctx, cost, postBudget)
	case size < largeBuffer:
		return enter(ctx, f.turns)
	}
	alone, err := enter(ctx, f.large)
	if err != nil {
		return nil, err
	}
	turn, err := enter(ctx, f.turns)
	if err != nil {
		alone()
		return nil, err
	}
	return func() { turn(); alone() }, nil
}

func enter(ctx context.Context, turns chan struct{}) (leave func(), err error) {
	select {
	case turns <- struct{}{}:
		return func() { <-turns }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// start runs f on a goroutine that Close waits for. It refuses when closed.
func (f *Firehose) start(run func()) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.closed {
		return false
	}
	f.work.Go(run)
	return true
}

// later runs f, on a goroutine of its own, when service time reaches t. A mover
// of the clock waits for it.
func (f *Firehose) later(t time.Time, what string, run func(at time.Time)) clock.Timer {
	return f.config.Clock.At(t, func() {
		at := f.config.Clock.Now()
		release := f.config.Hold(what)
		if !f.start(func() { defer release(); run(at) }) {
			release()
		}
	})
}

func millis(t time.Time) int64     { return t.UnixMilli() }
func fromMillis(m int64) time.Time { return time.UnixMilli(m).UTC() }
