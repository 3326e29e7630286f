package poller

import (
	"hash/fnv"
	"time"
)

// item is a record on its way to the function.
type item struct {
	record *Record
	size   int       // in the event, in bytes
	place  uint64    // in the tracker
	since  time.Time // when its batching window began
	lane   uint8
	pass   bool // false for one that the filter keeps out
}

// recordWeight is what a record weighs besides its data and key: the item, the
// record, its place, its sequence number.
const recordWeight = 256

// weight is what the record of an item is charged in memory.
func (it *item) weight() int {
	return len(it.record.Data) + len(it.record.PartitionKey) + recordWeight
}

// laneOf is the lane of a partition key.
func laneOf(key string, lanes int) uint8 {
	if lanes == 1 {
		return 0
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	return uint8(h.Sum32() % uint32(lanes))
}

// lane keeps the order of its records: one batch at a time, retried until it
// is finished or given up.
type lane struct {
	queue []item
	// next is what of the queue goes into the next batch.
	next fill
	// stack is what is left of the current batch; the last element is in turn.
	stack []*work
	// busy is set while a job of the lane runs.
	busy bool
	// until is when to try again; why says what for.
	until time.Time
	why   string
	// at is when the last call of the lane was over; see flow.begins.
	at time.Time
	// trouble is what went wrong last, empty after a success.
	trouble string
}

// fill is the beginning of a queue that makes a batch.
type fill struct {
	n, size int
	full    bool // nothing more can be added
}

// work is a batch or what is left of one.
type work struct {
	items []item
	// ready is when it could begin.
	ready time.Time
	// failed counts the failures in a row without progress; pauses counts the
	// waits, those included that no retry is spent on.
	failed, pauses int
	// give is the condition under which it was given up, empty while it was not.
	give string
	// final is set for the last call of a window, which has no items.
	final bool

	// requestID is that of the last invocation.
	requestID string
	// answered is set once the function has answered; then version and kind
	// are of its last answer.
	answered      bool
	version, kind string
}

// top is the work in turn, nil when there is none.
func (l *lane) top() *work {
	if len(l.stack) == 0 {
		return nil
	}
	return l.stack[len(l.stack)-1]
}

func (l *lane) push(w *work) { l.stack = append(l.stack, w) }

func (l *lane) pop() {
	l.stack[len(l.stack)-1] = nil
	l.stack = l.stack[:len(l.stack)-1]
	if len(l.stack) == 0 {
		l.stack = nil
	}
}

// wait puts the lane off.
func (l *lane) wait(until time.Time, why string) { l.until, l.why = until, why }

// go ahead again.
func (l *lane) ready() { l.until, l.why = time.Time{}, "" }

// take removes the next batch from the queue.
func (l *lane) take() []item {
	n := l.next.n
	items := l.queue[:n:n]
	l.queue = l.queue[n:]
	if len(l.queue) == 0 {
		l.queue = nil
	}
	l.next = fill{}
	return items
}

// half splits the work in turn. The halves follow each other; each starts
// without pauses, for a split is progress, and with the failures so far.
func (l *lane) half(w *work) {
	middle := len(w.items) / 2
	left, right := *w, *w
	left.items, right.items = w.items[:middle:middle], w.items[middle:]
	left.pauses, right.pauses = 0, 0
	l.pop()
	l.push(&right)
	l.push(&left)
}
