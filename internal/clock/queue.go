package clock

import (
	"container/heap"
	"sync"
	"time"
)

// queue keeps pending calls in the order of their times and runs those that
// are due, one at a time. Whoever holds the turn may run calls: the queue's
// own goroutine when time simply passes, or the mover of a service clock.
// There is no resident goroutine; one lives from the first due call to the
// last, so an idle clock costs nothing and leaks nothing.
type queue struct {
	now func() time.Time
	// arm asks for a later wake, at a time of this queue. It is called with
	// mu held, and replaces what was asked for before.
	arm func(at time.Time)
	// turn holds one token while somebody runs calls.
	turn chan struct{}

	mu      sync.Mutex
	pending entries // guarded by mu
	seq     uint64  // guarded by mu; keeps calls of one instant in the order of At
	fired   int     // guarded by mu; calls started so far
	running bool    // guarded by mu; the queue's own goroutine is alive
	closed  bool    // guarded by mu
	own     sync.WaitGroup
}

// entry is one pending call. index is its place in the heap, -1 when it has
// left it.
type entry struct {
	at    time.Time
	seq   uint64
	f     func()
	index int
	queue *queue
}

func newQueue(now func() time.Time, arm func(at time.Time)) *queue {
	return &queue{now: now, arm: arm, turn: make(chan struct{}, 1)}
}

// at adds a call. A closed queue takes it and never runs it.
func (q *queue) at(t time.Time, f func()) *entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.seq++
	e := &entry{at: t, seq: q.seq, f: f, index: -1, queue: q}
	if q.closed {
		return e
	}
	heap.Push(&q.pending, e)
	if e.index == 0 {
		q.planLocked()
	}
	return e
}

// Stop takes the call out of the queue. A wake that was asked for because of
// it may still come; it then finds nothing to do.
func (e *entry) Stop() bool {
	e.queue.mu.Lock()
	defer e.queue.mu.Unlock()
	if e.index < 0 {
		return false
	}
	heap.Remove(&e.queue.pending, e.index)
	return true
}

// plan makes sure that the earliest call will run: now, or at its time.
func (q *queue) plan() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.planLocked()
}

func (q *queue) planLocked() {
	if q.closed || q.running || len(q.pending) == 0 {
		return
	}
	first := q.pending[0].at
	if first.After(q.now()) {
		q.arm(first)
		return
	}
	q.running = true
	q.own.Add(1)
	go q.run()
}

// run is the queue's own goroutine.
func (q *queue) run() {
	defer q.own.Done()
	q.turn <- struct{}{}
	for q.fire(q.now()) {
	}
	<-q.turn
	q.mu.Lock()
	q.running = false
	// What became due since the last look starts a new goroutine here.
	q.planLocked()
	q.mu.Unlock()
}

// fire runs the earliest call when it is due at t. The caller holds the turn.
func (q *queue) fire(t time.Time) bool {
	q.mu.Lock()
	if q.closed || len(q.pending) == 0 || q.pending[0].at.After(t) {
		q.mu.Unlock()
		return false
	}
	e := heap.Pop(&q.pending).(*entry)
	q.fired++
	q.mu.Unlock()
	e.f()
	return true
}

// next is the time of the earliest call.
func (q *queue) next() (time.Time, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.pending) == 0 {
		return time.Time{}, false
	}
	return q.pending[0].at, true
}

// count is the number of calls started so far.
func (q *queue) count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.fired
}

// close drops what is pending and waits for the call that runs.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	for _, e := range q.pending {
		e.index = -1
	}
	q.pending = nil
	q.mu.Unlock()
	q.own.Wait()
	// The call may be one that a mover runs.
	q.turn <- struct{}{}
	<-q.turn
}

// entries is a heap by time, then by order of arrival.
type entries []*entry

// Len implements heap.Interface.
func (s entries) Len() int { return len(s) }

// Less implements heap.Interface.
func (s entries) Less(i, j int) bool {
	if s[i].at.Equal(s[j].at) {
		return s[i].seq < s[j].seq
	}
	return s[i].at.Before(s[j].at)
}

// Swap implements heap.Interface.
func (s entries) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}

// Push implements heap.Interface.
func (s *entries) Push(x any) {
	e := x.(*entry)
	e.index = len(*s)
	*s = append(*s, e)
}

// Pop implements heap.Interface.
func (s *entries) Pop() any {
	last := len(*s) - 1
	e := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	e.index = -1
	return e
}
