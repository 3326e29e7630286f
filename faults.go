package sluice

import (
	"errors"
	"fmt"

	"sluice/server/fault"
)

// FaultRule and its parts are the rules by which faults happen on order.
type (
	// FaultRule says which calls it is about, when it strikes and what it does.
	FaultRule = fault.Rule
	// FaultMatch names the calls that a rule is about.
	FaultMatch = fault.Match
	// FaultWhen picks among the calls that match.
	FaultWhen = fault.When
	// FaultEffect is what happens to a call: one field is set.
	FaultEffect = fault.Effect
	// FaultError is an answer of the service.
	FaultError = fault.Error
	// FaultRecords says which records of a batch fail.
	FaultRecords = fault.Records
	// FaultEnd says how an event stream is ended early.
	FaultEnd = fault.End
	// FaultRefusal says why a rule cannot be added, and what to do instead.
	FaultRefusal = fault.Refusal
)

// Moments of a reset and manners of an end.
const (
	// BeforeCall resets the connection before the call runs.
	BeforeCall = fault.Before
	// AfterCall resets it when what the call did is done: only the answer is lost.
	AfterCall = fault.After
	// EndClean is the orderly end of a stream.
	EndClean = fault.Clean
	// EndReset is a broken connection.
	EndReset = fault.Reset
)

// Faults are the fault rules of an instance. They outlive Replace.
type Faults struct{ set *fault.Set }

// Faults makes calls fail on order, over the network and in process.
func (s *Sluice) Faults() *Faults { return &Faults{s.faults} }

// Add puts a rule to work and returns it with its id and, for dice, its seed.
// A rule that could never strike is refused with a *FaultRefusal.
func (f *Faults) Add(rule FaultRule) (FaultRule, error) { return f.set.Add(rule) }

// List returns the rules, with their counts, in the order they are asked in.
func (f *Faults) List() []FaultRule { return f.set.List() }

// Get returns one rule with its counts.
func (f *Faults) Get(id string) (FaultRule, bool) { return f.set.Get(id) }

// Delete ends a rule and returns it with its last counts.
func (f *Faults) Delete(id string) (FaultRule, bool) { return f.set.Delete(id) }

// Clear ends all rules and returns how many there were.
func (f *Faults) Clear() int { return f.set.Clear() }

// configureFaults puts the configured rules to work.
func (s *Sluice) configureFaults(rules []FaultRule) (changed bool, err error) {
	changed, err = s.faults.Configure(rules)
	var placed *fault.Placed
	if errors.As(err, &placed) {
		return false, &UsageError{Setting: fmt.Sprintf("faults[%d]", placed.Index), Problem: explained(placed.Err)}
	}
	return changed, err
}

// explained puts the advice of a refusal behind it.
func explained(err error) string {
	var refused *FaultRefusal
	if errors.As(err, &refused) && refused.Advice != "" {
		return refused.Message + "; " + refused.Advice
	}
	return err.Error()
}
