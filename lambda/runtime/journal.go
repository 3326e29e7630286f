package runtime

import (
	"context"
	"sync"
	"time"
)

// Line is a line of a function's log.
type Line struct {
	// Seq counts the lines of a function from 1.
	Seq uint64 `json:"seq"`
	// At is host time.
	At time.Time `json:"at"`
	// RequestID is that of the event the function was at; empty between events.
	RequestID string `json:"requestId"`
	Text      string `json:"text"`
}

// Bounds of a log.
const (
	maxLines    = 10_000
	maxLogBytes = 1 << 20
	maxLine     = 64 << 10
	maxTail     = 4 << 10
	lineCost    = 96 // of the record of a line
)

// journal is the bounded log of one function: the oldest lines go first.
type journal struct {
	mu    sync.Mutex
	lines []Line // the live ones, oldest first
	bytes int
	seq   uint64
	more  chan struct{} // closed by the next line; nil while nobody waits
}

func (j *journal) add(l Line) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seq++
	l.Seq = j.seq
	j.lines = append(j.lines, l)
	j.bytes += len(l.Text) + lineCost
	drop := 0
	for len(j.lines)-drop > maxLines || j.bytes > maxLogBytes {
		j.bytes -= len(j.lines[drop].Text) + lineCost
		drop++
	}
	// The front is cut off; append moves the rest once in a while.
	clear(j.lines[:drop])
	j.lines = j.lines[drop:]
	if j.more != nil {
		close(j.more)
		j.more = nil
	}
}

// after returns the lines with a number above seq, at most limit, and a
// channel that is closed when there is another; it is nil when there are some.
func (j *journal) after(seq uint64, limit int) ([]Line, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if seq >= j.seq {
		if j.more == nil {
			j.more = make(chan struct{})
		}
		return nil, j.more
	}
	from := len(j.lines) - int(min(j.seq-seq, uint64(len(j.lines))))
	list := j.lines[from:]
	if len(list) > limit {
		list = list[:limit]
	}
	return append([]Line(nil), list...), nil
}

// Logs returns lines of a function's log, oldest first: those numbered above
// after, at most limit. With wait it waits for the first one until ctx ends.
// ok is false for a function that is not there.
func (h *Host) Logs(ctx context.Context, k Key, after uint64, limit int, wait bool) (lines []Line, ok bool) {
	k.Version = ""
	h.mu.Lock()
	j := h.logs[k]
	h.mu.Unlock()
	if j == nil {
		return nil, false
	}
	for {
		lines, more := j.after(after, limit)
		if len(lines) > 0 || !wait {
			return lines, true
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, true
		case <-h.life.Done():
			return nil, true
		}
	}
}

func (h *Host) journalLocked(k Key) *journal {
	k.Version = ""
	j := h.logs[k]
	if j == nil {
		j = &journal{}
		h.logs[k] = j
	}
	return j
}

// tail is the end of the log of one invocation.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(append(t.buf, line...), '\n')
	if over := len(t.buf) - maxTail; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
}

func (t *tail) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]byte(nil), t.buf...)
}
