package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// ListTagsForResource lists all tags of a stream, a consumer or a channel, in
// the order of their keys' code points.
//
// State: real
// Notes: streams, consumers and channels
// Test: TestTagResource
func (s *Streams) ListTagsForResource(ctx context.Context, in *kinesis.ListTagsForResourceInput, _ ...opt) (*kinesis.ListTagsForResourceOutput, error) {
	if err := s.admitCall(ctx, "ListTagsForResource", commonCalls, nil, in.ResourceARN); err != nil {
		return nil, err
	}
	if c, ok, err := s.resolveChannel(ctx, in.ResourceARN); ok {
		if err != nil {
			return nil, err
		}
		return &kinesis.ListTagsForResourceOutput{Tags: tagList(c.view.Load().state.Tags, nil)}, nil
	}
	r, err := s.resource(ctx, in.ResourceARN)
	if err != nil {
		return nil, err
	}
	tags, err := r.tags(r.stream.view.Load())
	if err != nil {
		return nil, err
	}
	return &kinesis.ListTagsForResourceOutput{Tags: tagList(tags, nil)}, nil
}
