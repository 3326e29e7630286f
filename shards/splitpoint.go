package shards

import (
	"math/big"
	"slices"
)

// splitPoint says where a split would divide a shard's load best, and the
// fractions that its halves would have.
type splitPoint struct {
	at          hash
	left, right float64
}

// worthwhile is the most that the busier half may keep: beyond it, one key
// carries so much that a split would change nothing for it.
const worthwhile = 0.75

// mass is load at one hash key, or spread evenly from one to another.
type mass struct {
	from, to hash
	weight   float64
}

// split finds the hash key that divides the load best. It is nil when there
// is no load, when the shard cannot be split, and when a single key makes it
// pointless.
func (k *sketch) split(from, to hash) *splitPoint {
	if k.total == 0 || to.minus(from).less(hash{lo: 3}) {
		return nil
	}
	masses, total := k.masses(to)
	best := (*splitPoint)(nil)
	left := 0.0
	consider := func(at hash, left float64) {
		if !from.next().less(at) || !at.less(to) {
			return
		}
		p := &splitPoint{at: at, left: left / total, right: 1 - left/total}
		if best == nil || p.busier() < best.busier() {
			best = p
		}
	}
	for _, m := range masses {
		consider(m.from, left)
		if need := total/2 - left; need > 0 && need < m.weight && m.from != m.to {
			share := need / m.weight
			consider(between(m.from, m.to, share), left+need)
		}
		left += m.weight
		consider(m.to.next(), left)
	}
	if best == nil || best.busier() > worthwhile {
		return nil
	}
	return best
}

func (p *splitPoint) busier() float64 { return max(p.left, p.right) }

// masses lists the load in order of hash keys: the keys known by name as
// points, the rest of each bin spread over what lies between them.
func (k *sketch) masses(to hash) (out []mass, total float64) {
	rest := k.bins
	var points []mass
	k.known(func(h hash, sure uint64, _ *keyName) {
		points = append(points, mass{from: h, to: h, weight: float64(sure)})
		b := k.bin(h)
		rest[b] -= min(sure, rest[b])
	})
	slices.SortFunc(points, func(a, b mass) int {
		if a.from.less(b.from) {
			return -1
		}
		return 1
	})
	for b := range rest {
		start, end, ok := k.edges(b, to)
		if !ok {
			break
		}
		n := 0
		for n < len(points) && !end.less(points[n].from) {
			n++
		}
		out = append(out, spread(start, end, float64(rest[b]), points[:n])...)
		points = points[n:]
	}
	for _, m := range out {
		total += m.weight
	}
	return out, total
}

// edges are the first and last hash key of a bin; ok is false past the end.
func (k *sketch) edges(b int, to hash) (start, end hash, ok bool) {
	start = k.from.plus(k.distance(b))
	if to.minus(k.from).less(k.distance(b)) {
		return start, to, false
	}
	end = to
	if b+1 < sketchBins && !to.minus(k.from).less(k.distance(b+1)) {
		end = k.from.plus(k.distance(b + 1)).previous()
	}
	return start, end, !end.less(start)
}

// distance is where a bin begins, from the start of the stretch.
func (k *sketch) distance(b int) hash {
	d := hash{hi: uint64(b) << 58}
	if k.shift >= 64 {
		return hash{lo: d.hi >> (k.shift - 64)}
	}
	return hash{hi: d.hi >> k.shift, lo: d.hi << (64 - k.shift)}
}

// spread lays a weight evenly over what points leave free of [start, end].
func spread(start, end hash, weight float64, points []mass) []mass {
	var out []mass
	gaps, free := []mass{}, 0.0
	next, open := start, true
	gap := func(to hash) {
		w := toFloat(to.minus(next)) + 1
		gaps, free = append(gaps, mass{from: next, to: to, weight: w}), free+w
	}
	for _, p := range points {
		if open && next.less(p.from) {
			gap(p.from.previous())
		}
		next, open = p.to.next(), p.to.less(end)
	}
	if open && !end.less(next) {
		gap(end)
	}
	for _, g := range gaps {
		g.weight *= weight / free
		out = append(out, g)
	}
	out = append(out, points...)
	slices.SortFunc(out, func(a, b mass) int {
		if a.from.less(b.from) {
			return -1
		}
		return 1
	})
	return out
}

func toFloat(h hash) float64 { return float64(h.hi)*(1<<64) + float64(h.lo) }

// between is the hash key at a share of the way from one to another.
func between(from, to hash, share float64) hash {
	d, _ := new(big.Float).Mul(big.NewFloat(toFloat(to.minus(from))), big.NewFloat(share)).Int(nil)
	low := new(big.Int).And(d, new(big.Int).SetUint64(^uint64(0))).Uint64()
	high := d.Rsh(d, 64).Uint64()
	at := from.plus(hash{hi: high, lo: low}).next()
	if at.less(from) || to.less(at) {
		return to
	}
	return at
}
