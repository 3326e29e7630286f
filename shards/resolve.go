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

// resolve returns the stream a request means. One of another account or
// region cannot be reached: it is answered as if it did not exist.
func (s *Streams) resolve(ctx context.Context, name, streamARN *string) (*stream, error) {
	k, err := s.identify(ctx, name, streamARN)
	if err != nil {
		return nil, err
	}
	if st := s.lookup(ctx, k); st != nil {
		return st, nil
	}
	return nil, errNoStream(k)
}

// lookup returns the stream when it exists and belongs to the caller.
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
