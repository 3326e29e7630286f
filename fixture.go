package sluice

import (
	"context"
	"fmt"
	"os"

	"sluice/store"
	"sluice/store/snapshot"
)

// WithFixture has the instance begin with what an exported snapshot holds.
// Service time goes on from when the snapshot was made, unless FrozenAt names
// a later time, so records in it do not expire while the file lies around.
func WithFixture(path string) Option {
	return func(c *Config) { c.Fixture = path }
}

// openFixture opens the store that a first start begins with: an empty one,
// or what the fixture holds.
func (s *Sluice) openFixture(ctx context.Context, o store.Options) (*store.Store, error) {
	file, err := os.Open(s.config.Fixture)
	if err != nil {
		return nil, fmt.Errorf("open the fixture: %w", err)
	}
	defer file.Close()
	doc, err := snapshot.Peek(file)
	if err == nil {
		_, err = file.Seek(0, 0)
	}
	var st *store.Store
	if err == nil {
		if o.Memory {
			st, err = snapshot.OpenFile(o, file)
		} else if err = snapshot.Unpack(o, file); err == nil {
			st, err = store.Open(o)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("fixture %s: %w", s.config.Fixture, err)
	}
	if err := s.settle(ctx, st, fixtureClock(s.config, s.host, doc.ServiceTime)); err != nil {
		_ = st.Close()
		return nil, err
	}
	return st, nil
}
