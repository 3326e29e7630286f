package shards

import (
	"sync"
	"time"
)

// Rates of one shard, per second.
const (
	writeRecords = 1000
	writeBytes   = 1 << 20
	readCalls    = 5
	readBytes    = 2 << 20
	iterators    = 5
)

// throttle holds the token buckets of one shard. They hold a second's worth
// each; a cost beyond that is let pass when the bucket is full and leaves a
// debt, so that records larger than the rate are possible at all.
type throttle struct {
	mu            sync.Mutex
	writes, bytes bucket
	reads, out    bucket
	iterators     bucket
}

// bucket is refilled by the passing of service time.
type bucket struct {
	tokens float64
	at     time.Time // zero: full
}

// fill brings the bucket up to date.
func (b *bucket) fill(now time.Time, rate float64) {
	if b.at.IsZero() {
		b.tokens = rate
	} else if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(rate, b.tokens+rate*passed.Seconds())
	}
	b.at = now
}

// has reports whether a filled bucket can pay.
func (b *bucket) has(cost, rate float64) bool { return b.tokens >= cost || b.tokens >= rate }

// admitWrite lets a record into a shard or refuses it for its rate.
func (s *Streams) admitWrite(k streamKey, sh *shard, now time.Time, size int) error {
	records, on := s.config.Limits.rate(writeRecords)
	if !on {
		return nil
	}
	bytes, _ := s.config.Limits.rate(writeBytes)
	t := &sh.tail.throttle
	t.mu.Lock()
	defer t.mu.Unlock()
	t.writes.fill(now, records)
	t.bytes.fill(now, bytes)
	if !t.writes.has(1, records) || !t.bytes.has(float64(size), bytes) {
		return errWriteRate(k, sh.id)
	}
	t.writes.tokens--
	t.bytes.tokens -= float64(size)
	return nil
}

// admitRead lets a GetRecords call pass. Its bytes are charged afterwards, so
// a large answer makes the following calls fail until they are paid for.
func (s *Streams) admitRead(k streamKey, sh *shard, now time.Time) error {
	calls, on := s.config.Limits.rate(readCalls)
	if !on {
		return nil
	}
	bytes, _ := s.config.Limits.rate(readBytes)
	t := &sh.tail.throttle
	t.mu.Lock()
	defer t.mu.Unlock()
	t.reads.fill(now, calls)
	t.out.fill(now, bytes)
	if !t.reads.has(1, calls) || t.out.tokens <= 0 {
		return errReadRate(k, sh.id)
	}
	t.reads.tokens--
	return nil
}

// admitIterator lets a GetShardIterator call pass.
func (s *Streams) admitIterator(k streamKey, sh *shard, now time.Time) error {
	calls, on := s.config.Limits.rate(iterators)
	if !on {
		return nil
	}
	t := &sh.tail.throttle
	t.mu.Lock()
	defer t.mu.Unlock()
	t.iterators.fill(now, calls)
	if !t.iterators.has(1, calls) {
		return errReadRate(k, sh.id)
	}
	t.iterators.tokens--
	return nil
}

// chargeRead takes what an answer carried out of the shard's allowance.
func (s *Streams) chargeRead(sh *shard, size int) {
	if _, on := s.config.Limits.rate(readBytes); !on {
		return
	}
	t := &sh.tail.throttle
	t.mu.Lock()
	defer t.mu.Unlock()
	t.out.tokens -= float64(size)
}
