package shards

import (
	"math"
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
// each and are full at first, after a restart too.
type throttle struct {
	records, bytes bucket // into the shard
	calls, out     bucket // GetRecords
	iterators      bucket
	spent          bool // more was read than there was; see read
}

// bucket is refilled by the passing of service time, in whole numbers, so that
// what passes under a clock that the user moves is exact: a token is a billion
// parts, and a rate of n a second gives n parts a nanosecond.
type bucket struct {
	parts int64
	at    int64 // nanoseconds of the epoch, 0: full
}

// token is the parts of a token at the rates of the service. Faster rates make
// tokens cheaper, so that the bucket of a rate is always of the same size.
const token = 1e9

// fill brings the bucket up to date.
func (b *bucket) fill(now, rate int64) {
	passed := now - b.at
	switch {
	case passed == 0:
		return
	case b.at == 0, passed >= 1<<32 && passed >= (rate*token-b.parts+rate-1)/rate:
		b.parts = rate * token
	case passed <= 0:
		return
	default:
		b.parts = min(rate*token, b.parts+passed*rate)
	}
	b.at = now
}

// has reports whether a filled bucket can pay. A cost beyond what it can hold
// is let pass when it is full and leaves a debt, so that records larger than
// the rate are possible at all.
func (b *bucket) has(cost, rate int64) bool { return b.parts >= cost || b.parts >= rate*token }

// cost is what n tokens cost.
func cost(n int, price int64) int64 {
	if n > 0 && price > math.MaxInt64/4/int64(n) {
		return math.MaxInt64 / 4
	}
	return int64(n) * price
}

// write lets a record into the shard or says why not.
func (t *throttle) write(ns int64, size int, price int64) reason {
	t.records.fill(ns, writeRecords)
	t.bytes.fill(ns, writeBytes)
	weight := cost(size, price)
	switch {
	case !t.records.has(price, writeRecords):
		return writeRecordRate
	case !t.bytes.has(weight, writeBytes):
		return writeByteRate
	}
	t.records.parts -= price
	t.bytes.parts -= weight
	return notRefused
}

// read lets a GetRecords call pass or says why not. Once the allowance of
// bytes is used up, it must be whole again before the next call: 2 MiB close
// the shard for a second, a page of 10 MiB for the five seconds that the
// service names, and whoever reads page after page gets 2 MiB a second.
func (t *throttle) read(ns, price int64) reason {
	t.calls.fill(ns, readCalls)
	t.out.fill(ns, readBytes)
	switch {
	case t.spent && t.out.parts < readBytes*token:
		return readByteRate
	case !t.calls.has(price, readCalls):
		return readCallRate
	}
	t.spent = false
	t.calls.parts -= price
	return notRefused
}

// charge takes what an answer carried out of the allowance. It is paid
// afterwards, because only then its size is known.
func (t *throttle) charge(ns int64, size int, price int64) {
	t.out.fill(ns, readBytes)
	t.out.parts -= cost(size, price)
	t.spent = t.spent || t.out.parts <= 0
}

// iterate lets a GetShardIterator call pass or says why not.
func (t *throttle) iterate(ns, price int64) reason {
	t.iterators.fill(ns, iterators)
	if !t.iterators.has(price, iterators) {
		return iteratorRate
	}
	t.iterators.parts -= price
	return notRefused
}

// admitWrites lets the records of a put into their shards or refuses them for
// their shards' rates; those leave the batch. Either way each record is counted.
func (s *Streams) admitWrites(p *put, v *view, ns int64) {
	keyed := v.state.Strategy != strategyAuto // else records have no place of their own
	price, sec, kept := s.price.Load(), ns/int64(time.Second), int32(0)
	for i := range p.shares {
		sh, m, first := &p.shares[i], p.shares[i].shard.tail.meter(), kept
		m.mu.Lock()
		count := m.at(sec)
		if keyed && m.keys == nil {
			m.keys = newSketch(sh.shard.from, sh.shard.to, m.now)
		}
		for j := sh.from; j < sh.to; j++ {
			e, at := &p.batch[j], p.from[j]
			size := len(e.Data) + len(e.PartitionKey)
			if keyed {
				m.keys.add(m.now, p.hashes[at], e.PartitionKey, size)
			}
			if price > 0 {
				if why := m.throttle.write(ns, size, price); why != notRefused {
					count.refusedBytes += uint32(size)
					count.refusedRecords++
					m.refuse(sec, why)
					p.results[at] = written{shard: sh.shard, err: p.tooBusy(sh.shard)}
					continue
				}
			}
			count.inBytes += uint32(size)
			count.inRecords++
			if kept != j {
				p.batch[kept], p.from[kept] = *e, at
			}
			kept++
		}
		m.mu.Unlock()
		sh.from, sh.to = first, kept
	}
	clear(p.batch[kept:])
	p.batch, p.from = p.batch[:kept], p.from[:kept]
}

// tooBusy is the refusal of a record. Many in a row share one.
func (p *put) tooBusy(sh *shard) error {
	if p.busy.shard != sh {
		p.busy.shard, p.busy.err = sh, errWriteRate(p.stream.key, sh.id)
	}
	return p.busy.err
}

// admitRead lets a GetRecords call pass.
func (s *Streams) admitRead(k streamKey, sh *shard, now time.Time) error {
	return s.admit(k, sh, now, (*throttle).read)
}

// admitIterator lets a GetShardIterator call pass.
func (s *Streams) admitIterator(k streamKey, sh *shard, now time.Time) error {
	return s.admit(k, sh, now, (*throttle).iterate)
}

func (s *Streams) admit(k streamKey, sh *shard, now time.Time, by func(t *throttle, ns, price int64) reason) error {
	price := s.price.Load()
	if price == 0 {
		return nil
	}
	m := sh.tail.meter()
	m.mu.Lock()
	defer m.mu.Unlock()
	why := by(&m.throttle, now.UnixNano(), price)
	if why == notRefused {
		return nil
	}
	m.refuse(now.Unix(), why)
	return errReadRate(k, sh.id)
}

// countRead counts an answer of GetRecords and charges the shard for it.
func (s *Streams) countRead(sh *shard, now time.Time, got *span) {
	m := sh.tail.meter()
	m.mu.Lock()
	defer m.mu.Unlock()
	if price := s.price.Load(); price > 0 {
		m.throttle.charge(now.UnixNano(), got.size, price)
	}
	m.read(now.Unix(), got.size, len(got.records))
}
