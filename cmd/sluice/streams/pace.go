package streams

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sluice/internal/clock"
)

// Pace replays records with the gaps they once had, divided by Speed. With a
// Speed of zero it does not wait at all.
type Pace struct {
	Clock clock.Clock
	Speed float64

	begun time.Time // when the first record was sent
	first time.Time // when it had arrived
}

// ParseSpeed reads max, original, or a factor such as 10 or x10.
func ParseSpeed(text string) (float64, error) {
	switch text {
	case "max":
		return 0, nil
	case "original":
		return 1, nil
	}
	speed, err := strconv.ParseFloat(strings.TrimPrefix(text, "x"), 64)
	if err != nil || !(speed > 0 && speed <= 1e9) {
		return 0, fmt.Errorf("%q is not a speed: max, original, or a factor such as x10", text)
	}
	return speed, nil
}

// Wait returns when a record that arrived at the time is due. Records without
// a time, and older ones than the first, are due at once.
func (p *Pace) Wait(ctx context.Context, arrival time.Time) error {
	if p.Speed == 0 || arrival.IsZero() {
		return ctx.Err()
	}
	now := p.Clock.Now()
	if p.first.IsZero() {
		p.begun, p.first = now, arrival
	}
	due := p.begun.Add(time.Duration(float64(arrival.Sub(p.first)) / p.Speed))
	return p.Clock.Sleep(ctx, due.Sub(now))
}
