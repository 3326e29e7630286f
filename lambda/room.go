package lambda

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/lambda/poller"
	"sluice/store/kv"
)

// opt is the variadic that makes *Room and *lambda.Client satisfy the same
// interfaces. It is ignored.
type opt = func(*lambda.Options)

// Streams tells whether a source is there. The context carries the account and
// region of the mapping. Methods are called concurrently.
type Streams interface {
	DescribeStreamSummary(ctx context.Context, in *kinesis.DescribeStreamSummaryInput) (*kinesis.DescribeStreamSummaryOutput, error)
	DescribeStreamConsumer(ctx context.Context, in *kinesis.DescribeStreamConsumerInput) (*kinesis.DescribeStreamConsumerOutput, error)
}

// Objects is where deployment packages may lie: the buckets of this server.
type Objects interface {
	// GetObject returns a whole object of at most the size of a zip.
	GetObject(ctx context.Context, account, bucket, key string) ([]byte, error)
}

// Config is what Open needs. Clock, Host, Dice, Space, Streams, Source, Tips and
// Runtime must be set.
type Config struct {
	// Clock is service time, Host the machine's, in which functions answer.
	Clock, Host clock.Clock
	// Dice makes UUIDs and revision ids.
	Dice *dice.Dice
	// Space keeps everything.
	Space kv.Space
	// Streams knows the sources; Source and Tips read them.
	Streams Streams
	Source  poller.Source
	Tips    poller.Tips
	// Runtime runs functions.
	Runtime Runtime
	// Destinations delivers failure documents; nil: they all go to the
	// built-in sink.
	Destinations Destinations
	// Meter takes Lambda's metrics; nil: nobody does.
	Meter Meter
	// Objects holds deployment packages; nil: there are no buckets.
	Objects Objects
	// Hold announces work that a mover of Clock should wait for; nil: nobody waits.
	Hold func(what string) (release func())
	// Transition says how long mappings are Creating, Updating and so on.
	Transition TransitionConfig
	// Retry is how pauses between attempts grow; the service's when zero.
	Retry poller.Backoff
	// Memory is what the records that mappings have read may weigh together, in
	// bytes; 64 MiB when zero.
	Memory int
	// Account and Region stand in for those of a call without an identity;
	// 000000000000 and us-east-1 when empty.
	Account, Region string
	// Endpoint tells where this server is reached, for the places where zips
	// can be fetched; nil: nowhere.
	Endpoint func() string
	// Logger is told of what goes wrong behind the answers; nil: nobody is.
	Logger *slog.Logger
}

// TransitionConfig says how long the states in between last, in service time.
type TransitionConfig struct {
	// Duration is for every kind of change; 0 means that a change has happened
	// when the call returns.
	Duration time.Duration
	// AWS takes a duration like that of the real service instead.
	AWS bool
}

// likeAWS was seen from outside and varies from run to run.
const likeAWS = 15 * time.Second

func (t TransitionConfig) lasting() time.Duration {
	if t.AWS {
		return likeAWS
	}
	return t.Duration
}

func (c *Config) fill() error {
	if c.Clock == nil || c.Host == nil || c.Dice == nil || c.Space == nil || c.Streams == nil || c.Source == nil || c.Tips == nil || c.Runtime == nil {
		return errors.New("lambda.Config needs Clock, Host, Dice, Space, Streams, Source, Tips and Runtime")
	}
	if c.Hold == nil {
		c.Hold = func(string) func() { return func() {} }
	}
	if c.Endpoint == nil {
		c.Endpoint = func() string { return "" }
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

// Room is Lambda: a method per operation.
type Room struct {
	config  Config
	clock   clock.Clock
	space   kv.Space
	readers *poller.Readers
	polling poller.Config
	sink    *sink
	meter   *meter
	backlog backlog

	// life ends when Close begins; work counts what Close waits for.
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup

	mu        sync.RWMutex
	closed    bool                      // guarded by mu
	mappings  map[mappingKey]*mapping   // guarded by mu
	pairs     map[pair]*mapping         // guarded by mu; a function reads a source once
	functions map[functionKey]*deployed // guarded by mu
	codes     map[string]int64          // guarded by mu; sizes of zips
	codeBytes int64                     // guarded by mu; their sum
	gone      poller.Counters           // guarded by mu; what mappings that were stopped had counted
}

// Open loads what is stored. Nothing runs until Start.
func Open(ctx context.Context, c Config) (*Room, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	r := &Room{config: c, clock: c.Clock, space: c.Space,
		mappings: map[mappingKey]*mapping{}, pairs: map[pair]*mapping{}, functions: map[functionKey]*deployed{}, codes: map[string]int64{}, backlog: backlog{events: map[string]*waiting{}}}
	r.meter = &meter{r: r}
	r.life, r.end = context.WithCancel(context.WithoutCancel(ctx))
	if err := r.openPolling(ctx); err != nil {
		return nil, fmt.Errorf("open lambda: %w", err)
	}
	for _, load := range []func(context.Context) error{r.loadFunctions, r.loadMappings, r.loadBacklog} {
		if err := load(ctx); err != nil {
			r.readers.Close()
			return nil, fmt.Errorf("open lambda: %w", err)
		}
	}
	return r, nil
}

func (r *Room) openPolling(ctx context.Context) (err error) {
	c := r.config
	if r.sink, err = openSink(ctx, c.Space); err != nil {
		return err
	}
	r.readers, err = poller.NewReaders(poller.ReadersConfig{Clock: c.Clock, Hold: c.Hold, Source: c.Source, Tips: c.Tips, Memory: c.Memory})
	if err != nil {
		return err
	}
	r.polling = poller.Config{Clock: c.Clock, Hold: c.Hold, Dice: c.Dice, Readers: r.readers,
		Invoker: dispatcher{r: r}, Failures: failures{r}, Checkpoints: poller.NewCheckpoints(c.Space, positionPrefix),
		Retry: c.Retry, Logger: c.Logger}
	return nil
}

// caller is the account and region a call is for.
func (r *Room) caller(ctx context.Context) caller.Caller {
	who, ok := caller.From(ctx)
	if !ok {
		return caller.Caller{Account: r.config.Account, Region: r.config.Region}
	}
	return who
}

// later runs f, on a goroutine of its own, when service time reaches t. A
// mover of the clock waits for it.
func (r *Room) later(t time.Time, what string, f func()) clock.Timer {
	return r.clock.At(t, func() {
		release := r.config.Hold(what)
		if !r.start(func() { defer release(); f() }) {
			release()
		}
	})
}

// start runs f on a goroutine that Close waits for. It reports false, and
// does nothing, once Close has begun.
func (r *Room) start(f func()) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.closed {
		return false
	}
	r.work.Go(f)
	return true
}

// Close stops the mappings where they are and waits for what is under way. The
// space and the runtime belong to who opened them.
func (r *Room) Close() error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	all := make([]*mapping, 0, len(r.mappings))
	for _, m := range r.mappings {
		all = append(all, m)
	}
	r.mu.Unlock()
	r.meter.stop()
	r.stopBacklog()
	err := r.stopMappings(all)
	r.end()
	r.work.Wait()
	r.readers.Close()
	return err
}
