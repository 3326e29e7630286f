package shards

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sluice/delivery"
	"sluice/store/kv"
	"sluice/store/log"
)

// settleChannel lands what is due at a time. c.mu is held.
func (s *Streams) settleChannel(ctx context.Context, c *channel, at time.Time) error {
	for {
		v := c.view.Load()
		if v.gone || v.state.Due == 0 || v.state.Due > millis(at) {
			return nil
		}
		command, err := s.landingChannel(ctx, c, v.state, at)
		if err != nil {
			return err
		}
		if err := s.commitChannel(ctx, c, command, at); err != nil && !errors.Is(err, kv.ErrConflict) {
			return err
		}
	}
}

// landingChannel does what must happen before a due change takes effect.
func (s *Streams) landingChannel(ctx context.Context, c *channel, st *channelState, at time.Time) (channelCommand, error) {
	switch st.Status {
	case statusDeleting:
		return &removeChannel{}, nil
	case statusCreating:
		if reason := s.unfit(ctx, c, st); reason != "" {
			s.config.Logger.Warn("a channel could not be provisioned", "channel", st.Name, "stream", st.Stream, "reason", reason)
			return &landChannel{Failed: reason}, nil
		}
		positions, err := s.startPositions(ctx, c, st, at)
		return &landChannel{Positions: positions}, err
	}
	return &landChannel{}, nil
}

// unfit looks whether a channel can deliver at all, and says why not. What may
// pass by itself does not count: deliveries are tried again.
func (s *Streams) unfit(ctx context.Context, c *channel, st *channelState) string {
	to := s.bucket()
	if to == nil {
		return "No store of buckets is part of this instance."
	}
	for _, b := range []channelBucket{st.Bucket, st.Dead} {
		err := patient{to}.HeadBucket(ctx, c.place(b))
		switch {
		case errors.Is(err, delivery.ErrNoBucket):
			return fmt.Sprintf("The bucket %s does not exist.", bucketName(b.ARN))
		case errors.Is(err, delivery.ErrDenied):
			return fmt.Sprintf("The bucket %s is not owned by account %s.", bucketName(b.ARN), b.Owner)
		case err != nil:
			s.config.Logger.Warn("a bucket could not be looked at", "channel", st.Name, "bucket", bucketName(b.ARN), "error", err)
		}
	}
	return ""
}

// place is a bucket of a channel as delivery names it.
func (c *channel) place(b channelBucket) delivery.Place {
	return delivery.Place{Account: c.key.account, Region: c.key.region, Bucket: bucketName(b.ARN), Owner: b.Owner}
}

// tips is the end of every open shard, where it is not 0. A channel that is
// created now delivers nothing that was there before, not even what arrived
// in the same instant of a clock that stands still.
func (s *Streams) tips(ctx context.Context, st *stream) (map[uint32]int64, error) {
	l, out := st.view.Load().layout, map[uint32]int64{}
	for _, at := range l.open {
		sh := &l.shards[at]
		if err := sh.tail.load(ctx, s.log, st.logID(sh)); err != nil {
			return nil, s.logError(st, err)
		}
		if tip := sh.limit(); tip > 0 {
			out[sh.index] = tip
		}
	}
	return out, nil
}

// startPositions is where a channel that becomes ACTIVE begins: at what
// arrived since, so that it does not matter how late the landing is.
func (s *Streams) startPositions(ctx context.Context, c *channel, st *channelState, at time.Time) (map[uint32]int64, error) {
	l, out := c.stream.view.Load().layout, map[uint32]int64{}
	for i := range l.shards {
		sh := &l.shards[i]
		if !sh.open() && sh.limit() == 0 {
			continue // it may never have had a log
		}
		from, err := s.log.Seek(ctx, c.stream.logID(sh), log.AtTime, at.Truncate(time.Millisecond))
		if err != nil && !errors.Is(err, log.ErrNotFound) {
			return nil, s.logError(c.stream, err)
		}
		if !sh.open() && err != nil {
			from = sh.end
		}
		if from = max(from, st.Positions[sh.index]); from > 0 {
			out[sh.index] = from
		}
	}
	return out, nil
}

// armChannel sets the timer for the next landing. Before Deliver was called
// nothing that was stored before lands. c.mu is held.
func (s *Streams) armChannel(c *channel) {
	v := c.view.Load()
	if v.gone || v.state.Due == c.due {
		return
	}
	s.disarmChannel(c)
	due := v.state.Due
	if due == 0 || s.life.Err() != nil {
		return
	}
	c.due = due
	c.timer = s.later(timeOf(due), "channel "+v.state.Name, func() { s.landChannel(c, due) })
}

// disarmChannel stops the timer. c.mu is held.
func (s *Streams) disarmChannel(c *channel) {
	if c.timer != nil {
		c.timer.Stop()
	}
	c.timer, c.due = nil, 0
}

// landChannel is the timer's work; see land.
func (s *Streams) landChannel(c *channel, due int64) {
	for s.life.Err() == nil {
		c.mu.Lock()
		if c.due == due {
			c.timer, c.due = nil, 0 // it has fired
		}
		err := s.settleChannel(s.life, c, timeOf(due))
		if err == nil {
			s.armChannel(c)
		}
		c.mu.Unlock()
		if err == nil || s.life.Err() != nil {
			if err == nil {
				s.resume(c)
			}
			return
		}
		s.config.Logger.Error("a change of a channel is held up", "channel", c.view.Load().state.Name, "error", err)
		if s.config.Host.Sleep(s.life, retryPause) != nil {
			return
		}
	}
}
