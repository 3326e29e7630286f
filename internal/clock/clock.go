// Package clock is the only place that reads the machine's time.
//
// Sluice runs on two clocks. Service time can be moved by its user and drives
// everything AWS would time: retention, iterator and token age, states,
// limits, arrival stamps, subscription life. Host time drives the transport:
// timeouts, pings, keep-alive events, drain, certificates, the Date header,
// logs. Both satisfy Clock, so code says by the name of its field which one
// it was handed.
package clock

import (
	"context"
	"time"
)

// Clock tells time and waits for it. All methods may be called concurrently.
type Clock interface {
	// Now returns this clock's time in UTC. It never goes back.
	Now() time.Time
	// Sleep returns nil once d of this clock's time has passed, or ctx's
	// error when ctx ends first. A d of zero or less returns at once.
	Sleep(ctx context.Context, d time.Duration) error
	// At calls f once, when the clock reaches t, and at once (on another
	// goroutine) when t has already passed. Calls due at different times run
	// in the order of those times, one after another, so f must be short;
	// longer work that a mover of the clock should wait for is announced with
	// Service.Hold before f returns.
	At(t time.Time, f func()) Timer
}

// Timer is a pending call of Clock.At.
type Timer interface {
	// Stop cancels the call. It reports false when f has run or has started.
	Stop() bool
}
