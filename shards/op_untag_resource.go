package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// UntagResource removes tags of a stream, a consumer or a channel by their keys.
//
// State: real
// Notes: streams, consumers and channels
// Test: TestUntagResource
func (s *Streams) UntagResource(ctx context.Context, in *kinesis.UntagResourceInput, _ ...opt) (*kinesis.UntagResourceOutput, error) {
	if err := s.admitCall(ctx, "UntagResource", commonCalls, nil, in.ResourceARN); err != nil {
		return nil, err
	}
	if c, ok, err := s.resolveChannel(ctx, in.ResourceARN); ok {
		if err == nil {
			err = s.changeChannel(ctx, c, func(st *channelState, _ time.Time) (channelCommand, error) { return c.untagging(st, in.TagKeys) })
		}
		if err != nil {
			return nil, err
		}
		return &kinesis.UntagResourceOutput{}, nil
	}
	r, err := s.resource(ctx, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, r.stream, func(v *view, _ time.Time) (command, error) { return r.untagging(v, in.TagKeys) })
	if err != nil {
		return nil, err
	}
	return &kinesis.UntagResourceOutput{}, nil
}
