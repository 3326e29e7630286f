package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// RemoveTagsFromStream removes tags of a stream by their keys; a key that is
// not there is no error. The stream must be ACTIVE.
//
// State: real
// Notes: absent keys are fine
// Test: TestRemoveTagsFromStream
func (s *Streams) RemoveTagsFromStream(ctx context.Context, in *kinesis.RemoveTagsFromStreamInput, _ ...opt) (*kinesis.RemoveTagsFromStreamOutput, error) {
	if err := s.admitCall(ctx, "RemoveTagsFromStream", commonCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	st, err := s.resolve(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	r := resource{stream: st}
	err = s.change(ctx, st, func(v *view, _ time.Time) (command, error) { return r.untagging(v, in.TagKeys) })
	if err != nil {
		return nil, err
	}
	return &kinesis.RemoveTagsFromStreamOutput{}, nil
}
