package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// DeleteChannel removes a channel. Delivery ends at once: records that wait
// stay in the stream and are not delivered, objects stay in their bucket. The
// channel is DELETING until its transition is over. It works in every status;
// deleting again changes nothing.
//
// State: real
// Notes: what waits is not delivered
// Test: TestDeleteChannel
func (s *Streams) DeleteChannel(ctx context.Context, in *kinesis.DeleteChannelInput, _ ...opt) (*kinesis.DeleteChannelOutput, error) {
	if err := s.admitCall(ctx, "DeleteChannel", commonCalls, nil, nil); err != nil {
		return nil, err
	}
	c, err := s.channelByARN(ctx, in.ChannelARN)
	if err != nil {
		return nil, err
	}
	err = s.changeChannel(ctx, c, func(st *channelState, now time.Time) (channelCommand, error) {
		if st.Status == statusDeleting {
			return nil, nil
		}
		return &deleteChannel{Due: s.due(changingChannel, now)}, nil
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.DeleteChannelOutput{}, nil
}
