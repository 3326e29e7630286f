package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// UpdateStreamMode changes between provisioned and on-demand capacity once the
// UPDATING of its transition is over. To provisioned the shards stay as they
// are; warm throughput and AUTO distribution end. To on-demand there are at
// least four shards, and as many as the warm throughput asks for, afterwards.
// The mode that a stream has already is taken and changes nothing.
//
// The shards that a stream brings to on-demand mode stay for 30 days at least,
// as if half of what they take had been its peak.
//
// State: real
// Notes: 2 a day
// Test: TestUpdateStreamMode
func (s *Streams) UpdateStreamMode(ctx context.Context, in *kinesis.UpdateStreamModeInput, _ ...opt) (*kinesis.UpdateStreamModeOutput, error) {
	if err := s.admitCall(ctx, "UpdateStreamMode", commonCalls, nil, in.StreamARN); err != nil {
		return nil, err
	}
	st, err := s.resolve(ctx, nil, in.StreamARN)
	if err != nil {
		return nil, err
	}
	if in.StreamModeDetails == nil {
		return nil, errMissing("streamModeDetails")
	}
	mode := modeProvisioned
	if in.StreamModeDetails.StreamMode == types.StreamModeOnDemand {
		mode = modeOnDemand
	}
	err = s.change(ctx, st, func(v *view, now time.Time) (command, error) {
		if err := v.ready(st.key); err != nil {
			return nil, err
		}
		if in.WarmThroughputMiBps != nil && (mode != modeOnDemand || v.state.Mode == mode) {
			return nil, errWarmUnasked()
		}
		if v.state.Mode == mode {
			return nil, nil
		}
		if err := s.perDay(st.key, v.state, changedMode, "UpdateStreamMode", modesPerDay, now); err != nil {
			return nil, err
		}
		if mode == modeProvisioned {
			if len(st.channels()) > 0 {
				return nil, errModeChannels(st.key)
			}
			return s.updating(now, nil, &setMode{Mode: mode})
		}
		return s.toOnDemand(st.key, v.state, in.WarmThroughputMiBps, now)
	})
	if err != nil {
		return nil, err
	}
	return &kinesis.UpdateStreamModeOutput{}, nil
}

// toOnDemand checks a change to on-demand mode and returns its command.
func (s *Streams) toOnDemand(k streamKey, state *streamState, asked *int32, now time.Time) (command, error) {
	if s.use(k).onDemand >= onDemandStreams {
		return nil, errOnDemandQuota(k, onDemandStreams)
	}
	warm := 0
	if asked != nil {
		warm = int(*asked)
		if err := s.checkWarm(k, warm); err != nil {
			return nil, err
		}
	}
	then, err := s.growing(k, state, max(onDemandShards, warm), &setMode{Mode: modeOnDemand, Warm: warm})
	if err != nil {
		return nil, err
	}
	return s.updating(now, nil, then)
}

// checkWarm holds a warm throughput to the account.
func (s *Streams) checkWarm(k streamKey, warm int) error {
	switch {
	case warm < 0:
		return errTooSmall("warmThroughputMiBps", warm, 0)
	case !s.committed(k):
		return errWarmNeedsCommitment(k)
	case warm > warmLimit:
		return errWarmTooFar(k, warm)
	}
	return nil
}
