package parquet

import "encoding/binary"

// dictionary numbers the values of a column in a row group.
type dictionary struct {
	node  *Node
	ints  map[int64]uint32  // of numbers
	texts map[string]uint32 // of bytes
	page  []byte            // the values, plain
	count int
	// used tells that pages go by it, full that no further ones do.
	used, full bool
}

func newDictionary(n *Node) *dictionary {
	return &dictionary{node: n, ints: map[int64]uint32{}, texts: map[string]uint32{}}
}

// encode numbers the values of a page. ok is false when the dictionary would
// grow too large, or is not worth it: then the page has to be plain.
func (d *dictionary) encode(v *Values) (indices []uint32, ok bool) {
	if d.full {
		return nil, false
	}
	n := d.count
	if d.node.Physical == ByteArray || len(v.Ints) == 0 {
		indices = d.encodeBytes(v)
	} else {
		indices = d.encodeInts(v)
	}
	if len(d.page) > maxDictionary {
		return nil, false // what was added to it stays, unused by the pages before
	}
	// The first page decides whether values come again often enough.
	if !d.used && n == 0 && len(d.page)+len(indices)*widthOf(d.count)/8 >= v.cost(d.node.Physical) {
		return nil, false
	}
	return indices, true
}

func (d *dictionary) encodeInts(v *Values) []uint32 {
	indices := make([]uint32, 0, len(v.Ints))
	wide := d.node.Physical == Int64 || d.node.Physical == Double
	for _, x := range v.Ints {
		i, ok := d.ints[x]
		if !ok {
			i = uint32(d.count)
			d.ints[x] = i
			d.count++
			if wide {
				d.page = binary.LittleEndian.AppendUint64(d.page, uint64(x))
			} else {
				d.page = binary.LittleEndian.AppendUint32(d.page, uint32(x))
			}
		}
		indices = append(indices, i)
	}
	return indices
}

func (d *dictionary) encodeBytes(v *Values) []uint32 {
	length := d.node.width()
	n := len(v.Sizes)
	if length > 0 {
		n = len(v.Data) / length
	}
	indices := make([]uint32, 0, n)
	at := 0
	for i := range n {
		size := length
		if length == 0 {
			size = int(v.Sizes[i])
		}
		value := v.Data[at : at+size]
		at += size
		k, ok := d.texts[string(value)]
		if !ok {
			k = uint32(d.count)
			d.texts[string(value)] = k
			d.count++
			if length == 0 {
				d.page = binary.LittleEndian.AppendUint32(d.page, uint32(size))
			}
			d.page = append(d.page, value...)
		}
		indices = append(indices, k)
	}
	return indices
}

// width is how many bytes each value has, 0 when they differ or are numbers.
func (n *Node) width() int {
	switch n.Physical {
	case Int96:
		return 12
	case Fixed:
		return n.Length
	}
	return 0
}
