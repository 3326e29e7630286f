package pebblelog

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
)

// Bundles.
//
// An append that scatters a few records each over many logs would cost Pebble
// a key per log: 500 records over 1,000 shards took twice to four times as
// long as over 4, half of it for finding places in the memtable and for
// merging tables of tiny blocks. Such an append is written as one value, a
// bundle, which holds the blocks that it would have been. They wait in memory
// as well, per log, and are read from there. Once there are a few MiB of them,
// one batch spreads them: it writes the blocks where they belong, neighbours
// joined, and removes the bundles. So it is either, never both nor neither,
// whenever the process ends; and a start finds what waited by reading the
// bundles.
//
// A bundle is
//
//	version  1 byte, bundleVersion
//	parts    per block: shard u32, bucket u32, the end of its key (16 bytes), length uvarint, the block
//
// under the key kindBundle, stream, number. It costs a second write to the
// write-ahead log, but hardly ever one to a table: bundles are gone before the
// memtable that holds them is written out.
const bundleVersion = 1

// Bundling says which appends are bundled and how much waits in bundles. Zero
// fields have their defaults.
type Bundling struct {
	// Logs is the least number of logs that an append must touch (default 16),
	// with LogBytes for each at most on average (default 512).
	Logs, LogBytes int
	// Bytes is how much may wait, of a stream (default 4 MiB) and, four times
	// that, of all.
	Bytes int
}

func (b *Bundling) fill() {
	for field, value := range map[*int]int{&b.Logs: 16, &b.LogBytes: 512, &b.Bytes: 4 << 20} {
		if *field == 0 {
			*field = value
		}
	}
}

// suits tells whether an append is to be bundled.
func (b *Bundling) suits(logs, bytes int) bool { return logs >= b.Logs && bytes <= logs*b.LogBytes }

// bundle is one that was submitted.
type bundle struct {
	number uint64
	// failed is set when its write came to nothing: its positions are gaps.
	failed atomic.Bool
}

// waiting is a block in a bundle. It is never changed.
type waiting struct {
	bundle *bundle
	bucket uint32
	place  place
	value  []byte
}

// partHead is the size of what precedes a block's length in a bundle.
const partHead = 4 + 4 + blockSuffix

// partRoom is the most that a part takes beside its block.
const partRoom = partHead + 5

// appendPart begins a part for a block of n bytes.
func appendPart(b []byte, shard, bucket uint32, p place, n int) []byte {
	b = binary.BigEndian.AppendUint32(b, shard)
	b = binary.BigEndian.AppendUint32(b, bucket)
	at := len(b)
	b = append(b, make([]byte, blockSuffix)...)
	p.put(b[at:], bucket)
	return binary.AppendUvarint(b, uint64(n))
}

// part is a block in a bundle as it is stored.
type part struct {
	shard, bucket uint32
	place         place
	value         []byte
}

var errBundle = fmt.Errorf("%w: malformed bundle", errBlock)

// eachPart calls f for the blocks of a stored bundle.
func eachPart(b []byte, f func(p part) error) error {
	if len(b) < 1 || b[0] != bundleVersion {
		return errBundle
	}
	b = b[1:]
	for len(b) > 0 {
		if len(b) < partHead {
			return errBundle
		}
		p := part{shard: binary.BigEndian.Uint32(b), bucket: binary.BigEndian.Uint32(b[4:])}
		p.place = placeOf(b[:partHead], p.bucket)
		size, n := binary.Uvarint(b[partHead:])
		if n <= 0 || size > uint64(len(b)) {
			return errBundle
		}
		b = b[partHead+n:]
		if size > uint64(len(b)) {
			return errBundle
		}
		p.value, b = b[:size:size], b[size:]
		if err := f(p); err != nil {
			return err
		}
	}
	return nil
}

// bundle is the key of a bundle.
func (k keys) bundle(stream, number uint64) []byte {
	return binary.BigEndian.AppendUint64(k.stream(kindBundle, stream), number)
}

// loadBundles takes up what waits in the bundles of a stream that is being
// read, each log of which has its row.
func (l *Log) loadBundles(st *stream) error {
	prefix := l.keys.stream(kindBundle, st.id)
	return l.scan(prefix, func(key, value []byte) error {
		if len(key) != len(prefix)+8 {
			return errBundle
		}
		bu := &bundle{number: binary.BigEndian.Uint64(key[len(prefix):])}
		st.next = bu.number + 1
		st.bundled.Add(int64(len(value)))
		l.bundled.Add(int64(len(value)))
		return eachPart(append([]byte(nil), value...), func(p part) error {
			s := st.shards[p.shard]
			if s == nil {
				return errBundle
			}
			s.waiting = append(s.waiting, waiting{bundle: bu, bucket: p.bucket, place: p.place, value: p.value})
			return nil
		})
	})
}

// stored tells whether a read may want what is not in bundles.
func (r *reading) stored() bool {
	next := r.from
	if len(r.waiting) == 0 || r.waiting[0].place.first() > next {
		return true
	}
	for i := range r.waiting {
		if p := r.waiting[i].place; p.first() > next {
			return next < r.limit.Before
		} else if p.last >= next {
			next = p.last + 1
		}
	}
	return next < r.limit.Before
}

// held reads on in what waits, up to the block that begins at a position or later.
func (r *reading) held(before int64) error {
	for len(r.waiting) > 0 && !r.full {
		w := &r.waiting[0]
		if w.place.first() >= min(before, r.limit.Before) {
			return nil
		}
		r.waiting = r.waiting[1:]
		if w.place.arrival < r.since || w.bundle.failed.Load() {
			continue
		}
		if err := r.block(w.place, w.bucket, w.value); err != nil {
			return err
		}
	}
	return nil
}

// seekHeld finds the first waiting record that arrived at or after ms; other
// is the first one elsewhere.
func (v *view) seekHeld(ms, other int64) int64 {
	for i := range v.waiting {
		if w := &v.waiting[i]; w.place.arrival >= ms && !w.bundle.failed.Load() {
			return min(other, w.place.first())
		}
	}
	return other
}
