package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// AddTagsToStream sets tags of a stream, up to 50 in all; those with the same
// keys are replaced. The stream must be ACTIVE. Tags have no other effect than
// to be listed, here and through ListTagsForResource, but for ScalingTag, which
// has a provisioned stream scale; a value that is no policy is refused.
//
// State: real
// Notes: 50 tags; sluice:autoscale has the stream scale
// Test: TestAddTagsToStream
func (s *Streams) AddTagsToStream(ctx context.Context, in *kinesis.AddTagsToStreamInput, _ ...opt) (*kinesis.AddTagsToStreamOutput, error) {
	if err := s.admitCall(ctx, "AddTagsToStream", commonCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	st, err := s.resolve(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	r := resource{stream: st}
	err = s.change(ctx, st, func(v *view, _ time.Time) (command, error) { return r.tagging(v, in.Tags) })
	if err != nil {
		return nil, err
	}
	return &kinesis.AddTagsToStreamOutput{}, nil
}
