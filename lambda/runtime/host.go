package runtime

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/lambda/function"
)

// Config is what a Host needs. Host and Dice must be set.
type Config struct {
	// Host is host time: deadlines of functions, stamps of their logs.
	Host clock.Clock
	// Dice makes request ids.
	Dice *dice.Dice
	// AllowExec lets functions start processes.
	AllowExec bool
	// URL is Sluice's own endpoint, which processes are told; nil: they are not.
	URL func() string
	// Runtimes says how code for a runtime is run: "python3.12" by
	// ["python3", "-m", "awslambdaric"]. The handler is added as last argument.
	Runtimes map[string][]string
	// Dir is where code is unpacked. Default: a temporary folder. Its content
	// is that of this host: what is left of an earlier one is removed.
	Dir string
	// Rest is how long a process without an event is kept. Default 10 minutes.
	Rest time.Duration
	// Logger is told of processes that come and go.
	Logger *slog.Logger
}

// Host keeps the definitions of functions and runs them. All methods may be
// called concurrently.
type Host struct {
	cfg  Config
	life context.Context
	end  context.CancelFunc
	work sync.WaitGroup // invocations, and targets that close

	mu        sync.Mutex
	closed    bool
	functions map[Key]*hosted
	logs      map[Key]*journal // by key without version; outlives definitions
	shelf     shelf
}

// maxFunctions bounds the definitions of a host.
const maxFunctions = 10_000

// Open returns a host that knows no function.
func Open(c Config) (*Host, error) {
	if c.Host == nil || c.Dice == nil {
		return nil, errors.New("runtime.Config needs Host and Dice")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Rest == 0 {
		c.Rest = 10 * time.Minute
	}
	if c.URL == nil {
		c.URL = func() string { return "" }
	}
	h := &Host{cfg: c, functions: map[Key]*hosted{}, logs: map[Key]*journal{}, shelf: shelf{dir: c.Dir}}
	if err := h.shelf.clear(); err != nil {
		return nil, err
	}
	h.life, h.end = context.WithCancel(context.Background())
	return h, nil
}

// Register makes a function known, or another one of that name. Invocations
// under way end as they began. A definition that says what is known already
// changes nothing, and its processes go on.
//
// What would start a process needs Config.AllowExec, or Register answers
// ErrNoExec. Code is taken even when nothing here can run it; Invoke then says
// why it does not.
func (h *Host) Register(d Definition) error {
	if err := d.Validate(); err != nil {
		return err
	}
	if d.Exec != nil && !h.cfg.AllowExec {
		return ErrNoExec
	}
	d = d.filled()
	release, err := h.unpack(&d)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.functions[d.Key]
	kept := false
	defer func() {
		if !kept {
			release()
		}
	}()
	switch {
	case h.closed:
		return ErrClosed
	case old != nil && old.def.same(&d):
		old.def.Origin = d.Origin
		return nil
	case old == nil && len(h.functions) >= maxFunctions:
		return fmt.Errorf("there are %d functions already", maxFunctions)
	}
	f := &hosted{def: d, log: h.journalLocked(d.Key), release: release}
	f.target = h.targetOf(f)
	h.functions[d.Key], kept = f, true
	h.retireLocked(old)
	return nil
}

func (h *Host) targetOf(f *hosted) target {
	switch d := &f.def; {
	case d.Go != nil:
		return newInProcess(h, d)
	case d.HTTP != nil:
		return newEmulator(h, d)
	case d.Endpoint != nil:
		return newRemote(h, d)
	case d.Exec != nil:
		return newProcesses(h, f, d.Exec.Command, d.Exec.Dir, d.Exec.Concurrency)
	case d.Code != nil:
		return h.targetOfCode(f)
	default:
		return unable{errUnable("nothing here runs this function")}
	}
}

// Remove forgets a function, and reports whether there was one. Invocations
// under way end; its log goes with its last version.
func (h *Host) Remove(k Key) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.functions[k]
	delete(h.functions, k)
	h.retireLocked(f)
	bare := k
	bare.Version = ""
	for other := range h.functions {
		if other.Version = ""; other == bare {
			return f != nil
		}
	}
	delete(h.logs, bare)
	return f != nil
}

// Replace registers the definitions, all of one origin, and removes the other
// functions of that origin. Nothing changes when one of them is refused.
func (h *Host) Replace(origin Origin, list []Definition) error {
	wanted := map[Key]bool{}
	for i := range list {
		if err := h.check(&list[i]); err != nil {
			return fmt.Errorf("function %s: %w", list[i].Name, err)
		}
		wanted[list[i].Key] = true
	}
	for _, d := range h.List("", "") {
		if d.Origin == origin && !wanted[d.Key] {
			h.Remove(d.Key)
		}
	}
	for _, d := range list {
		d.Origin = origin
		if err := h.Register(d); err != nil {
			return fmt.Errorf("function %s: %w", d.Name, err)
		}
	}
	return nil
}

func (h *Host) check(d *Definition) error {
	if d.Exec != nil && !h.cfg.AllowExec {
		return ErrNoExec
	}
	return d.Validate()
}

// Lookup returns a definition, defaults filled in. The caller must not change it.
func (h *Host) Lookup(k Key) (d Definition, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.functions[k]
	if f == nil {
		return Definition{}, false
	}
	return f.def, true
}

// List returns the definitions of an account and region, or all when account
// is empty, by name and version.
func (h *Host) List(account, region string) []Definition {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []Definition
	for k, f := range h.functions {
		if account == "" || k.Account == account && k.Region == region {
			list = append(list, f.def)
		}
	}
	slices.SortFunc(list, func(a, b Definition) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version),
			cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return list
}

// closePatience bounds how long Close waits for functions of this program,
// which nothing can end but they themselves.
const closePatience = 2 * time.Second

// Close ends all invocations and kills all processes. Closing twice is no error.
func (h *Host) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	h.end()
	for k, f := range h.functions {
		delete(h.functions, k)
		h.retireLocked(f)
	}
	h.mu.Unlock()
	return errors.Join(h.await(), h.shelf.clear())
}

func (h *Host) await() error {
	done := make(chan struct{})
	go func() { h.work.Wait(); close(done) }()
	late := make(chan struct{})
	timer := h.cfg.Host.At(h.cfg.Host.Now().Add(closePatience), func() { close(late) })
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-late:
	}
	select {
	case <-done: // at the last moment
		return nil
	default:
		return errors.New("a function has not returned, though its context has ended")
	}
}

// find looks up what an invocation names. Functions that CreateFunction has
// not made have no versions: a qualifier says nothing there.
func (h *Host) find(in *function.Invocation) *hosted {
	k := Key{Account: in.Account, Region: in.Region, Name: in.Name}
	if in.Qualifier != "" && in.Qualifier != latest {
		versioned := k
		versioned.Version = in.Qualifier
		if f := h.functions[versioned]; f != nil {
			return f
		}
		if f := h.functions[k]; f == nil || f.def.Origin == FromAPI {
			return nil
		}
	}
	return h.functions[k]
}
