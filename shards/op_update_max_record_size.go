package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// UpdateMaxRecordSize changes how large a record with its partition key may
// be, 1 to 10 MiB, once the UPDATING of its transition is over.
//
// State: real
// Notes: 1024 to 10240 KiB
// Test: TestUpdateMaxRecordSize
func (s *Streams) UpdateMaxRecordSize(ctx context.Context, in *kinesis.UpdateMaxRecordSizeInput, _ ...opt) (*kinesis.UpdateMaxRecordSizeOutput, error) {
	if err := s.admitCall(ctx, "UpdateMaxRecordSize", commonCalls, nil, in.StreamARN); err != nil {
		return nil, err
	}
	st, err := s.resolve(ctx, nil, in.StreamARN)
	if err != nil {
		return nil, err
	}
	if in.MaxRecordSizeInKiB == nil {
		return nil, errMissing("maxRecordSizeInKiB")
	}
	err = s.change(ctx, st, func(v *view, now time.Time) (command, error) {
		if err := v.ready(st.key); err != nil {
			return nil, err
		}
		return s.updating(now, nil, &setRecordSize{KiB: int(*in.MaxRecordSizeInKiB)})
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.UpdateMaxRecordSizeOutput{}, nil
}
