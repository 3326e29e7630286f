package server

import (
	"errors"
	"sync"
	"time"
)

// repeats keeps a trouble that every call meets, a full disk for one, from
// filling the log with a line per call: the same trouble of the same operation
// is told once in a while, with how often it was met between.
type repeats struct {
	mu   sync.Mutex
	seen map[trouble]*told // guarded by mu
}

type trouble struct{ service, operation, cause string }

type told struct {
	at     time.Time // host time
	silent int       // met since and not told
}

const (
	repeatAfter = 10 * time.Second
	// repeatsMost bounds how many troubles are remembered. Beyond that all are
	// forgotten, and told again.
	repeatsMost = 200
)

// tell reports whether to log a trouble, and how often it was not logged.
func (r *repeats) tell(service, operation string, err error, now time.Time) (silent int, ok bool) {
	t := trouble{service, operation, rootOf(err).Error()}
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.seen[t]
	if before != nil && now.Sub(before.at) < repeatAfter {
		before.silent++
		return 0, false
	}
	if r.seen == nil || len(r.seen) >= repeatsMost {
		r.seen = map[trouble]*told{}
	}
	r.seen[t] = &told{at: now}
	if before != nil {
		silent = before.silent
	}
	return silent, true
}

// rootOf is the innermost cause: what is wrapped around it may name files and
// positions that differ from call to call.
func rootOf(err error) error {
	for {
		inner := errors.Unwrap(err)
		if many, ok := err.(interface{ Unwrap() []error }); ok && len(many.Unwrap()) > 0 {
			inner = many.Unwrap()[0]
		}
		if inner == nil {
			return err
		}
		err = inner
	}
}
