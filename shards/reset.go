package shards

import (
	"context"
	"errors"
	"fmt"

	"sluice/store/kv"
)

// Reset removes the streams of an account in a region, whatever their status
// and whoever uses them, with their channels, and the account's settings there.
// An empty account or region means all of them. It returns how many streams are
// gone. A stream costs a step per hour of arrivals that it holds, not per
// record. Subscriptions end; iterators find no stream.
func (s *Streams) Reset(ctx context.Context, account, region string) (removed int, err error) {
	// One that is being created now is there or not, but not half.
	s.creating.Lock()
	defer s.creating.Unlock()
	within := func(k streamKey) bool {
		return (account == "" || account == k.account) && (region == "" || region == k.region)
	}
	var streams []*stream
	var settings []streamKey
	s.mu.RLock()
	for k, st := range s.streams {
		if within(k) {
			streams = append(streams, st)
		}
	}
	for k := range s.account {
		if within(k) {
			settings = append(settings, k)
		}
	}
	s.mu.RUnlock()
	for _, st := range streams {
		if err := ctx.Err(); err != nil {
			return removed, err
		}
		if err := s.remove(context.WithoutCancel(ctx), st); err != nil {
			return removed, fmt.Errorf("remove stream %s: %w", st.key.name, err)
		}
		removed++
	}
	for _, k := range settings {
		if err := s.forgetAccount(context.WithoutCancel(ctx), k); err != nil {
			return removed, fmt.Errorf("remove the settings of account %s: %w", k.account, err)
		}
	}
	return removed, nil
}

// remove takes a stream away at once. Records go before the entity, as when a
// deletion lands: cut short in between, the stream is there and can be
// removed again.
func (s *Streams) remove(ctx context.Context, st *stream) error {
	if err := s.removeChannels(ctx, st); err != nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for {
		if st.view.Load().gone {
			return nil
		}
		if err := s.bury(ctx, st.key, st.view.Load().state); err != nil {
			return err
		}
		if err := s.log.Delete(ctx, st.id); err != nil {
			return err
		}
		err := s.commit(ctx, st, &removeStream{}, s.clock.Now())
		if !errors.Is(err, kv.ErrConflict) {
			return err
		}
		if err := s.reload(ctx, st); err != nil {
			return err
		}
	}
}

func (s *Streams) forgetAccount(ctx context.Context, k streamKey) error {
	for {
		value, err := s.catalog.Get(ctx, k.accountEntity())
		if err != nil {
			return err
		}
		if value.Version > 0 {
			_, err = s.catalog.Propose(ctx, kv.Command{Key: k.accountEntity(), Expect: value.Version, Kind: kindReset, At: s.clock.Now()})
		}
		if errors.Is(err, kv.ErrConflict) {
			continue
		}
		if err == nil {
			s.mu.Lock()
			delete(s.account, k)
			s.mu.Unlock()
		}
		return err
	}
}
