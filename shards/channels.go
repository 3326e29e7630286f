package shards

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sluice/delivery"
	"sluice/internal/arn"
	"sluice/store/kv"
)

// channelSet is all channels, and what they share.
type channelSet struct {
	mu  sync.RWMutex
	all map[channelKey]*channel // guarded by mu
	// to is where objects go, nil before Deliver was called.
	to delivery.Bucket // guarded by mu
	// turns bounds how many channels deliver at once, and so their memory.
	turns chan struct{}
}

// deliveriesAtOnce is how many channels fill an object at the same time.
const deliveriesAtOnce = 2

// Deliver says where channels put their objects and sets them going. It is
// called once, when there is a store of buckets.
func (s *Streams) Deliver(to delivery.Bucket) {
	s.channels.mu.Lock()
	s.channels.to = to
	s.channels.mu.Unlock()
	for _, c := range s.channelsOf(streamKey{}, nil) {
		c.mu.Lock()
		s.armChannel(c)
		c.mu.Unlock()
		s.resume(c)
	}
}

// StopDelivering ends what Deliver began and returns when no delivery is under
// way. It is for closing the store of buckets before this room; what waits is
// delivered after the next start.
func (s *Streams) StopDelivering() {
	s.channels.mu.Lock()
	s.channels.to = nil
	s.channels.mu.Unlock()
	for range deliveriesAtOnce {
		s.channels.turns <- struct{}{}
	}
	for range deliveriesAtOnce {
		<-s.channels.turns
	}
}

func (s *Streams) bucket() delivery.Bucket {
	s.channels.mu.RLock()
	defer s.channels.mu.RUnlock()
	return s.channels.to
}

// loadChannels reads what is stored. Channels whose stream is gone, which only
// a reset cut short leaves behind, go too.
func (s *Streams) loadChannels(ctx context.Context) error {
	var orphans []*channel
	err := s.catalog.Scan(ctx, channelPrefix, func(key string, v kv.Value) error {
		k, ok := parseEntity(channelPrefix, key)
		if !ok {
			return fmt.Errorf("%q is not the key of a channel", key)
		}
		state, err := decodeChannel(v.State)
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		c := &channel{key: channelKey{account: k.account, region: k.region, id: k.name}}
		c.view.Store(&channelView{version: v.Version, state: state})
		st := s.streams[streamKey{account: k.account, region: k.region, name: state.Stream}]
		if st == nil || st.id != state.StreamID {
			orphans = append(orphans, c)
			return nil
		}
		c.stream = st
		s.attach(c)
		return nil
	})
	for _, c := range orphans {
		if err == nil {
			err = s.commitChannel(ctx, c, &removeChannel{}, s.clock.Now())
		}
	}
	return err
}

// attach makes a channel known and has its stream's puts tell it of records.
func (s *Streams) attach(c *channel) {
	s.channels.mu.Lock()
	defer s.channels.mu.Unlock()
	if s.channels.all == nil {
		s.channels.all = map[channelKey]*channel{}
	}
	s.channels.all[c.key] = c
	fed := []*channel{c}
	if old := c.stream.feeds.Load(); old != nil {
		fed = append(fed, *old...)
	}
	c.stream.feeds.Store(&fed)
}

// detach undoes attach.
func (s *Streams) detach(c *channel) {
	s.channels.mu.Lock()
	defer s.channels.mu.Unlock()
	delete(s.channels.all, c.key)
	if c.stream == nil {
		return
	}
	var rest []*channel
	for _, other := range c.stream.channels() {
		if other != c {
			rest = append(rest, other)
		}
	}
	if rest == nil {
		c.stream.feeds.Store(nil)
		return
	}
	c.stream.feeds.Store(&rest)
}

// channels returns the channels of a stream.
func (st *stream) channels() []*channel {
	if fed := st.feeds.Load(); fed != nil {
		return *fed
	}
	return nil
}

// channelsOf lists channels by name: those of an account and region, all where
// they are empty, of one stream only unless st is nil.
func (s *Streams) channelsOf(k streamKey, st *stream) []*channel {
	s.channels.mu.RLock()
	var out []*channel
	for key, c := range s.channels.all {
		if (k.account == "" || key.account == k.account) && (k.region == "" || key.region == k.region) && (st == nil || c.stream == st) {
			out = append(out, c)
		}
	}
	s.channels.mu.RUnlock()
	slices.SortFunc(out, func(a, b *channel) int {
		return strings.Compare(a.view.Load().state.Name+a.key.entity(), b.view.Load().state.Name+b.key.entity())
	})
	return out
}

// channelNamed returns the caller's channel of a name, nil when there is none.
func (s *Streams) channelNamed(k streamKey, name string) *channel {
	for _, c := range s.channelsOf(k.scope(), nil) {
		if c.view.Load().state.Name == name {
			return c
		}
	}
	return nil
}

// resolveChannel finds the channel that an ARN names. ok is false when the
// ARN is not one of a channel.
func (s *Streams) resolveChannel(ctx context.Context, text *string) (c *channel, ok bool, err error) {
	if text == nil {
		return nil, false, nil
	}
	named, err := arn.Parse(*text)
	if err != nil || named.Kind != arn.Channel {
		return nil, false, nil
	}
	k := channelKey{account: named.Account, region: named.Region, id: named.Channel}
	if own := s.caller(ctx); own.account == k.account && own.region == k.region {
		s.channels.mu.RLock()
		c = s.channels.all[k]
		s.channels.mu.RUnlock()
	}
	if c == nil {
		return nil, true, errNoChannel(keyOf(named), named.Channel)
	}
	return c, true, nil
}

// channelByARN is resolveChannel for the operations on channels.
func (s *Streams) channelByARN(ctx context.Context, text *string) (*channel, error) {
	c, ok, err := s.resolveChannel(ctx, text)
	if err == nil && !ok {
		err = errChannelARN()
	}
	return c, err
}

// changeChannel makes one change to a channel; see change.
func (s *Streams) changeChannel(ctx context.Context, c *channel, check func(st *channelState, now time.Time) (channelCommand, error)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		v, now := c.view.Load(), s.clock.Now()
		if v.gone {
			return errNoChannel(c.stream.key, c.key.id)
		}
		command, err := check(v.state, now)
		if err != nil || command == nil {
			return err
		}
		ctx = context.WithoutCancel(ctx)
		if err := s.commitChannel(ctx, c, command, now); errors.Is(err, kv.ErrConflict) {
			continue
		} else if err != nil {
			return err
		}
		err = s.settleChannel(ctx, c, now)
		s.armChannel(c)
		return err
	}
}

// commitChannel proposes a command on the current view and shows its outcome.
// c.mu is held. After a conflict the view is what another writer stored.
func (s *Streams) commitChannel(ctx context.Context, c *channel, command channelCommand, at time.Time) error {
	proposal, err := proposeChannel(c.key, c.view.Load().version, command, at)
	if err != nil {
		return err
	}
	value, err := s.catalog.Propose(ctx, proposal)
	if errors.Is(err, kv.ErrConflict) {
		if value, readErr := s.catalog.Get(ctx, c.key.entity()); readErr == nil {
			return errors.Join(err, s.showChannel(c, value))
		}
	}
	if err != nil {
		return fmt.Errorf("change channel %s: %w", c.key.id, err)
	}
	return s.showChannel(c, value)
}

// showChannel shows a stored value. c.mu is held.
func (s *Streams) showChannel(c *channel, value kv.Value) error {
	if value.State == nil {
		s.disarmChannel(c)
		c.pump.stop()
		s.detach(c)
		c.view.Store(&channelView{state: c.view.Load().state, gone: true})
		return nil
	}
	state, err := decodeChannel(value.State)
	if err != nil {
		return fmt.Errorf("channel %s: %w", c.key.id, err)
	}
	c.view.Store(&channelView{version: value.Version, state: state})
	if !state.delivers() {
		c.pump.pause()
	}
	return nil
}

// stopChannels stops all timers.
func (s *Streams) stopChannels() {
	for _, c := range s.channelsOf(streamKey{}, nil) {
		c.mu.Lock()
		s.disarmChannel(c)
		c.mu.Unlock()
		c.pump.stop()
	}
}

// removeChannels takes the channels of a stream away at once.
func (s *Streams) removeChannels(ctx context.Context, st *stream) error {
	for _, c := range s.channelsOf(streamKey{}, st) {
		err := s.changeChannel(ctx, c, func(*channelState, time.Time) (channelCommand, error) { return &removeChannel{}, nil })
		if err != nil && !c.view.Load().gone {
			return fmt.Errorf("remove channel %s: %w", c.view.Load().state.Name, err)
		}
	}
	return nil
}
