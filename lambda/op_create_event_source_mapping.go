package lambda

import (
	"context"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// CreateEventSourceMapping has a function called with the records of a stream.
// The answer shows Creating; reading begins when that is over. A function that
// is not in this API but registered otherwise will do.
//
// State: real
// Notes: streams and consumers of Kinesis; what belongs to other sources is refused
// Test: TestCreateEventSourceMapping
func (r *Room) CreateEventSourceMapping(ctx context.Context, in *lambda.CreateEventSourceMappingInput, _ ...opt) (*lambda.CreateEventSourceMappingOutput, error) {
	now := r.clock.Now()
	state, err := r.checkCreate(ctx, in, now)
	if err != nil {
		return nil, err
	}
	who := r.caller(ctx)
	m := &mapping{key: mappingKey{who.Account, who.Region, r.config.Dice.UUID().String()}, now: state}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := r.enter(m); err != nil {
		return nil, err
	}
	if err := r.begin(ctx, m, stateCreating, nil); err != nil {
		m.gone = true
		r.mu.Lock()
		defer r.mu.Unlock()
		r.forget(m)
		return nil, err
	}
	out := lambda.CreateEventSourceMappingOutput(*m.show())
	return &out, r.settle(ctx, m)
}

// checkCreate checks a new mapping in the order of the service.
func (r *Room) checkCreate(ctx context.Context, in *lambda.CreateEventSourceMappingInput, now time.Time) (mappingState, error) {
	state := mappingState{Source: aws.ToString(in.EventSourceArn), StartingPosition: string(in.StartingPosition)}
	if in.EventSourceArn == nil {
		return state, errNoSource()
	}
	if in.StartingPosition == "" {
		return state, errNoPosition()
	}
	if err := refuseForeign(foreignOfCreate(in)); err != nil {
		return state, err
	}
	timed := in.StartingPosition == types.EventSourcePositionAtTimestamp
	switch at := in.StartingPositionTimestamp; {
	case timed && at == nil:
		return state, errTimestampMissing()
	case !timed && at != nil:
		return state, errTimestampUnasked()
	case timed && at.After(now):
		return state, errTimestampFuture()
	case timed:
		state.StartingTimestamp = max(1, millis(*at)) // 0 is none
	}
	if err := checkTags(in.Tags, nil); err != nil {
		return state, err
	}
	state.Tags = maps.Clone(in.Tags)
	var err error
	if state.Settings, err = r.grant(ctx, wishOfCreate(in), defaults()); err != nil {
		return state, err
	}
	return state, r.checkSource(ctx, state.Source)
}

// enter adds a new mapping to the maps, if nothing reads its source for its
// function yet. m.mu is held.
func (r *Room) enter(m *mapping) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := m.pair(m.now.Source, &m.now.Settings)
	if other := r.pairs[p]; other != nil {
		return errMapped(m.now.Source, m.now.Settings.Function.Name, other.key.UUID)
	}
	if len(r.mappings) >= mappingsMax {
		return errMappingQuota()
	}
	r.mappings[m.key], r.pairs[p] = m, m
	return nil
}
