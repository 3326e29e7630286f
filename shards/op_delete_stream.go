package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DeleteStream removes a stream with its records, tags, policy and consumers.
// It is DELETING until its transition is over, and may be read and written
// until then. It works in every status; deleting again changes nothing.
//
// State: real
// Notes: refuses a stream with channels, and one with consumers unless EnforceConsumerDeletion is set
// Test: TestDeleteStream
func (s *Streams) DeleteStream(ctx context.Context, in *kinesis.DeleteStreamInput, _ ...opt) (*kinesis.DeleteStreamOutput, error) {
	if err := s.admitCall(ctx, "DeleteStream", commonCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	st, err := s.resolve(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, st, func(v *view, now time.Time) (command, error) {
		if v.state.Status == statusDeleting {
			return nil, nil
		}
		if len(v.state.Consumers) > 0 && !aws.ToBool(in.EnforceConsumerDeletion) {
			return nil, errHasConsumers(st.key)
		}
		if len(st.channels()) > 0 {
			return nil, errHasChannels(st.key)
		}
		return s.starting(statusDeleting, deletingStream, now, nil, &removeStream{})
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.DeleteStreamOutput{}, nil
}
