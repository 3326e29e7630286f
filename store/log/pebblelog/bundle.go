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
//	parts    per block: shard u32, bucket u32, the end of its key (16 bytes), length uvarint, the block
//
// and its row, under the key kindBundle, stream, number,
//
//	version  1 byte, bundleInRing
//	checksum u32, CRC-32C of the bundle
//	place    uvarints: file, offset, length
//
// or, as it was written before there was a ring, the bundle itself.
const (
	bundleVersion = 1
	bundleInRing  = 2
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
	p, _, _ = readPart(b.value[w.at:]) // was written or checked here
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

// partHead is the size of what precedes a block's length in a bundle.
const partHead = 4 + 4 + blockSuffix

// partRoom is the most that a part takes beside its block.
const partRoom = partHead + 5

// appendPart begins a part for a block of n bytes.
func appendPart(b []byte, shard, bucket uint32, p place, n int) []byte {
	at := len(b)
	b = append(b, make([]byte, partHead)...)
	binary.BigEndian.PutUint32(b[at:], shard)
	binary.BigEndian.PutUint32(b[at+4:], bucket)
	p.put(b[at+8:], bucket)
	return binary.AppendUvarint(b, uint64(n))
}

// part is a block in a bundle as it is stored.
type part struct {
	shard, bucket uint32
	place         place
	value         []byte
}

var errBundle = fmt.Errorf("%w: malformed bundle", errBlock)

// readPart takes a part off a bundle.
func readPart(b []byte) (p part, rest []byte, ok bool) {
	if len(b) < partHead {
		return p, nil, false
	}
	p = part{shard: binary.BigEndian.Uint32(b), bucket: binary.BigEndian.Uint32(b[4:])}
	p.place = placeOf(b[:partHead], p.bucket)
	size, n := binary.Uvarint(b[partHead:])
	if n <= 0 || size > uint64(len(b)-partHead-n) {
		return p, nil, false
	}
	b = b[partHead+n:]
	p.value = b[:size:size]
	return p, b[size:], true
}

// eachPart calls f for the blocks of a stored bundle and where they begin.
func eachPart(b []byte, f func(p part, at int) error) error {
	if len(b) < 1 || b[0] != bundleVersion {
		return errBundle
	}
	rest := b[1:]
	for len(rest) > 0 {
		at := len(b) - len(rest)
		p, after, ok := readPart(rest)
		if !ok {
			return errBundle
		}
		if err := f(p, at); err != nil {
			return err
		}
		rest = after
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
