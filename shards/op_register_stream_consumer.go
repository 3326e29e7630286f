package shards

import (
	"context"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// RegisterStreamConsumer adds a consumer of enhanced fan-out to a stream that
// is ACTIVE: 20, or 50 on an on-demand stream of an account with the billing
// commitment. It is CREATING until its transition is over and can subscribe
// from then on. Its ARN ends with the second of its registration, so a name
// that is registered again gets another one.
//
// State: real
// Notes: 20 consumers, 50 with the commitment
// Test: TestRegisterStreamConsumer
func (s *Streams) RegisterStreamConsumer(ctx context.Context, in *kinesis.RegisterStreamConsumerInput, _ ...opt) (*kinesis.RegisterStreamConsumerOutput, error) {
	if err := s.admitCall(ctx, "RegisterStreamConsumer", commonCalls, nil, in.StreamARN); err != nil {
		return nil, err
	}
	if in.StreamARN == nil || in.ConsumerName == nil {
		return nil, errWhichConsumer()
	}
	st, err := s.resolve(ctx, nil, in.StreamARN)
	if err != nil {
		return nil, err
	}
	// One registration at a time, so that the count of those in CREATING holds
	// for the whole account.
	s.creating.Lock()
	defer s.creating.Unlock()
	var made consumer
	err = s.change(ctx, st, func(v *view, now time.Time) (command, error) {
		name := *in.ConsumerName
		if err := s.admitConsumer(st.key, v, name, in.Tags); err != nil {
			return nil, err
		}
		made = consumer{Name: name, Created: v.state.registration(name, now), Status: statusCreating}
		return &registerConsumer{
			Name: name, Created: made.Created, Due: s.due(creatingConsumer, now), Tags: maps.Clone(in.Tags),
		}, nil
	})
	if err != nil {
		return nil, err
	}
	shape := made.shape(st.key)
	return &kinesis.RegisterStreamConsumerOutput{Consumer: &shape}, nil
}

// admitConsumer holds a new consumer to what exists already.
func (s *Streams) admitConsumer(k streamKey, v *view, name string, tags map[string]string) error {
	if err := v.ready(k); err != nil {
		return err
	}
	if v.state.findConsumer(name) >= 0 {
		return errConsumerExists(k, name)
	}
	if err := checkTags(k, tags); err != nil {
		return err
	}
	if limit := s.consumerLimit(k, v.state); len(v.state.Consumers) >= limit {
		return errTooManyConsumers(k, limit)
	}
	if s.limited() && s.creatingCount(k) >= creatingConsumers {
		return errCreatingConsumers(k)
	}
	return nil
}
