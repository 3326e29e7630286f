package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// ListTagsForStream lists the tags of a stream in the order of their keys'
// code points, in every status. A page starts after a key, which need not be
// there.
//
// State: real
// Notes: in code point order, 50 a page
// Test: TestListTagsForStream
func (s *Streams) ListTagsForStream(ctx context.Context, in *kinesis.ListTagsForStreamInput, _ ...opt) (*kinesis.ListTagsForStreamOutput, error) {
	if err := s.admitCall(ctx, "ListTagsForStream", commonCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	st, err := s.resolve(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, err
	}
	tags := tagList(st.view.Load().state.Tags, in.ExclusiveStartTagKey)
	limit := atMost(in.Limit, tagsPerResource)
	more := len(tags) > limit
	if more {
		tags = tags[:limit]
	}
	return &kinesis.ListTagsForStreamOutput{Tags: tags, HasMoreTags: aws.Bool(more)}, nil
}
