package server

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// bodyWeight is how many bytes of the budget a byte of body takes: itself and
// its decoded form, which is never larger.
const bodyWeight = 2

// budget bounds the memory of all request bodies and large answers together. Requests wait for
// their share in the order they came, which lets a large one through in time.
type budget struct {
	limit    int64
	patience time.Duration
	share    *semaphore.Weighted
	held     atomic.Int64
}

func newBudget(limit int64, patience time.Duration) *budget {
	return &budget{limit: limit, patience: patience, share: semaphore.NewWeighted(limit)}
}

// take waits for n bytes of body. A body that alone exceeds the budget takes
// all of it and so travels alone.
func (b *budget) take(ctx context.Context, n int64) (weight int64, err error) {
	weight = min(n*bodyWeight, b.limit)
	return weight, b.claim(ctx, weight)
}

// claim waits for exactly that weight, which the limit admits.
func (b *budget) claim(ctx context.Context, weight int64) error {
	if !b.share.TryAcquire(weight) {
		ctx, cancel := context.WithTimeout(ctx, b.patience)
		defer cancel()
		if err := b.share.Acquire(ctx, weight); err != nil {
			return err
		}
	}
	b.held.Add(weight)
	return nil
}

func (b *budget) give(weight int64) {
	if weight > 0 {
		b.held.Add(-weight)
		b.share.Release(weight)
	}
}

// bufferSizes are the classes of pooled buffers. Larger ones are left to the
// garbage collector, so that one huge request does not pin its memory.
var bufferSizes = [...]int{4 << 10, 32 << 10, 256 << 10, 1 << 20}

// buffers is a pool per class.
type buffers [len(bufferSizes)]sync.Pool

// get returns an empty buffer with room for n bytes.
func (b *buffers) get(n int) *[]byte {
	for i, size := range bufferSizes {
		if n > size {
			continue
		}
		if buf, ok := b[i].Get().(*[]byte); ok {
			return buf
		}
		buf := make([]byte, 0, size)
		return &buf
	}
	buf := make([]byte, 0, n)
	return &buf
}

// put takes a buffer back when it has exactly the size of a class.
func (b *buffers) put(buf *[]byte) {
	for i, size := range bufferSizes {
		if cap(*buf) == size {
			*buf = (*buf)[:0]
			b[i].Put(buf)
			return
		}
	}
}
