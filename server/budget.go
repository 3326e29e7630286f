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
//
// Large requests and answers of one account wait in a line of their own as well,
// which lets in an eighth less than there is: so what one account holds, and
// what it waits for, cannot keep the others out. Small ones in the lane are not counted
// by account, for that would cost them more than they weigh.
type budget struct {
	limit    int64
	patience time.Duration
	share    *semaphore.Weighted
	held     atomic.Int64

	mu    sync.Mutex
	lines map[string]*line // guarded by mu; of accounts that hold or wait for something large
}

// line is where the large requests of one account wait.
type line struct {
	share *semaphore.Weighted
	users int // guarded by the budget's mu
}

// heavy is the weight from which on requests are counted by account: that of a body
// which does not fit what the lane reads ahead, and of all outside the lane.
const heavy = bodyWeight * laneBuffer

func newBudget(limit int64, patience time.Duration) *budget {
	return &budget{limit: limit, patience: patience, share: semaphore.NewWeighted(limit), lines: map[string]*line{}}
}

// most is what one account can hold of large requests and answers.
func (b *budget) most() int64 { return b.limit - b.limit/8 }

// weigh is what n bytes of body take. A body that alone exceeds what an account
// may have takes all of that and so travels alone.
func (b *budget) weigh(n int64) int64 { return min(n*bodyWeight, b.most()) }

// claim waits for exactly that weight, of which most is the bound.
func (b *budget) claim(ctx context.Context, account string, weight int64) error {
	if weight >= heavy {
		return b.claimHeavy(ctx, account, weight)
	}
	return b.acquire(ctx, b.share, weight, weight)
}

// acquire waits for a share, and counts held as held then.
func (b *budget) acquire(ctx context.Context, share *semaphore.Weighted, weight, held int64) error {
	if !share.TryAcquire(weight) {
		ctx, cancel := context.WithTimeout(ctx, b.patience)
		defer cancel()
		if err := share.Acquire(ctx, weight); err != nil {
			return err
		}
	}
	b.held.Add(held)
	return nil
}

func (b *budget) claimHeavy(ctx context.Context, account string, weight int64) error {
	l := b.enter(account)
	if err := b.acquire(ctx, l.share, weight, 0); err != nil {
		b.leave(account, l)
		return err
	}
	if err := b.acquire(ctx, b.share, weight, weight); err != nil {
		l.share.Release(weight)
		b.leave(account, l)
		return err
	}
	return nil
}

// enter returns the line of an account, counting in who asks.
func (b *budget) enter(account string) *line {
	b.mu.Lock()
	defer b.mu.Unlock()
	l := b.lines[account]
	if l == nil {
		l = &line{share: semaphore.NewWeighted(b.most())}
		b.lines[account] = l
	}
	l.users++
	return l
}

// leave forgets the line of an account when nobody is in it any more.
func (b *budget) leave(account string, l *line) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(b.lines, account)
	}
}

// shrink gives back of what one claim took, all but to. It never waits.
func (b *budget) shrink(account string, from, to int64) {
	if from >= heavy {
		b.mu.Lock()
		l := b.lines[account]
		b.mu.Unlock()
		if to >= heavy {
			l.share.Release(from - to)
		} else {
			l.share.Release(from)
			b.leave(account, l)
		}
	}
	b.held.Add(to - from)
	b.share.Release(from - to)
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
