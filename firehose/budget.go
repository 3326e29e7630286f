package firehose

import (
	"context"
	"sync"
)

// budget bounds what waits for somebody outside, by the memory it takes: one
// that hangs holds up itself, not those beside it, as long as all of them are
// small.
type budget struct {
	mu    sync.Mutex
	free  int64           // guarded by mu
	queue []chan struct{} // guarded by mu; closed when something was given back
}

// leastCost is what the smallest buffer counts for.
const leastCost = 64 << 10

// The budgets, in bytes of records as they came.
const (
	callBudget = 48 << 20 // of calls of functions
	postBudget = 64 << 20 // of requests to endpoints
)

// take waits for a share of the budget of most bytes. None counts for more than
// a quarter, so that it cannot be kept waiting for ever by small ones.
func (b *budget) take(ctx context.Context, cost, most int64) (giveBack func(), err error) {
	cost = min(max(cost, leastCost), most/4)
	for {
		b.mu.Lock()
		if b.free >= cost {
			b.free -= cost
			b.mu.Unlock()
			return func() { b.put(cost) }, nil
		}
		changed := make(chan struct{})
		b.queue = append(b.queue, changed)
		b.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// put gives a share back.
func (b *budget) put(cost int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += cost
	for _, changed := range b.queue {
		close(changed)
	}
	b.queue = nil
}
