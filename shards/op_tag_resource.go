package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// TagResource sets tags of a stream, a consumer or a channel, up to 50 each. Those of
// a stream are the ones that AddTagsToStream sets.
//
// State: real
// Notes: streams, consumers and channels, 50 tags each
// Test: TestTagResource
func (s *Streams) TagResource(ctx context.Context, in *kinesis.TagResourceInput, _ ...opt) (*kinesis.TagResourceOutput, error) {
	if err := s.admitCall(ctx, "TagResource", commonCalls, nil, in.ResourceARN); err != nil {
		return nil, err
	}
	if c, ok, err := s.resolveChannel(ctx, in.ResourceARN); ok {
		if err == nil {
			err = s.changeChannel(ctx, c, func(st *channelState, _ time.Time) (channelCommand, error) { return c.tagging(st, in.Tags) })
		}
		if err != nil {
			return nil, err
		}
		return &kinesis.TagResourceOutput{}, nil
	}
	r, err := s.resource(ctx, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, r.stream, func(v *view, _ time.Time) (command, error) { return r.tagging(v, in.Tags) })
	if err != nil {
		return nil, err
	}
	return &kinesis.TagResourceOutput{}, nil
}
