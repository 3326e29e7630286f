package firehose

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/firehose"
)

// DeleteDeliveryStream removes a delivery stream and drops what it has not
// delivered. It is DELETING until its transition is over; deleting it again
// meanwhile succeeds.
//
// State: real
// Notes: undelivered records are dropped, as the service does
// Test: TestDeleteDeliveryStream
func (f *Firehose) DeleteDeliveryStream(ctx context.Context, in *firehose.DeleteDeliveryStreamInput, _ ...opt) (*firehose.DeleteDeliveryStreamOutput, error) {
	s, err := f.find(ctx, in.DeliveryStreamName)
	if err != nil {
		return nil, err
	}
	err = f.change(ctx, s, func(st *streamState, now time.Time) (*streamState, error) {
		switch st.Status {
		case statusCreating:
			return nil, errDeleteWhile(s.key, st.Status)
		case statusDeleting:
			return nil, nil
		}
		next := st.clone()
		next.Status, next.Due = statusDeleting, millis(now.Add(f.config.Transition))
		return next, nil
	})
	if err != nil {
		return nil, err
	}
	s.pump.pause()
	s.stopReading()
	if f.config.Transition <= 0 {
		err = f.settle(context.WithoutCancel(ctx), s, f.config.Clock.Now())
	}
	return &firehose.DeleteDeliveryStreamOutput{}, err
}
