package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// UpdateEventSourceMapping changes settings of a mapping; what is not given
// stays. The old values show until the state in between is over, and the batch
// under way is finished by them. The position stays.
//
// State: real
// Notes: {} clears filters and destination; the start cannot be changed
// Test: TestUpdateEventSourceMapping
func (r *Room) UpdateEventSourceMapping(ctx context.Context, in *lambda.UpdateEventSourceMappingInput, _ ...opt) (*lambda.UpdateEventSourceMappingOutput, error) {
	m, err := r.mapping(ctx, in.UUID)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	if !steady(m.now.State) {
		return nil, errInUse("update")
	}
	if err := refuseForeign(foreignOfUpdate(in)); err != nil {
		return nil, err
	}
	next, err := r.grant(ctx, wishOfUpdate(in), m.now.Settings)
	if err != nil {
		return nil, err
	}
	if err := r.swapPair(m, &next); err != nil {
		return nil, err
	}
	if err := r.begin(ctx, m, towards(m.now.Settings.Enabled, next.Enabled), &next); err != nil {
		r.swapBack(m, &next)
		return nil, err
	}
	out := lambda.UpdateEventSourceMappingOutput(*m.show())
	return &out, r.settle(ctx, m)
}

// towards names the state in between.
func towards(was, will bool) string {
	switch {
	case was && !will:
		return stateDisabling
	case !was && will:
		return stateEnabling
	}
	return stateUpdating
}

// swapPair takes the place of the new function, when it is another. The old
// one is free at once. m.mu is held.
func (r *Room) swapPair(m *mapping, next *settings) error {
	from, to := m.pair(m.now.Source, &m.now.Settings), m.pair(m.now.Source, next)
	if from == to {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.pairs[to]; other != nil {
		return errMapped(m.now.Source, next.Function.Name, other.key.UUID)
	}
	delete(r.pairs, from)
	r.pairs[to] = m
	return nil
}

// swapBack undoes swapPair after the change could not be stored.
func (r *Room) swapBack(m *mapping, next *settings) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.pairs, m.pair(m.now.Source, next))
	r.pairs[m.pair(m.now.Source, &m.now.Settings)] = m
}
