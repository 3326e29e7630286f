package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DeregisterStreamConsumer removes a consumer, whatever the stream's status. It
// is DELETING until its transition is over, then it is gone and its
// subscriptions end. Doing so again meanwhile changes nothing.
//
// State: real
// Notes: ends live subscriptions
// Test: TestDeregisterStreamConsumer
func (s *Streams) DeregisterStreamConsumer(ctx context.Context, in *kinesis.DeregisterStreamConsumerInput, _ ...opt) (*kinesis.DeregisterStreamConsumerOutput, error) {
	st, meant, err := s.resolveConsumer(ctx, findsConsumer{in.StreamARN, in.ConsumerName, in.ConsumerARN})
	if err != nil {
		return nil, err
	}
	if err := s.admitStreamCall(ctx, "DeregisterStreamConsumer", consumerListCalls, st); err != nil {
		return nil, err
	}
	ref := consumerRef{Name: meant.Name, Created: meant.Created}
	err = s.change(ctx, st, func(v *view, now time.Time) (command, error) {
		c, err := v.consumer(st.key, &ref)
		if err != nil || c.Status == statusDeleting {
			return nil, err
		}
		return &deregisterConsumer{Consumer: ref, Due: s.due(deletingConsumer, now)}, nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.DeregisterStreamConsumerOutput{}, nil
}
