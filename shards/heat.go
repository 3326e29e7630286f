package shards

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"
)

// Heat is the heat report of a stream: what its shards carried in a window of
// service time against what they may, which keys did it, what was refused and
// why, and what splitting would change. The names are those of the admin API.
type Heat struct {
	// Stream is the stream's name, Window what was looked at, as a Go duration.
	Stream string `json:"stream"`
	Window string `json:"window"`
	// Shards are the open shards by ascending hash key, then the closed ones
	// that were still read or written in the window.
	Shards []ShardHeat `json:"shards"`
	// Decisions are what the scaler decided lately, the newest last.
	Decisions []decision `json:"decisions"`
}

// ShardHeat is one shard of a heat report.
type ShardHeat struct {
	// ID is the shard's.
	ID string `json:"shardId"`
	// In is what was written. Out is what was read, by GetRecords and by
	// fan-out; its fraction counts GetRecords only, since each fan-out
	// consumer has an allowance of its own.
	In  RateHeat `json:"in"`
	Out RateHeat `json:"out"`
	// Refused are the reasons for which calls or records were refused.
	Refused []RefusalHeat `json:"refused"`
	// Keys are those that many records have, the heaviest first, by a bounded
	// sketch of about the last minute.
	Keys []KeyHeat `json:"keys"`
	// Split is nil where it would not help: without load, and where a single
	// key carries so much that it would still be alone with it.
	Split *SplitHeat `json:"split"`
}

// RateHeat is a mean over the window, or over the time since the shard's first
// traffic where that is shorter. LimitFraction is 1 at the limit, that of the
// service where none is enforced.
type RateHeat struct {
	BytesPerSecond   float64 `json:"bytesPerSecond"`
	RecordsPerSecond float64 `json:"recordsPerSecond"`
	LimitFraction    float64 `json:"limitFraction"`
}

// RefusalHeat is a reason and how often it applied in the window.
type RefusalHeat struct {
	Reason string `json:"reason"`
	Count  uint64 `json:"count"`
}

// KeyHeat is a partition key and the part of the shard's load, refused writes
// included, that it carries at least.
type KeyHeat struct {
	Key      string  `json:"key"`
	Fraction float64 `json:"fraction"`
}

// SplitHeat is a NewStartingHashKey and the parts of the load on its sides.
type SplitHeat struct {
	At    string  `json:"at"`
	Left  float64 `json:"left"`
	Right float64 `json:"right"`
}

// Heat reports on a stream of the caller, over a window from a second to a
// quarter of an hour.
func (s *Streams) Heat(ctx context.Context, name string, window time.Duration) (*Heat, error) {
	st, err := s.resolve(ctx, &name, nil)
	if err != nil {
		return nil, err
	}
	v, now, factor := st.view.Load(), s.clock.Now(), s.limits.Load().factor()
	out := &Heat{Stream: name, Window: window.String(), Shards: []ShardHeat{}, Decisions: []decision{}}
	for _, l := range v.loads(now, window) {
		out.Shards = append(out.Shards, l.heat(factor))
	}
	for i := range v.layout.shards {
		if sh := &v.layout.shards[i]; !sh.open() {
			l := sh.load(now, window)
			if l.quiet() {
				continue
			}
			l.split = nil // it has happened
			out.Shards = append(out.Shards, l.heat(factor))
		}
	}
	out.Decisions = append(out.Decisions, s.decisions(st.key)...)
	return out, nil
}

// compareKeys orders streams by name, those of one name by account and region.
func compareKeys(a, b streamKey) int {
	return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region))
}

// quiet reports whether nothing was wanted of a shard.
func (l *shardLoad) quiet() bool {
	return l.in.records+l.refused.records+l.out.records+l.calls == 0 && l.why == [reasons]uint64{}
}

// heat is a load as the report shows it.
func (l *shardLoad) heat(factor float64) ShardHeat {
	out := ShardHeat{
		ID:      l.shard.id,
		In:      rateHeat(l.in, max(l.in.bytes/writeBytes, l.in.records/writeRecords)/factor),
		Out:     rateHeat(l.out, max(l.shared/readBytes, l.calls/readCalls)/factor),
		Refused: []RefusalHeat{}, Keys: []KeyHeat{},
	}
	for why, n := range l.why {
		if n > 0 {
			out.Refused = append(out.Refused, RefusalHeat{Reason: reason(why).String(), Count: n})
		}
	}
	for _, k := range l.keys {
		out.Keys = append(out.Keys, KeyHeat{Key: k.name, Fraction: rounded(k.fraction)})
	}
	if p := l.split; p != nil {
		out.Split = &SplitHeat{At: p.at.String(), Left: rounded(p.left), Right: rounded(1 - rounded(p.left))}
	}
	return out
}

func rateHeat(f flow, fraction float64) RateHeat {
	return RateHeat{BytesPerSecond: rounded(f.bytes), RecordsPerSecond: rounded(f.records), LimitFraction: rounded(fraction)}
}

// rounded leaves three digits, which is more than rates are worth.
func rounded(f float64) float64 { return math.Round(f*1000) / 1000 }

// Sample is one value of a metric.
type Sample struct {
	// Channel is set for what a channel did.
	Channel         string
	Stream, Shard   string // shard is empty for calls of the control plane
	Account, Region string
	// Name is one of the Count constants. Operation is set for refused calls of
	// the control plane, Reason for what a shard refused.
	Name, Operation, Reason string
	Value                   uint64
}

// What is counted.
const (
	CountRecordsIn    = "shard_records_in"
	CountBytesIn      = "shard_bytes_in"
	CountRecordsOut   = "shard_records_out"
	CountBytesOut     = "shard_bytes_out"
	CountFanoutBytes  = "shard_fanout_bytes"
	CountFanoutPauses = "shard_fanout_pauses"
	CountRefused      = "shard_refused"
	CountCallsRefused = "calls_refused"

	CountChannelRecords  = "channel_records_delivered"
	CountChannelBytes    = "channel_bytes_delivered"
	CountChannelObjects  = "channel_objects_put"
	CountChannelStored   = "channel_bytes_stored"
	CountChannelDead     = "channel_records_dead"
	CountChannelFailures = "channel_deliveries_failed"
	CountChannelExpired  = "channel_records_expired"
)

// Samples calls yield with the counts that are not 0, since the room was
// opened, of every shard that is still there, and of refused calls. Streams
// come in the order of their names, channels after them.
func (s *Streams) Samples(yield func(Sample)) {
	for _, st := range s.sorted() {
		v := st.view.Load()
		at := Sample{Stream: st.key.name, Account: st.key.account, Region: st.key.region}
		for i := range v.layout.shards {
			sh := &v.layout.shards[i]
			if m := sh.tail.metering.Load(); m != nil {
				at.Shard = sh.id
				m.samples(at, yield)
			}
		}
		at.Shard = ""
		st.calls.samples(at, yield)
	}
	s.callers.samples(yield)
	for _, c := range s.channelsOf(streamKey{}, nil) {
		c.samples(yield)
	}
}

// sorted lists all streams.
func (s *Streams) sorted() []*stream {
	s.mu.RLock()
	all := make([]*stream, 0, len(s.streams))
	for _, st := range s.streams {
		all = append(all, st)
	}
	s.mu.RUnlock()
	slices.SortFunc(all, func(a, b *stream) int { return compareKeys(a.key, b.key) })
	return all
}

func (m *meter) samples(at Sample, yield func(Sample)) {
	m.mu.Lock()
	total := m.soFar()
	m.mu.Unlock()
	for _, c := range []struct {
		name  string
		value uint64
	}{
		{CountRecordsIn, total.inRecords}, {CountBytesIn, total.inBytes}, {CountRecordsOut, total.outRecords},
		{CountBytesOut, total.outBytes}, {CountFanoutBytes, total.fanBytes}, {CountFanoutPauses, total.paced},
	} {
		if at.Name, at.Value = c.name, c.value; c.value > 0 {
			yield(at)
		}
	}
	at.Name = CountRefused
	for why, n := range total.refused {
		if n > 0 {
			at.Reason, at.Value = reason(why).String(), n
			yield(at)
		}
	}
}
