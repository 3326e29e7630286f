package firehose

import (
	"sync"
	"time"
)

// Limits says how much direct puts may bring a second.
type Limits struct {
	// Enforced turns the limits on.
	Enforced bool
	// Factor multiplies them; 0 means 1.
	Factor float64
}

// rates are what one stream takes a second.
type rates struct{ bytes, requests, records float64 }

// ratesOf are the quotas of a region.
func ratesOf(region string) rates {
	switch region {
	case "us-east-1", "us-west-2", "eu-west-1":
		return rates{5 << 20, 2000, 500_000}
	}
	return rates{1 << 20, 1000, 100_000}
}

// SetLimits changes what is enforced, from the next put on.
func (f *Firehose) SetLimits(l Limits) {
	if l.Factor == 0 {
		l.Factor = 1
	}
	f.limits.Store(&l)
}

// allowance is what may still be put. Every part of it holds a second's worth
// at most.
type allowance struct {
	mu   sync.Mutex
	left rates     // guarded by mu
	last time.Time // guarded by mu; zero before the first put
}

// admit lets records of a request pass, and tells how many; 0 refuses the
// request. Records that are let pass come before those that are not.
func (a *allowance) admit(now time.Time, most rates, sizes []int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	passed := now.Sub(a.last).Seconds()
	if a.last.IsZero() || passed >= 1 {
		a.left = most
	} else if passed > 0 {
		a.left.bytes = min(most.bytes, a.left.bytes+passed*most.bytes)
		a.left.requests = min(most.requests, a.left.requests+passed*most.requests)
		a.left.records = min(most.records, a.left.records+passed*most.records)
	}
	a.last = now
	if a.left.requests < 1 {
		return 0
	}
	a.left.requests--
	for i, size := range sizes {
		if a.left.records < 1 || a.left.bytes < float64(size) {
			return i
		}
		a.left.records--
		a.left.bytes -= float64(size)
	}
	return len(sizes)
}

// admit applies the limits to a put.
func (f *Firehose) admit(s *stream, sizes []int) int {
	l := f.limits.Load()
	if !l.Enforced {
		return len(sizes)
	}
	most := ratesOf(s.key.region)
	most.bytes, most.requests, most.records = most.bytes*l.Factor, most.requests*l.Factor, most.records*l.Factor
	return s.allowance.admit(f.config.Clock.Now(), most, sizes)
}
