package runtime

import (
	"context"
	"errors"
	"sync"
	"time"

	"sluice/lambda/function"
)

// processes runs a function in processes of its own: one event at a time in
// each, started when there is none idle, at most so many.
type processes struct {
	host    *Host
	def     *Definition
	log     *journal
	command []string
	dir     string
	most    int
	work    sync.WaitGroup // of the processes

	mu        sync.Mutex
	closed    bool
	all       map[*process]bool // those that live, the starting ones included
	idle      []*process        // they wait for an event; the latest is used first
	returning int               // have answered, and will ask for the next event in a moment
	queue     []chan *process   // invocations that wait, oldest first; nil says: look again
	waiting   int               // they, and those that sit out a back-off
	crashes   int               // in a row, without an answer between
	resume    time.Time         // when the next process may be started
	failed    int               // starts in a row
}

// Crashed processes are started again at once the first time, then after ever
// longer pauses.
const (
	crashPause    = 100 * time.Millisecond
	maxCrashPause = 5 * time.Second
	// initLimit is what a process has to ask for its first event, or the time
	// of the function when that is longer.
	initLimit = 10 * time.Second
	// returnPatience is how long a process that has answered is waited for
	// before another one is started.
	returnPatience = 20 * time.Millisecond
)

func newProcesses(h *Host, f *hosted, command []string, dir string, most int) *processes {
	return &processes{host: h, def: &f.def, log: f.log, command: command, dir: dir, most: most, all: map[*process]bool{}}
}

// run implements target.
func (t *processes) run(ctx context.Context, c *call) (function.Result, error) {
	for {
		p, failure, err := t.acquire(ctx, c)
		if err != nil {
			return function.Result{}, err
		}
		if failure != nil {
			return *failure, nil
		}
		if r, err := p.invoke(c); !errors.Is(err, errGone) {
			return r, err
		}
	}
}

// acquire returns a process that waits for an event, or a failure: it has
// ended before it could.
func (t *processes) acquire(ctx context.Context, c *call) (*process, *function.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, max(c.def.Timeout, initLimit))
	defer cancel()
	patient := true
	for {
		p, fresh, wait, err := t.next(patient)
		switch {
		case err != nil:
			return nil, nil, err
		case fresh:
			failure, err := p.begin(c)
			return p, failure, err
		case p != nil:
			return p, nil, nil
		}
		p, err = t.await(ctx, c, wait)
		switch {
		case errors.Is(err, errImpatient):
			patient = false
		case err != nil:
			return nil, nil, err
		case p != nil:
			return p, nil, nil
		}
	}
}

// waiter is what an invocation without a process waits for: a process, or a
// moment when it may look again.
type waiter struct {
	ready chan *process // nil: only time helps
	limit time.Duration // 0: none
	hasty bool          // the limit is returnPatience
}

// errImpatient means that a process which was about to return did not.
var errImpatient = errors.New("no process has returned")

// next takes an idle process, or makes a fresh one, or says what to wait for.
func (t *processes) next(patient bool) (p *process, fresh bool, w waiter, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, false, w, ErrClosed
	}
	if n := len(t.idle); n > 0 {
		p = t.idle[n-1]
		t.idle = t.idle[:n-1]
		return p, false, w, nil
	}
	full := len(t.all) >= t.most
	pause := t.resume.Sub(t.host.cfg.Host.Now())
	if !full && pause <= 0 && !(patient && t.returning > 0) {
		p = newProcess(t)
		t.all[p] = true
		return p, true, w, nil
	}
	if t.waiting >= maxWaiting {
		return nil, false, w, errThrottled()
	}
	t.waiting++
	if !full && pause > 0 {
		return nil, false, waiter{limit: pause}, nil
	}
	w.ready = make(chan *process, 1)
	t.queue = append(t.queue, w.ready)
	if !full {
		w.limit, w.hasty = returnPatience, true
	}
	return nil, false, w, nil
}

func (t *processes) await(ctx context.Context, c *call, w waiter) (*process, error) {
	var late <-chan time.Time
	if w.limit > 0 {
		timed, cancel := context.WithTimeout(ctx, w.limit)
		defer cancel()
		ch := make(chan time.Time)
		stop := context.AfterFunc(timed, func() { close(ch) })
		defer stop()
		late = ch
	}
	var err error
	select {
	case p := <-w.ready:
		return p, t.awaited(w, nil)
	case <-late:
		if ctx.Err() == nil && w.hasty {
			err = errImpatient
		}
	case <-c.life.Done():
		err = ErrClosed
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = errThrottled()
	} else if ctx.Err() != nil {
		err = ctx.Err()
	}
	return nil, t.awaited(w, err)
}

// awaited leaves the queue. A process that came at the last moment goes to the
// next in line.
func (t *processes) awaited(w waiter, err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting--
	for i, ready := range t.queue {
		if ready == w.ready {
			t.queue = append(t.queue[:i], t.queue[i+1:]...)
			break
		}
	}
	if err == nil || w.ready == nil {
		return err
	}
	select {
	case p := <-w.ready:
		t.offerLocked(p)
	default:
	}
	return err
}

// offerLocked gives a process that waits for an event to who has waited
// longest. A nil process makes them look whether they can start one.
func (t *processes) offerLocked(p *process) {
	if p != nil && !t.all[p] {
		return
	}
	if len(t.queue) > 0 {
		t.queue[0] <- p
		t.queue = t.queue[1:]
	} else if p != nil {
		t.idle = append(t.idle, p)
	}
}

// withdraw takes a process out of the idle ones. It reports false when an
// invocation has it already.
func (t *processes) withdraw(p *process) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, other := range t.idle {
		if other == p {
			t.idle = append(t.idle[:i], t.idle[i+1:]...)
			return true
		}
	}
	return false
}

// answered notes that a process did its work and will come back.
func (t *processes) answered(p *process) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.crashes, t.resume = 0, time.Time{}
	if t.all[p] {
		t.returning++
		p.returning = true
	}
}

// asks notes that a process waits for an event. The first time that is for who
// has started it to know.
func (t *processes) asks(p *process, first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.returnedLocked(p)
	if !first {
		t.offerLocked(p)
	}
}

func (t *processes) returnedLocked(p *process) {
	if p.returning {
		p.returning = false
		t.returning--
	}
}

// ended notes that a process is gone.
func (t *processes) ended(p *process, crashed bool) {
	t.withdraw(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.all, p)
	t.returnedLocked(p)
	if crashed {
		if t.crashes++; t.crashes > 1 {
			pause := min(crashPause<<min(t.crashes-2, 10), maxCrashPause)
			t.resume = t.host.cfg.Host.Now().Add(pause)
		}
	}
	t.offerLocked(nil)
}

// close implements target: it kills the processes and awaits their end.
func (t *processes) close() {
	t.mu.Lock()
	t.closed = true
	for p := range t.all {
		p.kill()
	}
	for _, ready := range t.queue {
		ready <- nil
	}
	t.queue = nil
	t.mu.Unlock()
	t.work.Wait()
}
