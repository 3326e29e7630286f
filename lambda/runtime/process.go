package runtime

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	goruntime "runtime"
	"sync"
	"time"

	"sluice/internal/clock"
	"sluice/lambda/function"
)

// process is one process of a function and the Runtime API it is served.
type process struct {
	pool *processes
	id   string // names it in the log stream
	api  *http.Server
	out  *output

	returning bool // guarded by processes.mu

	asked   chan struct{} // closed by the first call for an event
	refused chan struct{} // closed by an initialisation error
	dead    chan struct{} // closed when the process has ended
	how     string        // says its end; set before dead is closed

	mu       sync.Mutex
	cmd      *exec.Cmd    // nil until started, and once ended
	poll     chan *handed // of the call for an event that waits; nil when none does
	current  *handed      // the event it is at
	last     *handed      // the event it was handed last
	killed   bool         // by us
	initFail *function.Result
	timer    clock.Timer // of the deadline, until the next call for an event
}

// handed is an event that a process was given.
type handed struct {
	*call
	deadline time.Time
	done     chan function.Result
	late     chan struct{} // closed at the deadline
}

// errGone means that a process has ended between two events.
var errGone = errors.New("the process has gone")

func newProcess(t *processes) *process {
	return &process{pool: t, id: t.host.cfg.Dice.UUID().String(),
		asked: make(chan struct{}), refused: make(chan struct{}), dead: make(chan struct{})}
}

// begin starts the process and waits until it asks for its first event. A
// failure is a function error, as AWS reports it; then the process is gone, or
// about to be.
func (p *process) begin(c *call) (*function.Result, error) {
	h := p.pool.host
	if err := p.start(); err != nil {
		close(p.dead)
		p.pool.ended(p, true)
		h.cfg.Logger.Info("a function could not be started", "function", p.pool.def.Name, "error", err)
		p.pool.startFailed(err.Error(), hintCommand)
		r := failed("Runtime.InvalidEntrypoint", "RequestId: %s Error: %v", c.RequestID, err)
		return &r, nil
	}
	late := make(chan struct{})
	limit := max(initLimit, p.pool.def.Timeout)
	timer := h.cfg.Host.At(h.cfg.Host.Now().Add(limit), func() { close(late) })
	defer timer.Stop()
	return p.first(c, late, limit)
}

// first waits for the first call for an event. late is closed after limit.
func (p *process) first(c *call, late <-chan struct{}, limit time.Duration) (*function.Result, error) {
	select {
	case <-p.asked:
		p.pool.startWorked()
		return nil, nil
	case <-p.refused:
		return p.hasRefused(), nil
	case <-p.dead:
		if p.pool.host.life.Err() != nil {
			return nil, ErrClosed
		}
		select {
		case <-p.refused: // just before its end: that says more
			return p.hasRefused(), nil
		default:
		}
		p.pool.startFailed("it has ended: "+or(p.how, "exit status 0"), hintLog(p.pool.def.Name))
		r := exited(c.RequestID, p.how)
		return &r, nil
	case <-late:
		p.pool.startFailed(fmt.Sprintf("it has not asked for an event within %v", limit), hintRuntime)
		p.kill()
		r := failed("Sandbox.Timedout", "RequestId: %s Error: the process did not ask for an event within %.2f seconds", c.RequestID, limit.Seconds())
		return &r, nil
	}
}

// hasRefused is the failure of a process that has reported an error of its
// initialisation. It returns once that has ended.
func (p *process) hasRefused() *function.Result {
	p.pool.startFailed("it has reported an error of its initialisation", hintLog(p.pool.def.Name))
	p.awaitEnd()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.initFail
}

// lastWords is how long a process that has given up may take to end by itself.
const lastWords = 500 * time.Millisecond

func (p *process) awaitEnd() {
	h := p.pool.host
	timer := h.cfg.Host.At(h.cfg.Host.Now().Add(lastWords), p.kill)
	defer timer.Stop()
	<-p.dead
}

// start listens, starts the process and what watches it.
func (p *process) start() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		_ = l.Close()
		return err
	}
	address := l.Addr().String()
	p.out = newOutput(reader, p.line)
	p.api = &http.Server{Handler: &runtimeAPI{p, address}, ReadHeaderTimeout: 30 * time.Second}
	cmd := exec.Command(p.pool.command[0], p.pool.command[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.pool.dir, writer, writer
	cmd.Env = environment(p.pool.host, p.pool.def, p.pool.dir, address, p.id)
	ownGroup(cmd)
	started := make(chan error, 1)
	p.pool.work.Go(func() { p.live(cmd, started) })
	err = <-started
	_ = writer.Close()
	if err != nil {
		_ = reader.Close()
		_ = l.Close()
		return err
	}
	p.pool.work.Go(p.out.follow)
	p.pool.work.Go(func() { _ = p.api.Serve(l) })
	p.pool.host.cfg.Logger.Debug("a function's process has started", "function", p.pool.def.Name, "pid", cmd.Process.Pid)
	return nil
}

// live starts the process and awaits its end, on one thread of the operating
// system: Linux kills the process when the thread that made it ends.
func (p *process) live(cmd *exec.Cmd, started chan<- error) {
	goruntime.LockOSThread()
	defer goruntime.UnlockOSThread()
	err := cmd.Start()
	if err == nil {
		p.mu.Lock()
		p.cmd = cmd
		killed := p.killed
		p.mu.Unlock()
		if killed {
			killGroup(cmd)
		}
	}
	started <- err
	if err != nil {
		return
	}
	how := "" // no error and no answer either
	if err := cmd.Wait(); err != nil {
		how = err.Error()
	}
	killGroup(cmd) // what it has left behind
	p.mu.Lock()
	p.cmd = nil // its number may be another's from here on
	p.mu.Unlock()
	p.end(how)
}

// end follows the end of the process: its last words, then who waits.
func (p *process) end(how string) {
	p.out.finish()
	_ = p.api.Close()
	p.mu.Lock()
	killed := p.killed
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Unlock()
	p.how = how
	close(p.dead)
	if !killed {
		p.pool.host.cfg.Logger.Info("a function's process has ended", "function", p.pool.def.Name, "how", or(how, "exit status 0"))
	}
	p.pool.ended(p, !killed)
}

// kill ends the process and its descendants. It may be called at any time.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.killLocked()
}

func (p *process) killLocked() {
	p.killed = true
	if p.cmd != nil {
		killGroup(p.cmd)
	}
}

// invoke hands the process an event, which it has asked for, and awaits the answer.
func (p *process) invoke(c *call) (function.Result, error) {
	h := p.pool.host
	now := h.cfg.Host.Now()
	ev := &handed{call: c, deadline: now.Add(c.def.Timeout), done: make(chan function.Result, 1), late: make(chan struct{})}
	if !p.hand(ev) {
		return function.Result{}, errGone
	}
	select {
	case r := <-ev.done:
		return p.took(r, now), nil
	case <-ev.late:
	case <-p.dead:
	}
	if r, ok := p.take(ev); ok {
		return p.took(r, now), nil
	}
	select {
	case <-p.dead:
		if h.life.Err() != nil {
			return function.Result{}, ErrClosed
		}
		return p.took(exited(c.RequestID, p.how), now), nil
	default:
		p.kill()
		return p.took(timedOut(c.RequestID, c.def.Timeout), now), nil
	}
}

func (p *process) took(r function.Result, since time.Time) function.Result {
	r.Took = p.pool.host.cfg.Host.Now().Sub(since)
	return r
}

// hand gives the event to the call that waits for it, and starts its time.
func (p *process) hand(ev *handed) bool {
	h := p.pool.host
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.poll == nil || p.killed {
		return false
	}
	h.begin(ev.call)
	p.timer = h.cfg.Host.At(ev.deadline, func() { p.overdue(ev) })
	p.current, p.last = ev, ev
	p.poll <- ev
	p.poll = nil
	return true
}

// overdue ends the time of an event. A process that has answered must have
// come back by then; one that has not never will, for all that is known.
func (p *process) overdue(ev *handed) {
	defer close(ev.late)
	p.mu.Lock()
	defer p.mu.Unlock()
	// Another event may have been handed out while this call was on its way.
	if p.last == ev && p.current == nil && p.poll == nil {
		p.killLocked()
	}
}

// take takes an event back that was not answered. ok is true when it was, at
// the last moment.
func (p *process) take(ev *handed) (r function.Result, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case r = <-ev.done:
		return r, true
	default:
	}
	if p.current == ev {
		p.current = nil
	}
	return r, false
}

// at returns the event of that id when the process is at it.
func (p *process) at(id string) *handed {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil || p.current.RequestID != id {
		return nil
	}
	return p.current
}

// answer gives the result of an event. It reports false when that came too late.
func (p *process) answer(ev *handed, r function.Result) bool {
	p.out.drain()
	p.mu.Lock()
	if p.current != ev {
		p.mu.Unlock()
		return false
	}
	p.current = nil
	p.mu.Unlock()
	p.pool.answered(p)
	ev.done <- r
	return true
}

// line takes a line that the process has written.
func (p *process) line(text string) {
	h := p.pool.host
	p.mu.Lock()
	ev := p.current
	p.mu.Unlock()
	if ev != nil {
		h.note(ev.call, text)
		return
	}
	p.pool.log.add(Line{At: h.cfg.Host.Now(), Text: text})
}

// String names the process in texts.
func (p *process) String() string { return fmt.Sprintf("%s/%s", p.pool.def.Name, p.id) }
