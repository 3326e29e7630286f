package fault

import (
	"container/list"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"sluice/internal/dice"
)

// Set holds the rules of a server. It is safe for concurrent use; calls are
// judged without a lock.
type Set struct {
	dice *dice.Dice // for seeds that nobody chose
	// rules is nil as long as there are none: all that a call then costs.
	rules atomic.Pointer[[]*active]

	mu    sync.Mutex // one change at a time; guards the rest
	known []Target
	next  int
	born  uint64 // number of the newest rule, from 2
	// running are the calls that new rules meet, in order of their beginning.
	running list.List // of *Following
}

// active is a rule at work. Its Rule never changes; the counts stand beside it.
type active struct {
	Rule
	born        uint64
	configured  bool
	given       Rule         // as configured, to tell whether it has changed
	seen, fired atomic.Int64 // calls
	records     atomic.Int64 // of batches that matched
}

// NewSet returns a set without rules. d gives the seeds that nobody chose.
func NewSet(d *dice.Dice) *Set { return &Set{dice: d, born: 1} }

// Any reports whether there are rules. It costs one atomic load.
func (s *Set) Any() bool { return s.rules.Load() != nil }

// Know tells the set which operations there are. Rules can be added after.
func (s *Set) Know(targets []Target) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = targets
}

func (s *Set) all() []*active {
	if list := s.rules.Load(); list != nil {
		return *list
	}
	return nil
}

// store publishes the rules; configured ones come first.
func (s *Set) store(list []*active) {
	if len(list) == 0 {
		s.rules.Store(nil)
		return
	}
	slices.SortStableFunc(list, func(a, b *active) int {
		switch {
		case a.configured == b.configured:
			return 0
		case a.configured:
			return -1
		}
		return 1
	})
	s.rules.Store(&list)
}

// Add puts a rule to work and returns it with its id and seed. A rule that
// could never match is refused with a *Refusal.
func (s *Set) Add(r Rule) (Rule, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.all())
	a, err := s.prepare(r, list)
	if err != nil {
		return Rule{}, err
	}
	s.store(append(list, a))
	s.meet(a)
	return a.shown(), nil
}

// Configure replaces the configured rules and leaves the others alone. A rule
// that has not changed keeps its counts. It reports whether anything changed;
// with an error nothing has.
func (s *Set) Configure(rules []Rule) (changed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.all()
	list := filterRules(old, func(a *active) bool { return !a.configured })
	for i, r := range rules {
		if r.ID == "" {
			r.ID = fmt.Sprintf("config-%d", i+1)
		}
		a, err := s.prepare(r, list)
		if err != nil {
			return false, &Placed{Index: i, Err: err}
		}
		a.configured = true
		if kept := findRule(old, r.ID); kept != nil && kept.configured && reflect.DeepEqual(kept.given, a.given) {
			a = kept
		}
		list = append(list, a)
	}
	s.store(list)
	for _, a := range s.all() {
		if !slices.Contains(old, a) {
			s.meet(a)
		}
	}
	return !slices.Equal(old, s.all()), nil
}

// Placed is the refusal of one rule of a list.
type Placed struct {
	// Index is the place of the rule, from 0.
	Index int
	// Err is the *Refusal.
	Err error
}

// Error implements error.
func (p *Placed) Error() string { return fmt.Sprintf("rule %d: %v", p.Index+1, p.Err) }

// Unwrap returns the refusal.
func (p *Placed) Unwrap() error { return p.Err }

// prepare checks a rule and makes it ready.
func (s *Set) prepare(r Rule, list []*active) (*active, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	if bad := r.findTarget(s.known); bad != nil {
		return nil, bad
	}
	if len(list) >= MaxRules {
		return nil, refuse(TooManyRules, "delete one that is not needed any more", "there are %d rules, which is the most there can be", MaxRules)
	}
	r.Seen, r.Fired = 0, 0
	s.born++
	a := &active{Rule: r, given: r, born: s.born}
	if a.When.Probability > 0 && a.When.Seed == 0 {
		a.When.Seed = s.dice.Uint64()>>32 | 1 // short enough to be copied by hand
	}
	for a.ID == "" || r.ID == "" && findRule(list, a.ID) != nil {
		s.next++
		a.ID = fmt.Sprintf("fault-%d", s.next)
	}
	if findRule(list, a.ID) != nil {
		return nil, refuse(RuleExists, "delete it first, or leave the id out", "there is a rule %q already", a.ID)
	}
	return a, nil
}

// List returns the rules in the order in which they are asked.
func (s *Set) List() []Rule {
	var out []Rule
	for _, a := range s.all() {
		out = append(out, a.shown())
	}
	return out
}

// Get returns one rule.
func (s *Set) Get(id string) (Rule, bool) {
	if a := findRule(s.all(), id); a != nil {
		return a.shown(), true
	}
	return Rule{}, false
}

// Delete ends a rule and returns it with its last counts.
func (s *Set) Delete(id string) (Rule, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := findRule(s.all(), id)
	if a == nil {
		return Rule{}, false
	}
	s.store(filterRules(s.all(), func(other *active) bool { return other != a }))
	return a.shown(), true
}

// Clear ends all rules and returns how many there were.
func (s *Set) Clear() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.all())
	s.store(nil)
	return n
}

func (a *active) shown() Rule {
	r := a.Rule
	r.Seen, r.Fired = a.seen.Load(), a.fired.Load()
	return r
}

func filterRules(list []*active, keep func(*active) bool) []*active {
	var out []*active
	for _, a := range list {
		if keep(a) {
			out = append(out, a)
		}
	}
	return out
}

func findRule(list []*active, id string) *active {
	for _, a := range list {
		if a.ID == id {
			return a
		}
	}
	return nil
}
