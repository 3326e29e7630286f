package pebblelog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sort"

	"github.com/cockroachdb/errors/oserror"
)

// bundleRow is a bundle's row as it was found.
type bundleRow struct {
	number uint64
	value  []byte
}

// mostGaps bounds the numbers that failed bundles left out, as far as it is
// believed.
const mostGaps = 1 << 20

// loadBundles takes up what waits in the bundles of a stream that is being
// read, each log of which has its row.
func (l *Log) loadBundles(st *stream) error {
	prefix := l.keys.stream(kindBundle, st.id)
	var rows []bundleRow
	err := l.scan(prefix, func(key, value []byte) error {
		if len(key) != len(prefix)+8 {
			return errBundle
		}
		rows = append(rows, bundleRow{binary.BigEndian.Uint64(key[len(prefix):]), append([]byte(nil), value...)})
		return nil
	})
	if err != nil || len(rows) == 0 {
		return err
	}
	if span := rows[len(rows)-1].number - rows[0].number; span > uint64(len(rows))+mostGaps {
		return errBundle
	}
	st.next = rows[0].number
	for _, row := range rows {
		value, err := l.fetch(row.value)
		if err == nil {
			err = st.takeUp(row.number, value)
		}
		if err != nil {
			return fmt.Errorf("bundle %d: %w", row.number, err)
		}
	}
	if st.bundled > 0 {
		l.bundled.Add(st.bundled)
		l.spreader.enter(st)
	}
	return nil
}

// errTorn means that the ring does not hold what a row says.
var errTorn = fmt.Errorf("%w: the ring does not hold what was written to it", errBundle)

// fetch returns the bundle of a row.
func (l *Log) fetch(row []byte) ([]byte, error) {
	if isBundle(row) {
		return row, nil
	}
	p, err := readPointer(row)
	if err != nil {
		return nil, err
	}
	value, err := l.ring.Read(p.ref)
	if oserror.IsNotExist(err) || errors.Is(err, io.EOF) || err == nil && crc32.Checksum(value, castagnoli) != p.sum {
		return nil, errTorn
	}
	return value, err
}

// skipTo passes by the numbers of bundles that failed or are lost; no block is in
// them.
func (st *stream) skipTo(number uint64) {
	for st.next < number {
		st.bundles, st.next = append(st.bundles, nil), st.next+1
	}
}

// takeUp enters the blocks of a bundle that was read.
func (st *stream) takeUp(number uint64, value []byte) error {
	st.skipTo(number)
	bu := &bundle{number: number, value: value}
	st.bundles, st.next = append(st.bundles, bu), number+1
	st.bundled += int64(len(value))
	return eachPart(value, func(p part, at int) error {
		s := st.shards[p.shard]
		if s == nil || len(p.value) == 0 || p.value[0] != blockVersion {
			return errBundle
		}
		of := parsed{kind: kindBlock, id: s.id, bucket: p.bucket, place: p.place}
		if err := of.checkBlock(p.value); err != nil {
			return err
		}
		s.waiting = append(s.waiting, waiting{number: uint32(number), at: uint32(at)})
		return nil
	})
}

// skip passes by what ends before a position.
func (h *held) skip(position int64) {
	n := sort.Search(len(h.waiting), func(i int) bool {
		p, _ := h.part(i)
		return p.place.last >= position
	})
	h.waiting = h.waiting[n:]
}

// stored tells whether a read may want what is not in bundles.
func (r *reading) stored() bool {
	r.skip(r.from)
	next := r.from
	for i := range r.waiting {
		p, failed := r.part(i)
		if failed {
			continue
		}
		if p.place.first() > next {
			return next < r.limit.Before
		}
		if next = max(next, p.place.last+1); next >= r.limit.Before {
			return false
		}
	}
	return next < r.limit.Before
}

// fromHeld reads on in what waits, up to the block that begins at a position or
// later.
func (r *reading) fromHeld(before int64) error {
	for len(r.waiting) > 0 && !r.full {
		p, failed := r.part(0)
		if !failed && p.place.first() >= min(before, r.limit.Before) {
			return nil
		}
		r.waiting = r.waiting[1:]
		if failed || p.place.arrival < r.since {
			continue
		}
		if err := r.block(p.place, p.bucket, p.value, false); err != nil {
			return err
		}
	}
	return nil
}

// seekHeld finds the first waiting record that arrived at or after ms; other
// is the first one elsewhere.
func (v *view) seekHeld(ms, other int64) int64 {
	for i := range v.waiting {
		if p, failed := v.part(i); !failed && p.place.arrival >= ms {
			return min(other, p.place.first())
		}
	}
	return other
}
