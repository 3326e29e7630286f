package pebblelog

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"sync/atomic"

	"sluice/store/ring"
)

// Bundles.
//
// An append that scatters a few records each over many logs would cost Pebble
// a key per log: 500 records over 1,000 shards took twice to four times as
// long as over 4, half of it for finding places in the memtable and for
// merging tables of tiny blocks. Such an append is written as one piece, a
// bundle, which holds the blocks that it would have been. Its bytes go into a
// ring of reused space (store/ring); the database gets one small row that says
// where. The bundle stays in memory as well, and is read from there. Once there
// are some MiB of them, they are spread: the blocks are written where they
// belong, neighbours joined, and one batch names them there and removes the
// bundles. So it is either, never both nor neither, whenever the process ends;
// and a start finds what waited by reading the bundles.
//
// A bundle is
//
//	version  1 byte, bundleVersion
//	time     when it was made, ms, u64
//	parts    per block: shard uvarint, last position uvarint, ms between that time and its arrival varint, length uvarint, the block
//
// or, as it was written before there was a ring,
//
//	version  1 byte, bundleFormer
//	parts    per block: shard u32, bucket u32, the end of its key (16 bytes), length uvarint, the block
//
// and its row, under the key kindBundle, stream, number, is
//
//	version  1 byte, bundleInRing
//	checksum u32, CRC-32C of the bundle
//	place    uvarints: file, offset, length
//
// or the bundle itself.
const (
	bundleFormer  = 1
	bundleInRing  = 2
	bundleVersion = 3
)

// Bundling says which appends are bundled and how much waits in bundles. Zero
// fields have their defaults.
type Bundling struct {
	// Logs is the least number of logs that an append must touch (default 16),
	// with LogBytes for each at most on average (default 8 KiB). AppendBytes is
	// the least that it must hold (default 4 KiB).
	Logs, LogBytes, AppendBytes int
	// Bytes is how much may wait before it is spread (default 16 MiB). The ring
	// has room for twice as much.
	Bytes int
	// SegmentBytes is the size of a part of the ring (default 4 MiB).
	SegmentBytes int
}

func (b *Bundling) fill() {
	for field, value := range map[*int]int{
		&b.Logs: 16, &b.LogBytes: 8 << 10, &b.AppendBytes: 4 << 10, &b.Bytes: 16 << 20, &b.SegmentBytes: 4 << 20,
	} {
		if *field == 0 {
			*field = value
		}
	}
}

// suits tells whether an append is to be bundled.
func (b *Bundling) suits(logs, bytes int) bool {
	return logs >= b.Logs && bytes <= logs*b.LogBytes && bytes >= b.AppendBytes
}

// bundle is one that was submitted. Its bytes are never changed.
type bundle struct {
	number uint64
	value  []byte
	space  ring.Space // where value is, unless it was read at the start
	// failed is set when its write came to nothing: its positions are gaps.
	failed atomic.Bool
}

// waiting is a block in a bundle: the low end of the bundle's number, and where
// its part begins. There may be hundred thousands, so they are small.
type waiting struct{ number, at uint32 }

// held are the blocks of a log that wait, as of a moment.
type held struct {
	waiting []waiting
	bundles []*bundle // of the stream; the first has the number base
	base    uint32    // its low end
}

// held returns what waits for a log of a stream whose mu is held.
func (st *stream) held(s *shard) held {
	return held{waiting: s.waiting, bundles: st.bundles, base: st.base()}
}

// base is the low end of the number of the first bundle that waits.
func (st *stream) base() uint32 { return uint32(st.next) - uint32(len(st.bundles)) }

// part returns a block that waits; failed says that its bundle came to nothing.
func (h *held) part(i int) (p part, failed bool) {
	w := h.waiting[i]
	b := h.bundles[w.number-h.base]
	p, _, _ = readPart(b.value, int(w.at)) // was written or checked here
	return p, b.failed.Load()
}

// last returns where the log ends with what waits.
func (h *held) last() (p place, found bool) {
	for i := len(h.waiting) - 1; i >= 0; i-- {
		if part, failed := h.part(i); !failed {
			return part.place, true
		}
	}
	return place{}, false
}

// RingDir is where rings are inside the folder of the database, a folder for
// each namespace.
const RingDir = "ring"

// Sizes of what precedes the parts of a bundle, and the blocks in them.
const (
	bundleHead = 1 + 8
	formerHead = 4 + 4 + blockSuffix // without the length
	// partRoom is the most that a part takes beside its block.
	partRoom = 5 + 9 + 10 + 5
)

// beginBundle begins a bundle that is made at a time.
func beginBundle(b []byte, ms int64) []byte {
	return binary.BigEndian.AppendUint64(append(b, bundleVersion), uint64(ms))
}

// appendPart begins a part of a bundle for a block of n bytes.
func appendPart(b []byte, ms int64, shard uint32, p place, n int) []byte {
	b = binary.AppendUvarint(b, uint64(shard))
	b = binary.AppendUvarint(b, uint64(p.last))
	b = binary.AppendVarint(b, p.arrival-ms)
	return binary.AppendUvarint(b, uint64(n))
}

// part is a block in a bundle as it is stored.
type part struct {
	shard, bucket uint32
	place         place
	value         []byte
}

var errBundle = fmt.Errorf("%w: malformed bundle", errBlock)

// readPart reads the part of a bundle that begins at a place, and tells where the
// next one does.
func readPart(b []byte, at int) (p part, next int, ok bool) {
	if b[0] == bundleFormer {
		return readFormer(b, at)
	}
	rest := b[at:]
	shard, i := binary.Uvarint(rest)
	last, j := binary.Uvarint(rest[max(i, 0):])
	apart, k := binary.Varint(rest[max(i, 0)+max(j, 0):])
	if i <= 0 || j <= 0 || k <= 0 {
		return p, at, false
	}
	size, n := binary.Uvarint(rest[i+j+k:])
	used := at + i + j + k + n
	arrival := int64(binary.BigEndian.Uint64(b[1:])) + apart
	if n <= 0 || shard >= 1<<32 || last >= 1<<62 || arrival < 0 || arrival >= 1<<53 || size < 2 || size > uint64(len(b)-used) {
		return p, at, false
	}
	value := b[used : used+int(size) : used+int(size)]
	count, n := binary.Uvarint(value[1:])
	if n <= 0 || count > size {
		return p, at, false
	}
	p = part{shard: uint32(shard), bucket: bucketOf(arrival), value: value}
	p.place = place{last: int64(last), arrival: arrival, count: int(count)}
	return p, used + int(size), true
}

// readFormer is readPart of a bundle as it was before there was a ring.
func readFormer(b []byte, at int) (p part, next int, ok bool) {
	if len(b)-at < formerHead {
		return p, at, false
	}
	head := b[at : at+formerHead]
	p = part{shard: binary.BigEndian.Uint32(head), bucket: binary.BigEndian.Uint32(head[4:])}
	p.place = placeOf(head, p.bucket)
	at += formerHead
	size, n := binary.Uvarint(b[at:])
	if n <= 0 || size > uint64(len(b)-at-n) {
		return p, at, false
	}
	next = at + n + int(size)
	p.value = b[at+n : next : next]
	return p, next, true
}

// isBundle tells whether a row is a bundle itself.
func isBundle(row []byte) bool {
	return len(row) > 0 && (row[0] == bundleVersion || row[0] == bundleFormer)
}

// eachPart calls f for the blocks of a stored bundle and where they begin.
func eachPart(b []byte, f func(p part, at int) error) error {
	at := 1
	if !isBundle(b) || b[0] == bundleVersion && len(b) < bundleHead {
		return errBundle
	}
	if b[0] == bundleVersion {
		at = bundleHead
	}
	for at < len(b) {
		p, next, ok := readPart(b, at)
		if !ok {
			return errBundle
		}
		if err := f(p, at); err != nil {
			return err
		}
		at = next
	}
	return nil
}

// bundle is the key of a bundle.
func (k keys) bundle(stream, number uint64) []byte {
	return binary.BigEndian.AppendUint64(k.stream(kindBundle, stream), number)
}

// appendPointer makes the row of a bundle in the ring.
func appendPointer(b []byte, sum uint32, ref ring.Ref) []byte {
	b = binary.BigEndian.AppendUint32(append(b, bundleInRing), sum)
	b = binary.AppendUvarint(b, ref.File)
	b = binary.AppendUvarint(b, uint64(ref.Offset))
	return binary.AppendUvarint(b, uint64(ref.Length))
}

// pointer is the row of a bundle in the ring.
type pointer struct {
	ref ring.Ref
	sum uint32
}

// maxBundle bounds what is believed of a length.
const maxBundle = 1 << 30

// readPointer reads the row of a bundle in the ring.
func readPointer(b []byte) (p pointer, err error) {
	if len(b) < 5 || b[0] != bundleInRing {
		return p, errBundle
	}
	p.sum = binary.BigEndian.Uint32(b[1:])
	b = b[5:]
	take := func() (x uint64) {
		x, n := binary.Uvarint(b)
		if n <= 0 {
			err = errBundle
			return 0
		}
		b = b[n:]
		return x
	}
	file, offset, length := take(), take(), take()
	p.ref = ring.Ref{File: file, Offset: int64(offset), Length: int(length)}
	if offset > 1<<40 || length > maxBundle {
		return p, errBundle
	}
	if len(b) > 0 {
		return p, errBundle
	}
	return p, err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)
