package poller

import "time"

// Mappings are pushed by puts, and so could use up all the reads a shard
// allows. They leave one in five to others. Where that is not enough, and a
// read is refused, they read twice a second for a while.
const (
	pacedShare = 0.8
	pacedPause = 500 * time.Millisecond
	pacedFor   = time.Minute
)

// pacing is how often a shard is read.
type pacing struct {
	tokens float64
	last   time.Time // the last read; zero before the first
	until  time.Time // when a refusal is forgotten
}

// next lets a read pass, and returns a time that is not after now, or says
// when to ask again. rate is what the shard allows a second, 0 for anything.
func (p *pacing) next(now time.Time, rate float64) time.Time {
	if slow := p.last.Add(pacedPause); now.Before(p.until) && now.Before(slow) {
		return slow
	}
	if rate > 0 {
		most := max(1, rate*pacedShare)
		tokens := most
		if passed := now.Sub(p.last).Seconds(); !p.last.IsZero() && passed < 1 {
			tokens = min(most, p.tokens+passed*most)
		}
		if tokens < 1 {
			// A nanosecond more, because the fraction is rounded down.
			return now.Add(time.Duration((1-tokens)/most*float64(time.Second)) + 1)
		}
		p.tokens = tokens - 1
	}
	p.last = now
	return now
}

// slow notes that the shard has refused a read.
func (p *pacing) slow(err error, now time.Time) error {
	if codeOf(err) != "ProvisionedThroughputExceededException" {
		return err
	}
	p.until = now.Add(pacedFor)
	return &pacedError{now.Add(pacedPause)}
}

// pacedError says that a shard must not be read before a time.
type pacedError struct{ until time.Time }

// Error implements error.
func (e *pacedError) Error() string { return "the read limit of the shard" }
