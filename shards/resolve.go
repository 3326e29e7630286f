package shards

import (
	"context"

	"sluice/internal/arn"
	"sluice/internal/caller"
)

// identify finds out which stream a request means: by name, by ARN, or by both
// when they agree. It does not look whether there is one.
func (s *Streams) identify(ctx context.Context, name, streamARN *string) (streamKey, error) {
	k := s.caller(ctx)
	switch {
	case name == nil && streamARN == nil:
		return streamKey{}, errWhichStream()
	case streamARN == nil:
		k.name = *name
		return k, nil
	}
	named, err := arn.Parse(*streamARN)
	if err != nil || named.Kind != arn.Stream {
		return streamKey{}, errWhichStream()
	}
	if name != nil && *name != named.Stream {
		return streamKey{}, errTwoStreams()
	}
	return keyOf(named), nil
}

// keyOf is the stream that an ARN of a stream or consumer belongs to.
func keyOf(a arn.ARN) streamKey {
	return streamKey{account: a.Account, region: a.Region, name: a.Stream}
}

func (k streamKey) arn() arn.ARN { return arn.ForStream(k.region, k.account, k.name) }

// resolve returns the stream a request means, as far as the caller may reach it.
func (s *Streams) resolve(ctx context.Context, name, streamARN *string) (*stream, error) {
	k, err := s.identify(ctx, name, streamARN)
	if err != nil {
		return nil, err
	}
	return s.mustReach(ctx, k)
}

// mustReach is reach for those to whom a stream that is not there is an error.
func (s *Streams) mustReach(ctx context.Context, k streamKey) (*stream, error) {
	st, err := s.reach(ctx, k)
	if st == nil && err == nil {
		err = errNoStream(k)
	}
	if err != nil {
		return nil, err
	}
	return st, nil
}

// lookup returns the stream when it exists and belongs to the caller. What a
// caller wants to do with it is not asked; see reach.
func (s *Streams) lookup(ctx context.Context, k streamKey) *stream {
	if own := s.caller(ctx); own.account != k.account || own.region != k.region {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.streams[k]
}

// caller returns who calls, without a name. Calls that come without an
// identity (in process) act in the default account and region.
func (s *Streams) caller(ctx context.Context) streamKey {
	c, ok := caller.From(ctx)
	if !ok {
		return streamKey{account: s.config.Account, region: s.config.Region}
	}
	return streamKey{account: c.Account, region: c.Region}
}

// scopeOf is the account and region that an iterator or a token is of: those of
// the stream when its ARN is given, which calls from another account must do,
// else those of the caller.
func (s *Streams) scopeOf(ctx context.Context, streamARN *string) streamKey {
	own := s.caller(ctx)
	if streamARN == nil {
		return own
	}
	named, err := arn.Parse(*streamARN)
	if err != nil || named.Kind != arn.Stream || named.Region != own.region {
		return own
	}
	return keyOf(named).scope()
}
