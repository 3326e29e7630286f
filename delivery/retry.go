package delivery

import "time"

// Retry says how long to wait between attempts: First, then twice as long each
// time, Most at most. Give is after how long to give up; 0: never.
type Retry struct {
	First, Most, Give time.Duration
}

// Pause is the wait after the nth attempt that failed, n counting from 1.
func (r Retry) Pause(n int) time.Duration {
	pause := r.First
	for range n - 1 {
		if pause *= 2; pause >= r.Most {
			return r.Most
		}
	}
	return min(pause, r.Most)
}

// Next returns when to try again after the nth attempt failed at now, of a
// series that began at a time; ok is false when it is time to give up.
func (r Retry) Next(began, now time.Time, n int) (at time.Time, ok bool) {
	if r.Give > 0 && now.Sub(began) >= r.Give {
		return time.Time{}, false
	}
	return now.Add(r.Pause(n)), true
}
