package poller

import "time"

// Mappings are pushed by puts, and so could use up all the reads a shard
// allows. They leave one in five to others, and do not ask for more bytes than
// there can be. Where that is not enough, and a read is refused, they read
// twice a second for a while.
const (
	pacedShare = 0.8
	pacedPause = 500 * time.Millisecond
	pacedFor   = time.Minute
	// bytesPerCall is how many bytes a shard gives for each call it allows: 2
	// MiB and 5 calls a second.
	bytesPerCall = 2 << 20 / 5
)

// pacing is how often a shard is read.
type pacing struct {
	calls, bytes float64 // what is left of a second's allowance
	page         float64 // bytes of the last page
	last         time.Time
	until        time.Time // when a refusal is forgotten
}

// next lets a read pass, and returns a time that is not after now, or says
// when to ask again. rate is how many reads the shard allows a second, 0 for
// any number.
func (p *pacing) next(now time.Time, rate float64) time.Time {
	if slow := p.last.Add(pacedPause); now.Before(p.until) && now.Before(slow) {
		return slow
	}
	if rate > 0 {
		calls, bytes := max(1, rate*pacedShare), rate*bytesPerCall
		passed := 1.0
		if !p.last.IsZero() {
			passed = now.Sub(p.last).Seconds()
		}
		// An allowance that is used up to the last byte closes the shard for a
		// second, so an eighth is left.
		leftCalls, leftBytes := min(calls, p.calls+passed*calls), min(bytes, p.bytes+passed*bytes)
		need := min(bytes, p.page+bytes/8)
		if wait := max((1-leftCalls)/calls, (need-leftBytes)/bytes); wait > 0 {
			// A nanosecond more, because the fraction is cut off.
			return now.Add(time.Duration(wait*float64(time.Second)) + 1)
		}
		p.calls, p.bytes = leftCalls-1, leftBytes
	}
	p.last = now
	return now
}

// read charges a page.
func (p *pacing) read(bytes int) {
	p.page = float64(bytes)
	p.bytes -= p.page
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
