package shards

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// The scaler is this file: a function of what the shards carry, a policy and
// the time. It looks at no clock, locks nothing and remembers nothing, so that
// testdata/scale can tell all that it ever does; scaler.go asks it and carries
// out what it says.
//
// What it goes by:
//
//   - A shard above the target is split where that divides its load best, every
//     such shard once in a decision. Then the new shards are watched for a
//     window before the next one.
//   - A shard that a single key keeps busy is told about and left alone: no
//     split divides a key.
//   - Neighbours are merged when both took next to nothing for the whole
//     cool-down and there are more shards than are needed.
//   - Never below the least, never above the most; with a pace at most double
//     within it.

// scalePolicy is what a stream is scaled by.
type scalePolicy struct {
	min, max int
	target   float64       // fraction of a shard's write rate
	coolDown time.Duration // quiet before a merge
	window   time.Duration // what rates are means of
	pace     time.Duration // in which open shards at most double; 0 for none
}

// coldBelow is the fraction of the target under which a shard is cold. Two
// that are make one well under the target, so what was merged is not split at
// the next breath.
const coldBelow = 0.3

// cold is the load under which a shard is cold.
func (p *scalePolicy) cold() float64 { return p.target * coldBelow }

// shardState is what the scaler knows of an open shard.
type shardState struct {
	index    uint32
	from, to hash
	load     float64     // of its write rate; at least 1 while it refuses writes
	split    *splitPoint // where the load divides best; nil when it does not
	spread   bool        // records have no place of their own: any split is as good
	key      keyLoad     // the heaviest
	cold     time.Time   // since when it is cold, zero while it is not
	told     bool        // that a key keeps it busy
}

// scaleStats is what the scaler knows of a stream at one moment.
type scaleStats struct {
	shards  []shardState // open, by hash key
	changed time.Time    // when the shard map last did
	before  int          // open shards one pace ago
	load    float64      // of the whole stream, in shards' write rates
	peak    float64      // the most load of the last 30 days, where it counts
	quota   int          // shards that the account may still open
	held    string       // what holds growth back, as it was told last
}

// Actions of a verdict.
const (
	actionSplit  = "split"
	actionMerge  = "merge"
	actionHotKey = "hot-key" // nothing is done, it is only told
	actionHold   = "hold"    // nothing is done: growth is wanted, and may not be
)

// verdict is one thing to do or to tell.
type verdict struct {
	action string
	shards []uint32
	at     hash // of a split
	limit  string
	reason string
}

// carry is how many shards carry a load at the target. A sum of rates may be
// off by a breath, which is not worth a shard.
func (p *scalePolicy) carry(load float64) int { return int(math.Ceil(load/p.target - breath)) }

const breath = 1e-6

// needed is how many shards there should be whatever the load of the moment.
func (p *scalePolicy) needed(peak float64) int { return min(max(p.min, p.carry(peak)), p.max) }

// decide is the scaler.
func decide(s *scaleStats, p *scalePolicy, now time.Time) []verdict {
	lacking := p.needed(s.peak) - len(s.shards)
	young := now.Before(s.changed.Add(p.window))
	if young && len(s.shards) >= p.min {
		return nil
	}
	var hot []*shardState
	var out []verdict
	for i := range s.shards {
		sh := &s.shards[i]
		switch {
		case young || sh.load <= p.target:
		case sh.split != nil || sh.spread:
			hot = append(hot, sh)
		case !sh.told:
			out = append(out, p.hotKey(sh))
		}
	}
	slices.SortStableFunc(hot, func(a, b *shardState) int { return cmp.Compare(b.load, a.load) })
	room, limit := p.room(s)
	splits := hot[:min(len(hot), room)]
	for _, sh := range splits {
		out = append(out, p.splitHot(sh))
	}
	for _, sh := range s.widest(splits, min(lacking, room)-len(splits)) {
		out = append(out, p.splitForCount(s, sh))
	}
	if wanted := max(len(hot), lacking); wanted > room && limit != s.held {
		out = append(out, p.hold(s, hot, limit))
	}
	if len(hot) > 0 || lacking >= 0 {
		return out
	}
	return append(out, p.merges(s, -lacking, now)...)
}

// room is how many shards may be added, and what allows no more.
func (p *scalePolicy) room(s *scaleStats) (n int, limit string) {
	open := len(s.shards)
	n, limit = p.max-open, fmt.Sprintf("the most is %s", count(p.max))
	if double := 2*s.before - open; p.pace > 0 && double < n {
		n, limit = double, fmt.Sprintf("there were %s %s ago, and they at most double in that time", count(s.before), duration(p.pace))
	}
	if s.quota < n {
		n, limit = s.quota, "the account's shard limit is reached"
	}
	return max(n, 0), limit
}

// widest returns shards to split for their number alone: the busiest first,
// then the widest, then from the left, without those that are split anyway.
func (s *scaleStats) widest(without []*shardState, n int) []*shardState {
	if n <= 0 {
		return nil
	}
	var rest []*shardState
	for i := range s.shards {
		sh := &s.shards[i]
		if !slices.Contains(without, sh) && !sh.to.minus(sh.from).less(hash{lo: 3}) {
			rest = append(rest, sh)
		}
	}
	slices.SortStableFunc(rest, func(a, b *shardState) int {
		wa, wb := a.to.minus(a.from), b.to.minus(b.from)
		switch {
		case a.load != b.load:
			return cmp.Compare(b.load, a.load)
		case wb.less(wa):
			return -1
		case wa.less(wb):
			return 1
		}
		return 0
	})
	return rest[:min(n, len(rest))]
}

// merges picks pairs of neighbours, those that carry least first.
func (p *scalePolicy) merges(s *scaleStats, surplus int, now time.Time) []verdict {
	type pair struct {
		left int
		load float64
	}
	var pairs []pair
	for i := range len(s.shards) - 1 {
		if due := s.mergeDue(i, p); !due.IsZero() && !due.After(now) {
			pairs = append(pairs, pair{i, s.shards[i].load + s.shards[i+1].load})
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.load, b.load) })
	taken := map[int]bool{}
	var out []verdict
	for _, c := range pairs {
		if len(out) == surplus {
			break
		}
		if taken[c.left] || taken[c.left+1] {
			continue
		}
		taken[c.left], taken[c.left+1] = true, true
		out = append(out, p.mergeCold(s, c.left))
	}
	return out
}

// mergeDue is when shard i and its right neighbour may be merged, should they
// stay cold until then; zero when one of them is not.
func (s *scaleStats) mergeDue(i int, p *scalePolicy) time.Time {
	a, b := s.shards[i].cold, s.shards[i+1].cold
	if a.IsZero() || b.IsZero() {
		return time.Time{}
	}
	return latest(a, b, s.changed).Add(p.coolDown)
}

// nextMerge is when a merge of a stream without traffic is due next, zero
// for never. It says nothing about whether there are shards to spare.
func (s *scaleStats) nextMerge(p *scalePolicy) time.Time {
	var first time.Time
	for i := range len(s.shards) - 1 {
		if due := s.mergeDue(i, p); !due.IsZero() && (first.IsZero() || due.Before(first)) {
			first = due
		}
	}
	return first
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }
