package shards

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// What the scaler says of its decisions. The numbers are those it went by.

func (p *scalePolicy) splitHot(sh *shardState) verdict {
	v := verdict{action: actionSplit, shards: []uint32{sh.index}}
	halves := "its halves take as much each"
	v.at = middle(sh.from, sh.to)
	if sh.split != nil {
		v.at = sh.split.at
		halves = fmt.Sprintf("the halves take %s and %s of its load", percent(sh.split.left), percent(sh.split.right))
	}
	v.reason = fmt.Sprintf("takes %s of a shard's write rate, the target is %s; %s", percent(sh.load), percent(p.target), halves)
	return v
}

func (p *scalePolicy) splitForCount(s *scaleStats, sh *shardState) verdict {
	v := verdict{action: actionSplit, shards: []uint32{sh.index}, at: middle(sh.from, sh.to)}
	if sh.split != nil {
		v.at = sh.split.at
	}
	v.reason = fmt.Sprintf("%s open, %s", count(len(s.shards)), p.floor(s))
	return v
}

func (p *scalePolicy) mergeCold(s *scaleStats, left int) verdict {
	a, b := &s.shards[left], &s.shards[left+1]
	return verdict{action: actionMerge, shards: []uint32{a.index, b.index},
		reason: fmt.Sprintf("each took under %s of a shard's write rate for %s; %s open, %s",
			percent(p.cold()), duration(p.coolDown), count(len(s.shards)), p.floor(s))}
}

func (p *scalePolicy) hotKey(sh *shardState) verdict {
	v := verdict{action: actionHotKey, shards: []uint32{sh.index}}
	v.reason = fmt.Sprintf("takes %s of a shard's write rate, the target is %s; ", percent(sh.load), percent(p.target))
	switch {
	case sh.to.minus(sh.from).less(hash{lo: 3}):
		v.reason += "it is too narrow to be split"
	case sh.key.fraction > 0:
		v.reason += fmt.Sprintf("key %q alone makes %s of that, and no split divides a key", sh.key.name, percent(sh.key.fraction))
	default:
		v.reason += "no split would divide that"
	}
	return v
}

func (p *scalePolicy) hold(s *scaleStats, hot []*shardState, limit string) verdict {
	v := verdict{action: actionHold, limit: limit}
	for _, sh := range hot {
		v.shards = append(v.shards, sh.index)
	}
	wants := fmt.Sprintf("%s open, %s", count(len(s.shards)), p.floor(s))
	if len(hot) > 0 {
		wants = fmt.Sprintf("%s of %d above the target of %s", count(len(hot)), len(s.shards), percent(p.target))
	}
	v.reason = wants + "; " + limit
	return v
}

// floor says how many shards there should be, and why.
func (p *scalePolicy) floor(s *scaleStats) string {
	if n := p.needed(s.peak); n > p.min {
		return fmt.Sprintf("the peak of the last 30 days needs %d", n)
	}
	return fmt.Sprintf("the least is %d", p.min)
}

func percent(f float64) string { return fmt.Sprintf("%d %%", int(math.Round(100*f))) }

func count(n int) string {
	if n == 1 {
		return "1 shard"
	}
	return fmt.Sprintf("%d shards", n)
}

// duration is d without the zeros that Go adds: 24h, not 24h0m0s.
func duration(d time.Duration) string {
	text := d.String()
	if d%time.Minute == 0 && d != 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if d%time.Hour == 0 && d != 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
