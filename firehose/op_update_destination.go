package firehose

import (
	"context"
	"reflect"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/firehose"
)

// UpdateDestination changes where and how a stream delivers. It looks at the
// stream, its state, the version, the destination and then the content, and
// merges what is given into what is there. An update that changes nothing
// leaves the version as it is. Records already buffered are delivered by the
// new configuration.
//
// State: real
// Notes: S3, extended S3 and HTTP endpoints; merge depth per member as measured
// Test: TestUpdateDestination
func (f *Firehose) UpdateDestination(ctx context.Context, in *firehose.UpdateDestinationInput, _ ...opt) (*firehose.UpdateDestinationOutput, error) {
	s, err := f.find(ctx, in.DeliveryStreamName)
	if err != nil {
		return nil, err
	}
	err = f.change(ctx, s, func(st *streamState, now time.Time) (*streamState, error) {
		switch {
		case st.Status != statusActive:
			return nil, errUpdateWhile(s.key, st.Status)
		case strconv.FormatInt(st.Version, 10) != *in.CurrentDeliveryStreamVersionId:
			return nil, errVersion(s.key, st.Version, *in.CurrentDeliveryStreamVersionId)
		case *in.DestinationId != destinationID:
			return nil, errInvalid("Destination Id " + *in.DestinationId + " not found")
		}
		next := st.clone()
		var err error
		if next.Destination, err = st.Destination.merge(in); err != nil {
			return nil, err
		}
		if h := next.Destination.HTTP; h != nil && h.URL != st.Destination.HTTP.URL {
			relaxed, err := f.admitURL(h.URL, "httpEndpointDestinationUpdate")
			if err != nil {
				return nil, err
			}
			f.noteURL(s, relaxed, h.URL)
		}
		if err := f.able(&next.Destination); err != nil {
			return nil, err
		}
		if reflect.DeepEqual(next.Destination, st.Destination) {
			return nil, nil
		}
		if err := f.checkSchema(ctx, s.key, &next.Destination); err != nil {
			return nil, err
		}
		if st.Destination.backup() == nil && next.Destination.backup() != nil {
			if err := f.beginBackup(ctx, s, st); err != nil {
				return nil, err
			}
		}
		next.Version++
		next.Updated = millis(now)
		return next, nil
	})
	if err != nil {
		return nil, err
	}
	f.resume(s) // hints may have become shorter
	return &firehose.UpdateDestinationOutput{}, nil
}
