package shards

import (
	"math/bits"
	"slices"
	"strings"
)

// sketch remembers which hash keys make a shard busy, in memory that is fixed
// however many keys there are: the heaviest by name, all together as a histogram
// of the shard's stretch of the hash space. Weights halve every halfLife
// seconds of service time, so that what is told is about the last minute.
//
// The names are a space-saving sketch (Metwally, Agrawal and El Abbadi): a new
// key takes the place of the lightest and inherits its weight as excess, so that
// weight minus excess is never too much. Two changes make a record cheap. Keys
// have their places in one of eight groups of four, so that few are looked at.
// And a new key comes in only when what was turned away weighs as much as
// what it would replace: of many light keys nearly all pass by, a heavy one
// soon is the one that comes in.
//
// A record weighs its bytes, or a thousandth of the allowance of bytes where
// that is more: what it takes of a second of the shard.
type sketch struct {
	total   uint64
	decayed int64 // second up to which weights are halved
	from    hash
	shift   uint
	groups  [sketchGroups]keyGroup
	bins    [sketchBins]uint64
}

// keyGroup are the keys that share places. A weight of 0 is a free place.
//
// Most records meet none of their group's keys. What tells so stands together in
// front, in one line of the processor's cache: with records spread over a thousand
// shards each line has to be fetched.
type keyGroup struct {
	weight [groupKeys]uint64
	turned uint64            // weight turned away since a key came in
	tag    [groupKeys]uint32 // of the hash keys: their low ends
	hi, lo [groupKeys]uint64 // hash keys
	excess [groupKeys]uint64 // what may have been counted too much
	names  [groupKeys]keyName
}

const (
	sketchGroups = 8
	groupKeys    = 4
	sketchBins   = 64
	halfLife     = 20
	leastShare   = 0.02 // keys below are not worth a name
	recordCost   = writeBytes / writeRecords
)

// keyName is the beginning of a partition key, kept without an allocation.
type keyName struct {
	length uint16 // of the whole key
	start  [46]byte
}

func newSketch(from, to hash, sec int64) *sketch {
	width := to.minus(from)
	zeros := uint(bits.LeadingZeros64(width.hi))
	if width.hi == 0 {
		zeros += uint(bits.LeadingZeros64(width.lo))
	}
	return &sketch{from: from, shift: zeros, decayed: sec}
}

// bin is the part of the stretch in which a hash key lies: the first six bits
// of its distance from the start, in a word as wide as the stretch.
func (k *sketch) bin(h hash) int {
	d := h.minus(k.from)
	hi := d.hi
	if k.shift >= 64 {
		hi = d.lo << (k.shift - 64)
	} else if k.shift > 0 {
		hi = d.hi<<k.shift | d.lo>>(64-k.shift)
	}
	return int(hi >> 58)
}

// add counts a record.
func (k *sketch) add(sec int64, h hash, key string, size int) {
	if sec >= k.decayed+halfLife {
		k.decay(sec)
	}
	w := uint64(max(size, recordCost))
	k.total += w
	k.bins[k.bin(h)] += w
	// The multiplier (2^64 over the golden ratio) spreads hash keys that were
	// chosen by hand; those of MD5 need it not.
	k.groups[(h.hi^h.lo)*0x9e3779b97f4a7c15>>61].add(h, key, w)
}

func (g *keyGroup) add(h hash, key string, w uint64) {
	least := 0
	for i := range g.tag {
		if g.tag[i] == uint32(h.lo) && g.lo[i] == h.lo && g.hi[i] == h.hi && g.weight[i] > 0 {
			g.weight[i] += w
			return
		}
		if g.weight[i] < g.weight[least] {
			least = i
		}
	}
	before := g.weight[least]
	if g.turned += w; g.turned < before {
		return
	}
	g.turned = 0
	g.hi[least], g.lo[least], g.weight[least], g.excess[least] = h.hi, h.lo, before+w, before
	g.tag[least] = uint32(h.lo)
	g.names[least].length = uint16(len(key))
	copy(g.names[least].start[:], key)
}

// decay halves what is older than the half-life.
func (k *sketch) decay(sec int64) {
	n := (sec - k.decayed) / halfLife
	if n <= 0 {
		return
	}
	k.decayed += n * halfLife
	by := uint(min(n, 63))
	k.total >>= by
	for i := range k.groups {
		g := &k.groups[i]
		g.turned >>= by
		for j := range g.weight {
			g.weight[j] >>= by
			g.excess[j] >>= by
		}
	}
	for i := range k.bins {
		k.bins[i] >>= by
	}
}

// known yields the keys that carry a share worth a name for sure, and their
// sure weights.
func (k *sketch) known(yield func(h hash, sure uint64, name *keyName)) {
	for i := range k.groups {
		g := &k.groups[i]
		for j := range g.weight {
			if sure := g.weight[j] - g.excess[j]; sure > 0 && float64(sure) >= leastShare*float64(k.total) {
				yield(hash{g.hi[j], g.lo[j]}, sure, &g.names[j])
			}
		}
	}
}

// keyLoad is a key that many records have.
type keyLoad struct {
	name     string
	hash     hash
	fraction float64 // of the shard's load, at least
}

// heaviest names the keys that stand out, the heaviest first.
func (k *sketch) heaviest() []keyLoad {
	var out []keyLoad
	k.known(func(h hash, sure uint64, name *keyName) {
		out = append(out, keyLoad{name: name.text(h), hash: h, fraction: min(float64(sure)/float64(k.total), 1)})
	})
	slices.SortFunc(out, func(a, b keyLoad) int {
		switch {
		case a.fraction != b.fraction:
			return map[bool]int{true: -1, false: 1}[a.fraction > b.fraction]
		case a.hash.less(b.hash):
			return -1
		}
		return 1
	})
	return out
}

// text is the key for people. One that was given an explicit hash key does not
// say where it lies, so that is told as well; a long one is cut.
func (n *keyName) text(h hash) string {
	kept := string(n.start[:min(int(n.length), len(n.start))])
	if int(n.length) > len(n.start) {
		return strings.ToValidUTF8(kept, "") + "…"
	}
	if hashOf(kept) != h {
		return kept + " (explicit hash key " + h.String() + ")"
	}
	return kept
}
