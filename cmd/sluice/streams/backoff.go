package streams

import (
	"time"

	"sluice/internal/dice"
)

const (
	shortestWait = 50 * time.Millisecond
	longestWait  = 5 * time.Second
)

// backoff doubles from attempt to attempt up to a bound. Half of it is chance,
// so that two producers that were refused together do not come back together.
func backoff(attempt int, d *dice.Dice) time.Duration {
	wait := longestWait
	if attempt < 7 {
		wait = shortestWait << attempt
	}
	wait = min(wait, longestWait)
	return wait/2 + time.Duration(d.Uint64()%uint64(wait/2+1))
}
