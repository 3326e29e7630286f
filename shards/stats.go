package shards

import (
	"sync"
	"time"
)

// What is counted about a shard, for the heat report, the metrics and the
// scaler. All of it goes by service time, costs the same for every record, and
// exists only for shards that had traffic: one that is idle has no meter, and
// no meter is ever touched by the mere passing of time.

// Memory of a meter: so many single seconds, so many minutes.
const (
	secondsKept = 60
	minutesKept = 15
)

// reason says why something was refused.
type reason uint8

const (
	writeRecordRate reason = iota // more than 1,000 records a second into the shard
	writeByteRate                 // more than 1 MiB a second into the shard
	readCallRate                  // more than 5 GetRecords a second
	readByteRate                  // what was read has to be paid for first
	iteratorRate                  // more than 5 GetShardIterator a second
	subscribeRate                 // more than 1 SubscribeToShard a second and consumer

	reasons    = iota
	notRefused = reason(reasons)
)

func (r reason) String() string {
	return [...]string{"write-records", "write-bytes", "read-calls", "read-bytes", "iterator-calls", "subscribe-calls", ""}[r]
}

// secondCount is what happened in one second, minuteCount in one minute.
type secondCount struct {
	inBytes, inRecords           uint32 // let in
	refusedBytes, refusedRecords uint32 // wanted in
	outBytes, fanBytes           uint32 // read by GetRecords, and pushed
	outRecords, calls            uint32 // records of both, GetRecords calls
}

type minuteCount struct {
	inBytes, refusedBytes, outBytes, fanBytes    uint64
	inRecords, refusedRecords, outRecords, calls uint32
	peakBytes, peakRecords                       uint32 // let in, in the busiest second
}

// meter counts one shard.
type meter struct {
	mu       sync.Mutex
	throttle throttle

	born    int64 // second of the first count, 0 before
	now     int64 // the second counted in; never goes back
	seconds [secondsKept]secondCount
	minutes [minutesKept]minuteCount
	total   counts
	refused *refusals // nil until something is refused
	keys    *sketch   // nil until a record with a hash key of its own comes
}

// counts are since the room was opened.
type counts struct {
	inBytes, inRecords, outBytes, outRecords, fanBytes, calls uint64
	refused                                                   [reasons]uint64
	paced                                                     uint64 // pauses of pushing
}

// refusals are the reasons of refusals by second and minute.
type refusals struct {
	seconds [secondsKept][reasons]uint32
	minutes [minutesKept][reasons]uint32
}

// meter returns the shard's meter, made at its first use.
func (t *tail) meter() *meter {
	if m := t.metering.Load(); m != nil {
		return m
	}
	t.metering.CompareAndSwap(nil, new(meter))
	return t.metering.Load()
}

// at turns to a second and returns where it is counted. One that comes late
// counts as the second there is. mu is held, here and below.
func (m *meter) at(sec int64) *secondCount {
	if sec > m.now {
		m.turn(sec)
	}
	return &m.seconds[m.now%secondsKept]
}

// turn puts the second that is over to its minute and to the total, and empties
// the places of the seconds and minutes that have come since.
func (m *meter) turn(sec int64) {
	if m.born == 0 {
		m.born, m.now = sec, sec
		return
	}
	m.minutes[m.now/60%minutesKept].add(&m.seconds[m.now%secondsKept])
	m.total.add(&m.seconds[m.now%secondsKept])
	for s := max(m.now, sec-secondsKept) + 1; s <= sec; s++ {
		m.seconds[s%secondsKept] = secondCount{}
		if m.refused != nil {
			m.refused.seconds[s%secondsKept] = [reasons]uint32{}
		}
	}
	for n := max(m.now/60, sec/60-minutesKept) + 1; n <= sec/60; n++ {
		m.minutes[n%minutesKept] = minuteCount{}
		if m.refused != nil {
			m.refused.minutes[n%minutesKept] = [reasons]uint32{}
		}
	}
	m.now = sec
}

// add counts a second.
func (n *minuteCount) add(s *secondCount) {
	n.inBytes += uint64(s.inBytes)
	n.refusedBytes += uint64(s.refusedBytes)
	n.outBytes += uint64(s.outBytes)
	n.fanBytes += uint64(s.fanBytes)
	n.inRecords += s.inRecords
	n.refusedRecords += s.refusedRecords
	n.outRecords += s.outRecords
	n.calls += s.calls
	n.peakBytes, n.peakRecords = max(n.peakBytes, s.inBytes), max(n.peakRecords, s.inRecords)
}

func (c *counts) add(s *secondCount) {
	c.inBytes += uint64(s.inBytes)
	c.inRecords += uint64(s.inRecords)
	c.outBytes += uint64(s.outBytes)
	c.outRecords += uint64(s.outRecords)
	c.fanBytes += uint64(s.fanBytes)
	c.calls += uint64(s.calls)
}

// soFar is the total with the second that is not over.
func (m *meter) soFar() counts {
	c := m.total
	c.add(&m.seconds[m.now%secondsKept])
	return c
}

// read counts the answer of a GetRecords.
func (m *meter) read(sec int64, size, records int) {
	s := m.at(sec)
	s.outBytes += uint32(size)
	s.outRecords += uint32(records)
	s.calls++
}

// pushed counts an event of a subscription.
func (m *meter) pushed(sec int64, size, records int) {
	s := m.at(sec)
	s.fanBytes += uint32(size)
	s.outRecords += uint32(records)
}

// slowed counts a pause of a subscription. It takes mu itself.
func (m *meter) slowed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total.paced++
}

// refuse counts a refusal.
func (m *meter) refuse(sec int64, why reason) {
	m.at(sec)
	if m.refused == nil {
		m.refused = new(refusals)
	}
	m.refused.seconds[m.now%secondsKept][why]++
	m.refused.minutes[m.now/60%minutesKept][why]++
	m.total.refused[why]++
}

// flow is bytes and records a second.
type flow struct{ bytes, records float64 }

// shardLoad is what a shard carried in a window of service time that ends now.
// Rates are means over the window, or over the time since the shard's first
// traffic where that is shorter.
type shardLoad struct {
	shard   *shard
	in      flow            // writes that were let in
	refused flow            // writes that were refused; in and refused are the demand
	out     flow            // read by GetRecords and pushed to subscriptions
	shared  float64         // bytes a second read by GetRecords, which share one allowance
	calls   float64         // GetRecords calls a second
	took    float64         // seconds that these rates are means of
	why     [reasons]uint64 // refusals in the window
	minutes []minuteLoad    // those complete, oldest first, up to fourteen, whatever the window
	keys    []keyLoad       // the heaviest first, of about the last minute
	split   *splitPoint     // nil when a split would not help
}

// minuteLoad is a minute that is over.
type minuteLoad struct {
	start   time.Time
	in      flow // mean
	refused flow // mean
	peak    flow // let in, in the busiest second
}

// loads returns the load of every open shard, by ascending hash key. Windows
// go from a second to a quarter of an hour; beyond a minute they are whole
// minutes.
func (v *view) loads(now time.Time, window time.Duration) []shardLoad {
	out := make([]shardLoad, len(v.layout.open))
	for i, at := range v.layout.open {
		out[i] = v.layout.shards[at].load(now, window)
	}
	return out
}

// load returns the load of one shard.
func (sh *shard) load(now time.Time, window time.Duration) shardLoad {
	out := shardLoad{shard: sh}
	m := sh.tail.metering.Load()
	if m == nil {
		return out
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.born == 0 {
		return out
	}
	m.at(now.Unix())
	m.sum(&out, window)
	out.minutes = m.past()
	if m.keys != nil {
		m.keys.decay(m.now)
		out.keys = m.keys.heaviest()
		out.split = m.keys.split(sh.from, sh.to)
	}
	return out
}

// sum adds up a window.
func (m *meter) sum(out *shardLoad, window time.Duration) {
	var all minuteCount
	covered := int64(min(max(window.Round(time.Second)/time.Second, 1), secondsKept))
	if window <= secondsKept*time.Second {
		for s := m.now - covered + 1; s <= m.now; s++ {
			all.add(&m.seconds[s%secondsKept])
			if m.refused != nil {
				addReasons(&out.why, &m.refused.seconds[s%secondsKept])
			}
		}
	} else {
		n := int64(min((window+time.Minute-1)/time.Minute, minutesKept))
		all.add(&m.seconds[m.now%secondsKept]) // not in its minute yet
		for k := m.now/60 - n + 1; k <= m.now/60; k++ {
			all.join(&m.minutes[k%minutesKept])
			if m.refused != nil {
				addReasons(&out.why, &m.refused.minutes[k%minutesKept])
			}
		}
		covered = (n-1)*60 + m.now%60 + 1
	}
	took := float64(min(covered, m.now-m.born+1))
	out.took = took
	out.in = flow{float64(all.inBytes) / took, float64(all.inRecords) / took}
	out.refused = flow{float64(all.refusedBytes) / took, float64(all.refusedRecords) / took}
	out.out = flow{float64(all.outBytes+all.fanBytes) / took, float64(all.outRecords) / took}
	out.shared, out.calls = float64(all.outBytes)/took, float64(all.calls)/took
}

func addReasons(to *[reasons]uint64, more *[reasons]uint32) {
	for i, n := range more {
		to[i] += uint64(n)
	}
}

// join adds what another minute counted; peaks are not asked for.
func (n *minuteCount) join(o *minuteCount) {
	n.inBytes += o.inBytes
	n.refusedBytes += o.refusedBytes
	n.outBytes += o.outBytes
	n.fanBytes += o.fanBytes
	n.inRecords += o.inRecords
	n.refusedRecords += o.refusedRecords
	n.outRecords += o.outRecords
	n.calls += o.calls
}

// past returns the minutes that are over, since the first that is complete.
func (m *meter) past() []minuteLoad {
	var out []minuteLoad
	for k := max(m.now/60-minutesKept+1, (m.born+59)/60); k < m.now/60; k++ {
		n := &m.minutes[k%minutesKept]
		out = append(out, minuteLoad{
			start:   time.Unix(k*60, 0).UTC(),
			in:      flow{float64(n.inBytes) / 60, float64(n.inRecords) / 60},
			refused: flow{float64(n.refusedBytes) / 60, float64(n.refusedRecords) / 60},
			peak:    flow{float64(n.peakBytes), float64(n.peakRecords)},
		})
	}
	return out
}

// decision is something the scaler did, or would not do, as the heat report
// shows it.
type decision struct {
	At     time.Time `json:"at"`
	Action string    `json:"action"`
	Shards []string  `json:"shards"`
	Reason string    `json:"reason"`
}
