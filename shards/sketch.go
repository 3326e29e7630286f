package shards

import (
	"math/bits"
	"slices"
	"strings"
)

// sketch remembers which hash keys make a shard busy, in memory that is fixed
// however many keys there are: the heaviest by name (the space-saving sketch
// of Metwally, Agrawal and El Abbadi), all together as a histogram of the
// shard's stretch of the hash space. Weights halve every halfLife seconds of
// service time, so that what is told is about the last minute.
//
// A record weighs its bytes, or a thousandth of the allowance of bytes where
// that is more: what it takes of a second of the shard.
type sketch struct {
	total   uint64
	decayed int64 // second up to which weights are halved
	used    int
	hi, lo  [sketchKeys]uint64 // hash keys
	weight  [sketchKeys]uint64
	excess  [sketchKeys]uint64 // what may have been counted too much
	names   [sketchKeys]keyName
	bins    [sketchBins]uint64
	from    hash
	shift   uint
}

const (
	sketchKeys = 32
	sketchBins = 64
	halfLife   = 20
	leastShare = 0.02 // keys below are not worth a name
	recordCost = writeBytes / writeRecords
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
	for i := range k.lo[:k.used] {
		if k.lo[i] == h.lo && k.hi[i] == h.hi {
			k.weight[i] += w
			return
		}
	}
	at, before := k.used, uint64(0)
	if k.used < sketchKeys {
		k.used++
	} else {
		at = 0
		for i := range k.weight {
			if k.weight[i] < k.weight[at] {
				at = i
			}
		}
		before = k.weight[at]
	}
	k.hi[at], k.lo[at], k.weight[at], k.excess[at] = h.hi, h.lo, before+w, before
	k.names[at].length = uint16(len(key))
	copy(k.names[at].start[:], key)
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
	for i := range k.weight {
		k.weight[i] >>= by
		k.excess[i] >>= by
	}
	for i := range k.bins {
		k.bins[i] >>= by
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
	for i := range k.used {
		if share := float64(k.weight[i]-k.excess[i]) / float64(max(k.total, 1)); share >= leastShare {
			h := hash{k.hi[i], k.lo[i]}
			out = append(out, keyLoad{name: k.names[i].text(h), hash: h, fraction: min(share, 1)})
		}
	}
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
