package memlog

import (
	"sort"
	"time"

	"sluice/store/log"
)

// shard is one log. Records are appended and cut off at the front, never
// changed, so readers may keep windows on them without a lock.
type shard struct {
	records []log.Record
	next    int64
	last    time.Time
	sealed  bool
}

// add stores r under the next position, no earlier than the record before it.
func (s *shard) add(r log.Record, now time.Time) log.Placed {
	if now.Before(s.last) {
		now = s.last
	}
	r.Position, r.Arrival = s.next, now
	s.records = append(s.records, r)
	s.next++
	s.last = now
	return log.Placed{Position: r.Position, Arrival: now}
}

// at is the position of the i-th record, or the next one past the end.
func (s *shard) at(i int) int64 {
	if i < len(s.records) {
		return s.records[i].Position
	}
	return s.next
}

// firstSince is the index of the first record that arrived at or after t.
func (s *shard) firstSince(t time.Time) int {
	return sort.Search(len(s.records), func(i int) bool { return !s.records[i].Arrival.Before(t) })
}

func (s *shard) read(from int64, limit log.Limit) log.Page {
	start := sort.Search(len(s.records), func(i int) bool { return s.records[i].Position >= from })
	if !limit.NotBefore.IsZero() {
		start = max(start, s.firstSince(limit.NotBefore))
	}
	end, bytes := start, 0
	for end < len(s.records) && end-start < limit.Records {
		r := &s.records[end]
		bytes += len(r.PartitionKey) + len(r.Data)
		if r.Position >= limit.Before || (bytes > limit.Bytes && end > start) {
			break
		}
		end++
	}
	next := max(from, min(limit.Before, s.at(end)))
	return log.Page{Records: s.records[start:end:end], Next: next, Release: func() {}}
}

// trim cuts off what arrived before t. The rest moves to memory of its own
// once half of the old is garbage; windows that readers hold keep the old.
func (s *shard) trim(t time.Time) {
	n := s.firstSince(t)
	if n == 0 {
		return
	}
	rest := s.records[n:]
	if n >= len(rest) {
		rest = append(make([]log.Record, 0, len(rest)), rest...)
	}
	s.records = rest
}
