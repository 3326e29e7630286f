package engine

import (
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"
)

// The commit queue.
//
// Whoever changes something builds a batch, submits it, and waits for it. The
// order of submission is the order of the write-ahead log. One of those who
// wait leads: it takes what has gathered, makes one Pebble batch of it (small
// ones are merged, a big one goes alone and uncopied), and commits that,
// durability included, before the next leader starts. So there is exactly one
// commit in flight, which is what life after a failed write rests on: Pebble
// is never given a batch after one that failed, and the place in the log up to
// which everything was acknowledged is known exactly.
//
// Where durability costs an fsync, big batches share one: the commit is then
// several Pebble batches, of which only the last is synced. All of them are
// acknowledged or none. Where a write(2) is enough that would only keep the
// first of them waiting for the others.
//
// It costs nothing: the next group gathers meanwhile and becomes larger. One
// Pebble commit per caller, the obvious other way, was as fast within the
// noise at 1, 8 and 64 writers (Pebble groups syncs itself). A goroutine that
// commits for all was not tried: a lone writer would pay for two switches.

// mergeBelow is the size up to which batches are merged by copying.
const mergeBelow = 64 << 10

// groupBytes bounds a merged group, syncedBytes what shares an fsync, and
// besideBytes what a group writes beside the database.
const (
	groupBytes  = 1 << 20
	syncedBytes = 8 << 20
	besideBytes = 8 << 20
)

// shared is how large a commit of several batches may be. The first of them must
// not be written out as a table while a later one waits for memory: so they
// are in two memtables at most.
func shared(memTable uint64) int {
	if memTable == 0 {
		return syncedBytes
	}
	return int(min(memTable/2, syncedBytes))
}

// Batch is a set of changes that become durable together or not at all.
type Batch struct {
	*pebble.Batch
	// Records says that nothing in it is ever read by ReadDurable.
	Records bool
	// Before, when it is there, is called once by who leads, right before the
	// batch is committed and after all before it were. It writes what the batch
	// points to. Its error is that of the batch, which then comes to nothing
	// together with what was submitted after it so far, for that may rest on it.
	Before func() error
	// During, when it is there, is called where durability costs an fsync, while
	// the log is synced. It makes durable what Before wrote. When it fails, so
	// does the commit.
	During func() error
	// Beside is how many bytes Before writes.
	Beside int
	engine *Engine
	epoch  uint64
}

// Ticket is a submitted batch.
type Ticket struct {
	batch   *pebble.Batch
	records bool // and nothing else
	size    int
	epoch   uint64
	// settle is told the outcome, in the order of submission, before anybody
	// who waits is. It must be quick.
	settle func(error)
	before func() error
	during func() error
	beside int
	queue  *queue
	wake   chan struct{} // has one element when the waiter should look again

	// Guarded by queue.mu.
	waited bool
	done   bool
	err    error
}

type queue struct {
	commit func(epoch uint64, batches []*pebble.Batch, records bool, during []func() error, beside int) error
	// broken tells why nothing can be committed at present, nil when it can.
	broken func() error
	// refused is told that what comes before a batch has failed.
	refused func(error)
	// shares is the size up to which big batches share a commit; 0: they do not.
	shares int

	// mu guards the fields below. It is taken after a caller's own locks.
	mu      sync.Mutex
	waiting []*Ticket
	spare   []*Ticket       // the slice of the group before, for use again
	batches []*pebble.Batch // the same for what was made of it; the leader's
	during  []func() error  // the same
	leading bool
	epoch   uint64 // counts failures; batches of an older epoch are refused
	failure error  // why the last one ended
}

var errOvertaken = errors.New("a write before this one failed")

// submit queues a ticket. One of an epoch that has ended fails at once.
func (q *queue) submit(t *Ticket) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if t.epoch != q.epoch {
		q.finish(t, q.failure)
		return
	}
	q.waiting = append(q.waiting, t)
}

// Wait returns the outcome, leading the queue when nobody else does.
func (t *Ticket) Wait() error {
	q := t.queue
	q.mu.Lock()
	t.waited = true
	for !t.done {
		if q.leading {
			q.mu.Unlock()
			<-t.wake
			q.mu.Lock()
			continue
		}
		q.lead()
	}
	err := t.err
	q.mu.Unlock()
	return err
}

// lead commits the group at the head of the queue and hands on. It is called
// with mu held and returns so.
func (q *queue) lead() {
	group := q.take()
	q.leading = true
	q.mu.Unlock()
	err := q.broken() // then nothing is written beside the database either
	var ready int
	var refusal error
	if err == nil {
		ready, refusal = prepare(group)
	}
	if ready > 0 {
		records, during, beside := true, q.during[:0], 0
		for _, t := range group[:ready] {
			beside += t.beside
			if records = records && t.records; t.during != nil {
				during = append(during, t.during)
			}
		}
		q.during = during
		err = q.commit(group[0].epoch, q.merged(group[:ready]), records, during, beside)
		clear(during)
	}
	if refusal != nil {
		q.refused(refusal)
	}
	q.mu.Lock()
	q.leading = false
	for i, t := range group {
		switch {
		case i == ready && err == nil:
			q.finish(t, refusal)
		case i > ready && err == nil:
			q.finish(t, fmt.Errorf("%w: %w", errOvertaken, refusal))
		default:
			q.finish(t, err)
		}
	}
	if err == nil {
		err = refusal
	}
	if err != nil && group[0].epoch == q.epoch {
		q.fail(err)
	}
	clear(group)
	q.spare = group[:0]
	for _, t := range q.waiting {
		if t.waited {
			t.nudge()
			break
		}
	}
}

// prepare does what comes before the batches of a group, up to the first for
// which it fails, and tells for how many it did not.
func prepare(group []*Ticket) (ready int, err error) {
	for i, t := range group {
		if t.before != nil {
			err = t.before()
		}
		if err != nil {
			return i, classify(err)
		}
	}
	return len(group), nil
}

// take removes from the queue what is committed together.
func (q *queue) take() []*Ticket {
	n, size, beside := 1, q.waiting[0].size, q.waiting[0].beside
	for n < len(q.waiting) && q.joins(q.waiting[n-1], q.waiting[n], size) {
		if beside += q.waiting[n].beside; beside > besideBytes {
			break
		}
		size += q.waiting[n].size
		n++
	}
	group := append(q.spare[:0], q.waiting[:n]...)
	rest := copy(q.waiting, q.waiting[n:])
	clear(q.waiting[rest:])
	q.waiting = q.waiting[:rest]
	return group
}

// joins tells whether a ticket is committed together with those before it, which
// have that size.
func (q *queue) joins(before, t *Ticket, size int) bool {
	if q.shares > 0 {
		return size+t.size <= q.shares
	}
	return before.size < mergeBelow && t.size < mergeBelow && size+t.size <= groupBytes
}

// merged makes batches of a group: one of neighbours that are small, and one
// each of the others. Only the leader calls it.
func (q *queue) merged(group []*Ticket) []*pebble.Batch {
	q.batches = q.batches[:0]
	size := 0
	for i, t := range group {
		if i == 0 || t.size >= mergeBelow || group[i-1].size >= mergeBelow || size+t.size > groupBytes {
			q.batches, size = append(q.batches, t.batch), t.size
			continue
		}
		// Apply fails for malformed batches only, and these are our own.
		if err := q.batches[len(q.batches)-1].Apply(t.batch, nil); err != nil {
			panic(err)
		}
		_ = t.batch.Close()
		size += t.size
	}
	return q.batches
}

// finish settles a ticket. mu is held.
func (q *queue) finish(t *Ticket, err error) {
	t.batch = nil
	t.done, t.err = true, err
	t.settle(err)
	if t.waited {
		t.nudge()
	}
}

// nudge makes the waiter look again; once is enough until it has.
func (t *Ticket) nudge() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// fail ends an epoch: everything queued fails, and so will what was built on
// the assumption that it would succeed. mu is held.
func (q *queue) fail(err error) {
	if !errors.Is(err, errOvertaken) {
		err = fmt.Errorf("%w: %w", errOvertaken, err)
	}
	q.epoch++
	q.failure = err
	for _, t := range q.waiting {
		q.finish(t, err)
	}
	clear(q.waiting)
	q.waiting = q.waiting[:0]
}

// overtaken returns why an epoch has ended, nil when it has not.
func (q *queue) overtaken(epoch uint64) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if epoch == q.epoch {
		return nil
	}
	return q.failure
}

// drain commits what is queued and nobody waits for. It is called when no
// other goroutine uses the queue any more.
func (q *queue) drain() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) > 0 && !q.leading {
		q.lead()
	}
}
