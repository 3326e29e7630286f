package poller

import (
	"errors"
	"log/slog"
	"time"

	"sluice/internal/clock"
	"sluice/internal/dice"
)

// Config is what pollers share. All but Hold, Retry and Logger must be set.
type Config struct {
	// Clock is service time.
	Clock clock.Clock
	// Hold announces work that a mover of Clock should wait for; nil: nobody waits.
	Hold func(what string) (release func())
	// Dice makes request ids.
	Dice *dice.Dice
	// Readers reads the streams.
	Readers *Readers
	// Invoker, Failures and Checkpoints are described there.
	Invoker     Invoker
	Failures    Failures
	Checkpoints Checkpoints
	// Retry says how long to wait before the next attempt, DefaultRetry when zero.
	Retry Backoff
	// Logger is told of what goes wrong inside; nil: nobody is.
	Logger *slog.Logger
}

func (c *Config) fill() error {
	if c.Clock == nil || c.Dice == nil || c.Readers == nil || c.Invoker == nil || c.Failures == nil || c.Checkpoints == nil {
		return errors.New("poller.Config needs Clock, Dice, Readers, Invoker, Failures and Checkpoints")
	}
	if c.Hold == nil {
		c.Hold = func(string) func() { return func() {} }
	}
	if c.Retry == (Backoff{}) {
		c.Retry = DefaultRetry()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Backoff is how the pauses between attempts grow, in service time.
type Backoff struct {
	// Base is the first pause, Cap the longest.
	Base, Cap time.Duration
	// Factor is what each pause is multiplied by to get the next.
	Factor float64
}

// DefaultRetry fits what was recorded of the service: with records of at most
// 60 seconds it made attempts after 0.5, 1.5, 3.5, … 31.5 seconds.
func DefaultRetry() Backoff {
	return Backoff{Base: 500 * time.Millisecond, Factor: 2, Cap: time.Minute}
}

// FastRetry is for tests that have no time to lose. It shortens the pauses
// and changes nothing else.
func FastRetry() Backoff {
	return Backoff{Base: time.Millisecond, Factor: 2, Cap: 20 * time.Millisecond}
}

// pause is the pause after n attempts in a row, n ≥ 1.
func (b Backoff) pause(n int) time.Duration {
	d := float64(b.Base)
	for ; n > 1 && d < float64(b.Cap); n-- {
		d *= b.Factor
	}
	return min(time.Duration(d), b.Cap)
}
