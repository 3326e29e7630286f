package firehose

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// ListTagsForDeliveryStream lists the tags of a stream in the order of keys.
//
// State: real
// Notes:
// Test: TestTags
func (f *Firehose) ListTagsForDeliveryStream(ctx context.Context, in *firehose.ListTagsForDeliveryStreamInput, _ ...opt) (*firehose.ListTagsForDeliveryStreamOutput, error) {
	s, err := f.find(ctx, in.DeliveryStreamName)
	if err != nil {
		return nil, err
	}
	limit := maxTags
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	out := &firehose.ListTagsForDeliveryStreamOutput{Tags: []types.Tag{}, HasMoreTags: aws.Bool(false)}
	tags := s.state.Load().Tags
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if in.ExclusiveStartTagKey != nil && key <= *in.ExclusiveStartTagKey {
			continue
		}
		if len(out.Tags) == limit {
			out.HasMoreTags = aws.Bool(true)
			break
		}
		out.Tags = append(out.Tags, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return out, nil
}
