package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// How long records may be kept, in hours.
const (
	retentionLeast = 24
	retentionMost  = 8760
)

// IncreaseStreamRetentionPeriod keeps records readable for longer, from now
// on; what has expired stays so. The stream is UPDATING for its transition.
// The present value is taken and changes nothing.
//
// State: real
// Notes: 24 to 8760 hours
// Test: TestRetentionPeriod
func (s *Streams) IncreaseStreamRetentionPeriod(ctx context.Context, in *kinesis.IncreaseStreamRetentionPeriodInput, _ ...opt) (*kinesis.IncreaseStreamRetentionPeriodOutput, error) {
	if err := s.admitCall(ctx, "IncreaseStreamRetentionPeriod", commonCalls, in.StreamName, in.StreamARN); err != nil {
		return nil, err
	}
	err := s.retain(ctx, in.StreamName, in.StreamARN, in.RetentionPeriodHours, func(k streamKey, hours, now int) error {
		if hours < now {
			return errRetentionIncrease(k, hours, now)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.IncreaseStreamRetentionPeriodOutput{}, nil
}

// retain changes how long a stream keeps records; allowed says whether the
// operation goes that way.
func (s *Streams) retain(ctx context.Context, name, arn *string, asked *int32, allowed func(k streamKey, hours, now int) error) error {
	st, err := s.resolve(ctx, name, arn)
	if err != nil {
		return err
	}
	hours := int(aws.ToInt32(asked))
	return s.change(ctx, st, func(v *view, now time.Time) (command, error) {
		if err := v.ready(st.key); err != nil {
			return nil, err
		}
		switch {
		case hours < retentionLeast:
			return nil, errRetentionShort(hours)
		case hours > retentionMost:
			return nil, errRetentionLong(hours)
		case hours == v.state.Retention:
			return nil, nil
		}
		if err := allowed(st.key, hours, v.state.Retention); err != nil {
			return nil, err
		}
		return s.updating(now, &setRetention{Hours: hours}, nil)
	})
}
