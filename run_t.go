package sluice

import (
	"context"
	"time"
)

// TestingT is the part of *testing.T that RunT uses.
type TestingT interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Option changes the configuration of RunT.
type Option func(*Config)

// RunT runs an instance for one test and closes it when the test ends: state
// in memory, a free port, and changes of streams that take effect at once.
// Limits are those of AWS; WithLimits(LimitsOff) takes them away.
func RunT(t TestingT, options ...Option) *Sluice {
	t.Helper()
	c := Config{Memory: true, Listen: []string{"localhost:0"}, Transition: TransitionOf(0)}
	for _, option := range options {
		option(&c)
	}
	s, err := Open(context.Background(), c)
	if err != nil {
		t.Fatalf("sluice does not start: %v", err)
		return nil
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("sluice does not close: %v", err)
		}
	})
	return s
}

// WithStreams has streams exist from the start.
func WithStreams(seeds ...StreamSeed) Option {
	return func(c *Config) { c.Streams = append(c.Streams, seeds...) }
}

// FrozenAt starts service time standing still at t. Move it with Clock.
func FrozenAt(t time.Time) Option {
	return func(c *Config) { c.Frozen, c.StartAt = true, t }
}

// WithTransition lets changes of streams last d of service time, so that a
// test sees CREATING and UPDATING.
func WithTransition(d time.Duration) Option {
	return func(c *Config) { c.Transition = TransitionOf(d) }
}

// WithLimits chooses the rates to enforce: LimitsAWS, LimitsOff, or "x10" for ten
// times those of AWS.
func WithLimits(l Limits) Option {
	return func(c *Config) { c.Limits = l }
}

// OnDisk keeps state in a folder, t.TempDir() for one, instead of memory.
func OnDisk(dir string) Option {
	return func(c *Config) { c.Memory, c.Data = false, dir }
}
