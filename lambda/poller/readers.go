package poller

import (
	"errors"

	"sluice/internal/clock"
)

// ReadersConfig is what readers need. All but Hold must be set.
type ReadersConfig struct {
	// Clock is service time.
	Clock clock.Clock
	// Hold announces work that a mover of Clock should wait for; nil: nobody waits.
	Hold func(what string) (release func())
	// Source and Tips are described there.
	Source Source
	Tips   Tips
}

func (c *ReadersConfig) fill() error {
	if c.Clock == nil || c.Source == nil || c.Tips == nil {
		return errors.New("poller.ReadersConfig needs Clock, Source and Tips")
	}
	if c.Hold == nil {
		c.Hold = func(string) func() { return func() {} }
	}
	return nil
}

// Readers reads the shards of streams for the mappings of a process.
type Readers struct{ config ReadersConfig }

// NewReaders makes readers.
func NewReaders(c ReadersConfig) (*Readers, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	return &Readers{config: c}, nil
}

// Close ends the waiting for records. Stop the pollers first.
func (r *Readers) Close() {}
