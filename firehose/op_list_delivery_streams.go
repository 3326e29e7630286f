package firehose

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
)

// listed is how many names a page has when the request does not say.
const listed = 10

// ListDeliveryStreams lists names in their order, of one type if asked for,
// after a name that need not exist.
//
// State: real
// Notes:
// Test: TestListDeliveryStreams
func (f *Firehose) ListDeliveryStreams(ctx context.Context, in *firehose.ListDeliveryStreamsInput, _ ...opt) (*firehose.ListDeliveryStreamsOutput, error) {
	limit := listed
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	k := f.keyOf(ctx, "")
	f.mu.RLock()
	names := f.namesLocked(k)
	if in.DeliveryStreamType != "" {
		names = slices.DeleteFunc(names, func(name string) bool {
			return f.streams[streamKey{k.account, k.region, name}].state.Load().Type != string(in.DeliveryStreamType)
		})
	}
	f.mu.RUnlock()
	if start := aws.ToString(in.ExclusiveStartDeliveryStreamName); start != "" {
		i, found := slices.BinarySearch(names, start)
		if found {
			i++
		}
		names = names[i:]
	}
	more := len(names) > limit
	if more {
		names = names[:limit]
	}
	return &firehose.ListDeliveryStreamsOutput{DeliveryStreamNames: append([]string{}, names...), HasMoreDeliveryStreams: aws.Bool(more)}, nil
}
