package shards

import (
	"slices"
	"time"
)

// warmLimit is the warm throughput that a stream can be scaled to, in MiB a second.
const warmLimit = 10 << 10

// setMode changes the capacity mode. What only an on-demand stream has ends
// with it.
type setMode struct {
	Mode string `json:"mode"`
	Warm int    `json:"warm,omitempty"`
}

func (*setMode) kind() string { return "mode" }

func (c *setMode) apply(st *streamState, at time.Time) error {
	st.Mode = c.Mode
	st.changed(changedMode, at)
	st.Warm = warmThroughput{Target: c.Warm, Current: c.Warm}
	if c.Mode == modeProvisioned {
		st.Strategy, st.Peaks = "", nil
		return nil
	}
	// The shards that it has stay as long as if it had needed them: half used,
	// as the scaler leaves shards.
	if open := len(openRecords(st)); open > onDemandShards {
		st.notePeak(peakOf(float64(open)*onDemandTarget, at), at)
	}
	return nil
}

// setWarm changes the warm throughput: first what is aimed at, then, when the
// shards are there, what is.
type setWarm struct {
	Target  int `json:"target"`
	Current int `json:"current"`
}

func (*setWarm) kind() string { return "warm" }

func (c *setWarm) apply(st *streamState, _ time.Time) error {
	st.Warm = warmThroughput{Target: c.Target, Current: c.Current}
	return nil
}

// growing returns the command that lands when a stream has at least so many
// open shards: also as it is, or at the end of a reshard that makes them. A
// stream never loses shards this way: the real service gives capacity back
// only after a long quiet.
func (s *Streams) growing(k streamKey, st *streamState, shards int, also command) (command, error) {
	open := openRecords(st)
	if len(open) >= shards {
		return also, nil
	}
	more := shards - len(open)
	if now, limit := s.use(k).open, s.shardQuota(k.region); now+more > limit {
		return nil, errShardQuota(k, now, limit, more)
	}
	then, err := wrap(also)
	if err != nil {
		return nil, err
	}
	p := planner{next: st.NextShard}
	p.grow(open, shards)
	return &reshard{Plan: p.plan, Also: then}, nil
}

// grow reaches a target by halving the widest shards, the leftmost of equal
// ones first. An on-demand stream grows by splits alone, unlike UpdateShardCount.
func (p *planner) grow(open []shardRecord, target int) {
	open = slices.Clone(open)
	for len(open) < target {
		slices.SortStableFunc(open, func(a, b shardRecord) int {
			switch wa, wb := a.to.minus(a.from), b.to.minus(b.from); {
			case wb.less(wa):
				return -1
			case wa.less(wb):
				return 1
			}
			return 0
		})
		halved := min(len(open), target-len(open))
		for i, s := range open[:halved] {
			low, high := p.split(s, middle(s.from, s.to))
			open[i] = low
			open = append(open, high)
		}
	}
}
