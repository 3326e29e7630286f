package shards

import (
	"context"
	"errors"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/store/kv"
)

// CreateStream makes a stream of either capacity mode, with tags, record size
// and distribution strategy from the start. A name alone makes an on-demand
// stream of four shards. The stream is CREATING until its transition is over;
// its shards exist from then on.
//
// An on-demand stream scales with its traffic from then on; a provisioned one
// does if it has the tag of ScalingTag, whose value is checked here.
//
// State: real
// Notes: both modes; on-demand streams follow their traffic
// Test: TestCreateStream
func (s *Streams) CreateStream(ctx context.Context, in *kinesis.CreateStreamInput, _ ...opt) (*kinesis.CreateStreamOutput, error) {
	if err := s.admitCall(ctx, "CreateStream", commonCalls, in.StreamName, nil); err != nil {
		return nil, err
	}
	if in.StreamName == nil {
		return nil, errMissing("streamName")
	}
	k := s.caller(ctx)
	k.name = *in.StreamName
	c, err := newStreamFrom(in)
	if err != nil {
		return nil, err
	}
	if err := checkTags(k, in.Tags); err != nil {
		return nil, err
	}
	if err := checkPolicyTag(in.Tags); err != nil {
		return nil, err
	}
	s.creating.Lock()
	defer s.creating.Unlock()
	if err := s.admitStream(ctx, k, c); err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx)
	if c.ID, err = s.takeID(ctx); err != nil {
		return nil, err
	}
	if c.After, err = s.usedUp(ctx, k); err != nil {
		return nil, err
	}
	now := s.clock.Now()
	c.Due = s.due(creatingStream, now)
	proposal, err := propose(k.entity(), 0, c, now)
	if err != nil {
		return nil, err
	}
	value, err := s.catalog.Propose(ctx, proposal)
	if errors.Is(err, kv.ErrConflict) {
		return nil, errStreamExists(k)
	}
	if err != nil {
		return nil, err
	}
	state, err := decodeState(value.State)
	if err != nil {
		return nil, err
	}
	st := newStream(k, newView(value.Version, state, nil, true))
	st.mu.Lock()
	defer st.mu.Unlock()
	s.mu.Lock()
	s.streams[k] = st
	s.mu.Unlock()
	s.changes.of(k)
	s.landDue(ctx, st, now)
	return &kinesis.CreateStreamOutput{}, nil
}

// newStreamFrom turns the request into a command, or refuses what does not go
// together.
func newStreamFrom(in *kinesis.CreateStreamInput) (*createStream, error) {
	c := &createStream{Mode: modeProvisioned, MaxRecordKiB: defaultRecordKiB, Tags: maps.Clone(in.Tags)}
	onDemand := in.StreamModeDetails == nil && in.ShardCount == nil
	if in.StreamModeDetails != nil {
		onDemand = in.StreamModeDetails.StreamMode == types.StreamModeOnDemand
	}
	switch {
	case onDemand && in.ShardCount != nil:
		return nil, errShardCountOnDemand()
	case onDemand:
		c.Mode, c.Shards = modeOnDemand, onDemandShards
	case in.ShardCount == nil:
		return nil, errShardCountMissing()
	case *in.ShardCount < 1:
		return nil, errTooSmall("shardCount", int(*in.ShardCount), 1)
	default:
		c.Shards = int(*in.ShardCount)
	}
	if in.RecordDistributionStrategy == types.RecordDistributionStrategyAuto {
		if !onDemand {
			return nil, errStrategyProvisioned()
		}
		c.Strategy = strategyAuto
	}
	if in.MaxRecordSizeInKiB != nil {
		c.MaxRecordKiB = int(*in.MaxRecordSizeInKiB)
	}
	if in.WarmThroughputMiBps != nil {
		c.Warm = int(*in.WarmThroughputMiBps)
		c.Shards = max(c.Shards, c.Warm)
	}
	return c, nil
}

// admitStream holds a new stream to what exists already. s.creating is held,
// so nothing is added meanwhile.
func (s *Streams) admitStream(ctx context.Context, k streamKey, c *createStream) error {
	if s.lookup(ctx, k) != nil {
		return errStreamExists(k)
	}
	use := s.use(k)
	if s.limitedFor(ctx) && use.creating >= creatingStreams {
		return errCreatingStreams(k)
	}
	if limit := s.shardQuota(k.region); use.open+c.Shards > limit {
		return errShardQuota(k, use.open, limit, c.Shards)
	}
	if c.Mode == modeOnDemand && use.onDemand >= onDemandStreams {
		return errOnDemandQuota(k, onDemandStreams)
	}
	if c.Warm > 0 && (c.Mode != modeOnDemand || !s.committed(k)) {
		return errWarmNeedsCommitment(k)
	}
	return nil
}
