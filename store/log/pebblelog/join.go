package pebblelog

import "encoding/binary"

// joining makes one block of neighbours that waited.
type joining struct {
	bucket uint32
	place  place // of the last one, count of all
	size   int

	runs    []byte
	many    int // runs
	newest  int // where the newest run begins
	records int // in it
	arrival int64

	table    []byte
	payloads [][]byte
}

// reset begins a block.
func (j *joining) reset() {
	*j = joining{runs: j.runs[:0], table: j.table[:0], payloads: j.payloads[:0]}
}

// takes tells whether a part can be joined to those before it.
func (j *joining) takes(p *part) bool {
	return j.place.count == 0 || j.bucket == p.bucket && j.place.last+1 == p.place.first() && j.size+len(p.value) <= blockBytes
}

// add joins a part. It was written or checked by this process, so it is not
// checked again.
func (j *joining) add(p *part) {
	count, n := binary.Uvarint(p.value[1:])
	b := p.value[1+n:]
	used := 0
	for range 2 * count {
		for b[used] >= 0x80 {
			used++
		}
		used++
	}
	j.table = append(j.table, b[:used]...)
	j.payloads = append(j.payloads, b[used:])
	j.size += len(b)
	if j.many > 0 && j.arrival == p.place.arrival {
		j.runs, j.records = j.runs[:j.newest], j.records+int(count)
	} else {
		j.many, j.newest, j.records, j.arrival = j.many+1, len(j.runs), int(count), p.place.arrival
	}
	j.runs = binary.AppendUvarint(j.runs, uint64(j.records))
	j.runs = binary.AppendUvarint(j.runs, uint64(p.place.arrival-int64(p.bucket)*bucketMillis))
	all := j.place.count + int(count)
	j.bucket, j.place = p.bucket, p.place
	j.place.count = all
}

// append writes the block.
func (j *joining) append(b []byte) []byte {
	if j.many > 1 {
		b = binary.AppendUvarint(append(b, blockOfRuns), uint64(j.place.count))
		b = append(binary.AppendUvarint(b, uint64(j.many)), j.runs...)
	} else {
		b = binary.AppendUvarint(append(b, blockVersion), uint64(j.place.count))
	}
	b = append(b, j.table...)
	for _, p := range j.payloads {
		b = append(b, p...)
	}
	return b
}
