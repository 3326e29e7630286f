package pebblelog

import (
	"encoding/binary"
	"slices"

	"sluice/store/log"
)

// Rebuild makes rows and indexes of logs whose own were lost of the blocks that
// are left. It is shown all keys of a store in their order, blocks first.
type Rebuild struct {
	indexes map[string]int64  // where a bucket begins, by the key of its index
	ends    map[string]*shard // by the key of the row
	there   map[string]bool   // keys of indexes and rows that are there
}

// See takes a key: head is its kind and namespace with the zero byte, rest what
// follows.
func (r *Rebuild) See(head, rest []byte) {
	p, err := parse(head[0], rest)
	if err != nil {
		return
	}
	if r.there == nil {
		r.indexes, r.ends, r.there = map[string]int64{}, map[string]*shard{}, map[string]bool{}
	}
	if head[0] == kindIndex || head[0] == kindLog {
		r.there[string(head)+string(rest)] = true
	}
	if head[0] != kindBlock {
		return
	}
	index := binary.BigEndian.AppendUint32(keyOf(kindIndex, head, p.id), p.bucket)
	if first, ok := r.indexes[string(index)]; !ok || p.place.first() < first {
		r.indexes[string(index)] = p.place.first()
	}
	row := string(keyOf(kindLog, head, p.id))
	if r.ends[row] == nil {
		r.ends[row] = &shard{id: p.id}
	}
	r.ends[row].next = max(r.ends[row].next, p.place.last+1)
	r.ends[row].last = max(r.ends[row].last, p.place.arrival)
}

// End is the position behind the last block that was seen of a log, given by the
// key of its row; 0 when there was none. What waits in bundles comes later.
func (r *Rebuild) End(row []byte) int64 {
	if s := r.ends[string(row)]; s != nil {
		return s.next
	}
	return 0
}

// keyOf is the key of a kind of row of a log in the namespace of head.
func keyOf(kind byte, head []byte, id log.ID) []byte {
	b := slices.Clone(head)
	b[0] = kind
	b = binary.BigEndian.AppendUint64(b, id.Stream)
	return binary.BigEndian.AppendUint32(b, id.Shard)
}

// Missing gives the rows and indexes that are not there. Whether a log was
// sealed is lost with its row; jump is how far it goes on behind its last block.
func (r *Rebuild) Missing(jump int64, put func(key, value []byte) error) error {
	for key, first := range r.indexes {
		if r.there[key] {
			continue
		}
		if err := put([]byte(key), binary.BigEndian.AppendUint64(nil, uint64(first))); err != nil {
			return err
		}
	}
	for key, s := range r.ends {
		if r.there[key] {
			continue
		}
		s.next += jump
		if err := put([]byte(key), s.row()); err != nil {
			return err
		}
	}
	return nil
}
