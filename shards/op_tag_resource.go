package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// TagResource sets tags of a stream or of a consumer, up to 50 each. Those of
// a stream are the ones that AddTagsToStream sets.
//
// State: real
// Notes: streams and consumers, 50 tags each
// Test: TestTagResource
func (s *Streams) TagResource(ctx context.Context, in *kinesis.TagResourceInput, _ ...opt) (*kinesis.TagResourceOutput, error) {
	if err := s.admitCall(ctx, "TagResource", commonCalls, nil, in.ResourceARN); err != nil {
		return nil, err
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
