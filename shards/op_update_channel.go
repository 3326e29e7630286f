package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// UpdateChannel changes how long records may wait and where AWS would log of
// it; all else of a channel stays as it was made. The change acts at once, the
// channel is UPDATING until its transition is over and goes on delivering.
//
// State: real
// Notes: freshness acts; the logging configuration is kept and shown
// Test: TestUpdateChannel
func (s *Streams) UpdateChannel(ctx context.Context, in *kinesis.UpdateChannelInput, _ ...opt) (*kinesis.UpdateChannelOutput, error) {
	if err := s.admitCall(ctx, "UpdateChannel", commonCalls, nil, nil); err != nil {
		return nil, err
	}
	c, err := s.channelByARN(ctx, in.ChannelARN)
	if err != nil {
		return nil, err
	}
	var shown *types.ChannelDescription
	err = s.changeChannel(ctx, c, func(st *channelState, now time.Time) (channelCommand, error) {
		update, err := updateFrom(c, st, in)
		if err != nil {
			return nil, err
		}
		update.Due = s.due(changingChannel, now)
		next := *st
		update.apply(&next, now)
		shown = c.description(&next)
		return update, nil
	})
	if err != nil {
		return nil, err
	}
	s.resume(c)
	return &kinesis.UpdateChannelOutput{ChannelDescription: shown}, nil
}

// updateFrom checks an update and returns its command.
func updateFrom(c *channel, st *channelState, in *kinesis.UpdateChannelInput) (*updateChannel, error) {
	update := &updateChannel{Freshness: st.Freshness, Logging: st.Logging}
	switch {
	case st.Status != statusActive:
		return nil, errChannelBusy(c.stream.key, st)
	case in.S3TablesDestinationConfiguration != nil:
		return nil, errTables("UpdateChannel")
	case in.S3DestinationConfiguration == nil && in.LoggingConfiguration == nil:
		return nil, errNothingToUpdate()
	}
	if d := in.S3DestinationConfiguration; d != nil {
		if d.DataFreshnessInSeconds == nil {
			return nil, errMissing("s3DestinationConfiguration.dataFreshnessInSeconds")
		}
		update.Freshness = int(*d.DataFreshnessInSeconds)
		if err := checkFreshness(update.Freshness); err != nil {
			return nil, err
		}
	}
	if l := in.LoggingConfiguration; l != nil && l.CloudWatchLogs != nil {
		update.Logging = st.logging(l.CloudWatchLogs.Enabled, l.CloudWatchLogs.LogGroupName, l.CloudWatchLogs.LogStreamName)
	}
	return update, nil
}
