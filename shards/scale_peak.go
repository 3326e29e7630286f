package shards

import (
	"math"
	"slices"
	"time"
)

// peakDays is how long a peak of an on-demand stream counts.
const peakDays = 30

// peak is the most that a stream took on a day, stored as a pair of numbers:
// days since 1970 and thousandths of a shard's write rate, rounded up.
type peak [2]int64

func dayOf(t time.Time) int64 { return t.Unix() / int64(day/time.Second) }

func peakOf(load float64, at time.Time) peak {
	return peak{dayOf(at), int64(math.Ceil(load*1000 - breath))}
}

func (p peak) load() float64 { return float64(p[1]) / 1000 }

// past reports whether a peak does not count any more.
func (p peak) past(now time.Time) bool { return dayOf(now)-p[0] > peakDays }

// expires is when a peak stops counting.
func (p peak) expires() time.Time {
	return time.Unix((p[0]+peakDays+1)*int64(day/time.Second), 0).UTC()
}

// notePeak adds a peak. A later day with as much makes an earlier one
// superfluous, so the list is short: falling loads on rising days.
type notePeak struct {
	Peak peak `json:"peak"`
}

func (*notePeak) kind() string { return "peak" }

func (c *notePeak) apply(st *streamState, at time.Time) error {
	st.notePeak(c.Peak, at)
	return nil
}

func (st *streamState) notePeak(p peak, at time.Time) {
	for _, old := range st.Peaks {
		if old[0] >= p[0] && old[1] >= p[1] {
			return
		}
	}
	kept := slices.DeleteFunc(st.Peaks, func(old peak) bool {
		return old.past(at) || old[0] <= p[0] && old[1] <= p[1]
	})
	st.Peaks = append(kept, p)
	slices.SortFunc(st.Peaks, func(a, b peak) int { return int(a[0] - b[0]) })
}

// peakLoad is the most of the last 30 days.
func (st *streamState) peakLoad(now time.Time) float64 {
	most := 0.0
	for _, p := range st.Peaks {
		if !p.past(now) {
			most = max(most, p.load())
		}
	}
	return most
}

// peakOfDay is the most of a day and what came after it.
func (st *streamState) peakOfDay(at time.Time) float64 {
	most := 0.0
	for _, p := range st.Peaks {
		if p[0] >= dayOf(at) {
			most = max(most, p.load())
		}
	}
	return most
}

// nextExpiry is when the peak that counts most stops doing so, zero for none.
func (st *streamState) nextExpiry(now time.Time) time.Time {
	for _, p := range st.Peaks { // the first is the greatest
		if !p.past(now) {
			return p.expires()
		}
	}
	return time.Time{}
}
