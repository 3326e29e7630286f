package shards

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"

	"sluice/store/kv"
)

// CreateChannel makes a channel that delivers the records of an on-demand
// stream to a bucket: those that arrive once it is ACTIVE. It is CREATING until
// its transition is over, and FAILED from then on if its bucket does not exist
// or belongs to another account. A stream has one channel to a bucket. S3
// Tables are refused.
//
// State: real
// Notes: delivers to S3 buckets; S3 Tables are refused
// Test: TestCreateChannel
func (s *Streams) CreateChannel(ctx context.Context, in *kinesis.CreateChannelInput, _ ...opt) (*kinesis.CreateChannelOutput, error) {
	if err := s.admitCall(ctx, "CreateChannel", commonCalls, nil, nil); err != nil {
		return nil, err
	}
	state, err := newChannelFrom(in, s.config.Dice.UUID().String())
	if err != nil {
		return nil, err
	}
	st, err := s.resolve(ctx, nil, in.StreamConfigurationList[0].StreamARN)
	if err != nil {
		return nil, err
	}
	// One at a time, so that names are taken once.
	s.creating.Lock()
	defer s.creating.Unlock()
	c, err := s.openChannel(ctx, st, state)
	if err != nil {
		return nil, err
	}
	made := c.view.Load().state
	c.mu.Lock()
	err = s.settleChannel(context.WithoutCancel(ctx), c, timeOf(made.Created))
	s.armChannel(c)
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	s.resume(c)
	return &kinesis.CreateChannelOutput{ChannelDescription: c.description(made)}, nil
}

// openChannel stores and shows a channel in CREATING. While it does, its
// stream can neither be deleted nor change its mode.
func (s *Streams) openChannel(ctx context.Context, st *stream, state *channelState) (*channel, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	v := st.view.Load()
	if v.gone {
		return nil, errNoStream(st.key)
	}
	now := s.clock.Now()
	state.Stream, state.StreamID, state.Created, state.Due = st.key.name, st.id, millis(now), s.due(creatingChannel, now)
	if err := s.admitChannel(st, v, state); err != nil {
		return nil, err
	}
	var err error
	if state.Positions, err = s.tips(ctx, st); err != nil {
		return nil, err
	}
	c := &channel{key: channelKey{account: st.key.account, region: st.key.region, id: state.ID}, stream: st}
	return c, s.storeChannel(context.WithoutCancel(ctx), c, state, now)
}

// storeChannel makes the entity of a channel.
func (s *Streams) storeChannel(ctx context.Context, c *channel, state *channelState, now time.Time) error {
	proposal, err := proposeChannel(c.key, 0, &createChannel{State: *state}, now)
	if err != nil {
		return err
	}
	value, err := s.catalog.Propose(ctx, proposal)
	if errors.Is(err, kv.ErrConflict) {
		return errChannelExists(c.stream.key, state.Name)
	}
	if err != nil {
		return err
	}
	stored, err := decodeChannel(value.State)
	if err != nil {
		return err
	}
	c.view.Store(&channelView{version: value.Version, state: stored})
	s.attach(c)
	return nil
}
