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

// at turns to a moment and returns where it is counted. A moment that comes
// late is counted in the second there is. mu is held, here and below.
func (m *meter) at(now time.Time) (*secondCount, *minuteCount) {
	sec := now.Unix()
	if m.born == 0 {
		m.born, m.now = sec, sec
	}
	if sec > m.now {
		m.turn(sec)
	}
	return &m.seconds[m.now%secondsKept], &m.minutes[m.now/60%minutesKept]
}

// turn empties the places of the seconds and minutes that have come since.
func (m *meter) turn(sec int64) {
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

// wrote counts a record that was let in, or refused for a reason.
func (m *meter) wrote(now time.Time, size int, why reason) {
	s, n := m.at(now)
	if why != notRefused {
		s.refusedBytes += uint32(size)
		s.refusedRecords++
		n.refusedBytes += uint64(size)
		n.refusedRecords++
		m.refuse(now, why)
		return
	}
	s.inBytes += uint32(size)
	s.inRecords++
	n.inBytes += uint64(size)
	n.inRecords++
	n.peakBytes, n.peakRecords = max(n.peakBytes, s.inBytes), max(n.peakRecords, s.inRecords)
	m.total.inBytes += uint64(size)
	m.total.inRecords++
}

// read counts the answer of a GetRecords.
func (m *meter) read(now time.Time, size, records int) {
	s, n := m.at(now)
	s.outBytes += uint32(size)
	s.outRecords += uint32(records)
	s.calls++
	n.outBytes += uint64(size)
	n.outRecords += uint32(records)
	n.calls++
	m.total.outBytes += uint64(size)
	m.total.outRecords += uint64(records)
	m.total.calls++
}

// pushed counts an event of a subscription.
func (m *meter) pushed(now time.Time, size, records int) {
	s, n := m.at(now)
	s.fanBytes += uint32(size)
	s.outRecords += uint32(records)
	n.fanBytes += uint64(size)
	n.outRecords += uint32(records)
	m.total.fanBytes += uint64(size)
	m.total.outRecords += uint64(records)
}

// slowed counts a pause of a subscription. It takes mu itself.
func (m *meter) slowed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total.paced++
}

// refuse counts a refusal.
func (m *meter) refuse(now time.Time, why reason) {
	m.at(now)
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
	m.at(now)
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
	add := func(s minuteCount, why *[reasons]uint32) {
		all.inBytes += s.inBytes
		all.refusedBytes += s.refusedBytes
		all.outBytes += s.outBytes
		all.fanBytes += s.fanBytes
		all.inRecords += s.inRecords
		all.refusedRecords += s.refusedRecords
		all.outRecords += s.outRecords
		all.calls += s.calls
		for i := range why {
			out.why[i] += uint64(why[i])
		}
	}
	none := new([reasons]uint32)
	covered := int64(min(max(window.Round(time.Second)/time.Second, 1), secondsKept))
	if window <= secondsKept*time.Second {
		for s := m.now - covered + 1; s <= m.now; s++ {
			why := none
			if m.refused != nil {
				why = &m.refused.seconds[s%secondsKept]
			}
			add(m.seconds[s%secondsKept].wide(), why)
		}
	} else {
		n := int64(min((window+time.Minute-1)/time.Minute, minutesKept))
		for k := m.now/60 - n + 1; k <= m.now/60; k++ {
			why := none
			if m.refused != nil {
				why = &m.refused.minutes[k%minutesKept]
			}
			add(m.minutes[k%minutesKept], why)
		}
		covered = (n-1)*60 + m.now%60 + 1
	}
	took := float64(min(covered, m.now-m.born+1))
	out.in = flow{float64(all.inBytes) / took, float64(all.inRecords) / took}
	out.refused = flow{float64(all.refusedBytes) / took, float64(all.refusedRecords) / took}
	out.out = flow{float64(all.outBytes+all.fanBytes) / took, float64(all.outRecords) / took}
	out.shared, out.calls = float64(all.outBytes)/took, float64(all.calls)/took
}

func (s secondCount) wide() minuteCount {
	return minuteCount{
		inBytes: uint64(s.inBytes), refusedBytes: uint64(s.refusedBytes), outBytes: uint64(s.outBytes), fanBytes: uint64(s.fanBytes),
		inRecords: s.inRecords, refusedRecords: s.refusedRecords, outRecords: s.outRecords, calls: s.calls,
	}
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

// decider tells the latest decisions about a stream, newest last. It may be
// asked at any time.
type decider interface {
	decisions(k streamKey) []decision
}
