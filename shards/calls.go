package shards

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"sluice/internal/arn"
)

// How often the operations of the control plane may be called, per second:
// most of them by an account in a region, a few by stream. The service names
// no rate for UpdateStreamMode and UpdateStreamRecordDistributionStrategy;
// they have the rate of their kind.
const (
	commonCalls         = 5
	describeCalls       = 10 // DescribeStream
	updateCountCalls    = 10
	summaryCalls        = 20
	describeLimitsCalls = 1
	consumerCalls       = 20   // DescribeStreamConsumer, per stream
	consumerListCalls   = 5    // ListStreamConsumers and DeregisterStreamConsumer, per stream
	listShardsCalls     = 1000 // per stream
	subscribeCalls      = 1    // per consumer and shard
)

// callMeter counts calls of operations for one account and region or for one
// stream. The zero value is ready. Its size is bounded by the operations.
type callMeter struct {
	mu      sync.Mutex
	buckets map[string]*bucket // guarded by mu; by operation
	refused map[string]uint64  // guarded by mu; since start, by operation
}

// admit lets a call pass at a rate or refuses it.
func (c *callMeter) admit(operation string, now time.Time, rate, price int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.buckets[operation]
	if b == nil {
		if c.buckets == nil {
			c.buckets = map[string]*bucket{}
		}
		b = new(bucket)
		c.buckets[operation] = b
	}
	b.fill(now.UnixNano(), rate)
	if b.has(price, rate) {
		b.parts -= price
		return true
	}
	if c.refused == nil {
		c.refused = map[string]uint64{}
	}
	c.refused[operation]++
	return false
}

// callers keeps the meters of accounts. Anybody may call for any account, so
// their number is bounded: when there are too many, those that have not called
// for a while (whose buckets are full anyway) make room, with their counts.
type callers struct {
	mu  sync.Mutex
	all map[streamKey]*account // guarded by mu; keys have no name
}

// account is one account in one region.
type account struct {
	calls callMeter
	last  time.Time // guarded by callers.mu
}

const (
	mostCallers = 4096
	callerRest  = time.Minute
)

func (c *callers) meter(k streamKey, now time.Time) *callMeter {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.all[k]
	if a == nil {
		if len(c.all) >= mostCallers {
			c.sweep(now)
		}
		if c.all == nil {
			c.all = map[streamKey]*account{}
		}
		a = new(account)
		c.all[k] = a
	}
	a.last = now
	return &a.calls
}

// sweep makes room, at the cost of forgetting everybody if all have just called.
func (c *callers) sweep(now time.Time) {
	for k, a := range c.all {
		if now.Sub(a.last) >= callerRest {
			delete(c.all, k)
		}
	}
	if len(c.all) >= mostCallers {
		clear(c.all)
	}
}

// samples tells what was refused.
func (c *callMeter) samples(at Sample, yield func(Sample)) {
	c.mu.Lock()
	refused := maps.Clone(c.refused)
	c.mu.Unlock()
	at.Name = CountCallsRefused
	for _, operation := range slices.Sorted(maps.Keys(refused)) {
		at.Operation, at.Value = operation, refused[operation]
		yield(at)
	}
}

func (c *callers) samples(yield func(Sample)) {
	c.mu.Lock()
	all := maps.Clone(c.all)
	c.mu.Unlock()
	for _, k := range slices.SortedFunc(maps.Keys(all), compareKeys) {
		all[k].calls.samples(Sample{Account: k.account, Region: k.region}, yield)
	}
}

// free marks the context of calls that no limit per time counts.
type free struct{}

// Free returns a context for calls that Sluice makes for itself, such as those
// that make seeded streams: limits per time neither count nor refuse them.
func Free(ctx context.Context) context.Context { return context.WithValue(ctx, free{}, true) }

// priceOf is the price of a call: 0 when it is not limited.
func (s *Streams) priceOf(ctx context.Context) int64 {
	if price := s.price.Load(); price > 0 && ctx.Value(free{}) == nil {
		return price
	}
	return 0
}

// limitedFor reports whether limits per time hold for a call.
func (s *Streams) limitedFor(ctx context.Context) bool { return s.priceOf(ctx) > 0 }

// admitCall lets a call of an operation pass or refuses it for the rate of its
// account. The refusal names the stream that was meant, if any. It comes before
// the stream is looked up, as a throttle stands before what it protects.
func (s *Streams) admitCall(ctx context.Context, operation string, rate int64, name, resource *string) error {
	price := s.priceOf(ctx)
	if price == 0 {
		return nil
	}
	k, now := s.caller(ctx), s.clock.Now()
	if s.callers.meter(k, now).admit(operation, now, rate, price) {
		return nil
	}
	if name != nil {
		k.name = *name
	} else if named, err := arn.Parse(aws.ToString(resource)); err == nil {
		k.name = named.Stream
	}
	return errCallRate(k)
}

// admitStreamCall does the same for operations that have a rate per stream.
func (s *Streams) admitStreamCall(ctx context.Context, operation string, rate int64, st *stream) error {
	price := s.priceOf(ctx)
	if price == 0 || st.calls.admit(operation, s.clock.Now(), rate, price) {
		return nil
	}
	return errCallRate(st.key)
}
