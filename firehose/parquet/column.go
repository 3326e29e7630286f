package parquet

import "encoding/binary"

// The encodings, with the numbers of the format.
const (
	encodingPlain           = 0
	encodingPlainDictionary = 2 // what version 1 calls a dictionary
	encodingRLE             = 3
	encodingDictionary      = 8
)

// maxDictionary is how many bytes a dictionary may have; one that would grow
// beyond is used no further.
const maxDictionary = 1 << 20

// column is one leaf of the row group that is being written.
type column struct {
	leaf
	options *Options
	pending Values // of the page to come
	pages   []byte // packed, with their headers
	dict    *dictionary
	// slots, nulls, unpacked and encodings describe the pages.
	slots, nulls int64
	unpacked     int64
	encodings    [16]bool
	bounds       bounds
}

func newColumn(l leaf, o *Options) *column {
	c := &column{leaf: l, options: o}
	c.begin()
	return c
}

// begin begins a row group.
func (c *column) begin() {
	c.dict = nil
	if c.options.Dictionary && c.node.Physical != Boolean {
		c.dict = newDictionary(c.node)
	}
	c.pages, c.slots, c.nulls, c.unpacked, c.encodings, c.bounds = nil, 0, 0, 0, [16]bool{}, bounds{}
}

// size is about what the column takes, unpacked.
func (c *column) size() int64 { return c.unpacked + int64(c.pending.cost(c.node.Physical)) }

// add takes values. A page that is full is closed; rows are never split.
func (c *column) add(v *Values) error {
	c.pending.add(v)
	if c.pending.cost(c.node.Physical) < c.options.PageBytes {
		return nil
	}
	return c.flush()
}

// flush closes the page.
func (c *column) flush() error {
	v := &c.pending
	if len(v.Def) == 0 {
		return nil
	}
	nulls := 0
	for _, d := range v.Def {
		if d != c.maxDef {
			nulls++
		}
	}
	c.bounds.see(c.node.Physical, v.Ints)
	var body []byte
	encoding := encodingPlain
	// A page of nulls says nothing about whether values come again.
	if c.dict != nil && len(v.Ints)+len(v.Data)+len(v.Sizes) > 0 {
		if indices, ok := c.dict.encode(v); ok {
			encoding = c.dictionaryEncoding()
			width := max(widthOf(c.dict.count-1), 1)
			body = appendHybrid(append(body, byte(width)), indices, width)
		} else if c.dict.used {
			c.dict.full = true
		} else {
			c.dict = nil
		}
	}
	if encoding == encodingPlain {
		body = appendPlain(make([]byte, 0, v.cost(c.node.Physical)), c.node, v)
	} else {
		c.dict.used = true
	}
	c.encodings[encoding], c.encodings[encodingRLE] = true, true
	c.slots += int64(len(v.Def))
	c.nulls += int64(nulls)
	err := c.page(v, body, encoding, nulls)
	v.truncate()
	return err
}

func (c *column) dictionaryEncoding() int {
	if c.options.V2 {
		return encodingDictionary
	}
	return encodingPlainDictionary
}

// page writes a data page with its header.
func (c *column) page(v *Values, body []byte, encoding, nulls int) error {
	if c.options.V2 {
		return c.pageV2(v, body, encoding, nulls)
	}
	var page []byte
	if c.maxRep > 0 {
		page = appendSized(page, v.Rep, widthOf(int(c.maxRep)))
	}
	if c.maxDef > 0 {
		page = appendSized(page, v.Def, widthOf(int(c.maxDef)))
	}
	page = append(page, body...)
	return c.put(0, page, nil, func(t *thrift) {
		t.structure(5)
		t.i32(1, len(v.Def))
		t.i32(2, encoding)
		t.i32(3, encodingRLE)
		t.i32(4, encodingRLE)
		t.end()
	})
}

// pageV2 leaves levels unpacked, so that rows can be skipped without unpacking.
func (c *column) pageV2(v *Values, body []byte, encoding, nulls int) error {
	var levels []byte
	rows := len(v.Def)
	if c.maxRep > 0 {
		rows = 0
		for _, r := range v.Rep {
			if r == 0 {
				rows++
			}
		}
		levels = appendHybrid(levels, v.Rep, widthOf(int(c.maxRep)))
	}
	repBytes := len(levels)
	if c.maxDef > 0 {
		levels = appendHybrid(levels, v.Def, widthOf(int(c.maxDef)))
	}
	return c.put(3, body, levels, func(t *thrift) {
		t.structure(8)
		t.i32(1, len(v.Def))
		t.i32(2, nulls)
		t.i32(3, rows)
		t.i32(4, encoding)
		t.i32(5, len(levels)-repBytes)
		t.i32(6, repBytes)
		t.boolean(7, c.options.Codec != Uncompressed)
		t.end()
	})
}

// put writes a page: what is to be packed, behind what is not.
func (c *column) put(kind int, body, ahead []byte, describe func(*thrift)) error {
	packed, err := c.options.Codec.appendPage(nil, body)
	if err != nil {
		return err
	}
	head := header(kind, len(ahead)+len(body), len(ahead)+len(packed), describe)
	c.unpacked += int64(len(head) + len(ahead) + len(body))
	c.pages = append(append(append(c.pages, head...), ahead...), packed...)
	return nil
}

func header(kind, unpacked, packed int, describe func(*thrift)) []byte {
	t := &thrift{}
	t.begin()
	t.i32(1, kind)
	t.i32(2, unpacked)
	t.i32(3, packed)
	describe(t)
	t.end()
	return t.out
}

// appendSized packs levels behind their length.
func appendSized(dst []byte, levels []uint8, width int) []byte {
	at := len(dst)
	dst = appendHybrid(append(dst, 0, 0, 0, 0), levels, width)
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst
}

// appendPlain writes values as they are.
func appendPlain(dst []byte, n *Node, v *Values) []byte {
	switch n.Physical {
	case Boolean:
		bits := make([]uint8, len(v.Ints))
		for i, x := range v.Ints {
			bits[i] = uint8(x)
		}
		return append(dst, appendPacked(nil, bits, 1)[:(len(bits)+7)/8]...)
	case Int32, Float:
		for _, x := range v.Ints {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(x))
		}
	case Int64, Double:
		for _, x := range v.Ints {
			dst = binary.LittleEndian.AppendUint64(dst, uint64(x))
		}
	case ByteArray:
		at := 0
		for _, size := range v.Sizes {
			dst = binary.LittleEndian.AppendUint32(dst, uint32(size))
			dst = append(dst, v.Data[at:at+int(size)]...)
			at += int(size)
		}
	default:
		dst = append(dst, v.Data...)
	}
	return dst
}

// bounds are the least and the greatest number of a column, which readers skip
// row groups by.
type bounds struct {
	least, most int64
	any         bool
}

func (b *bounds) see(p Physical, ints []int64) {
	if p != Int32 && p != Int64 {
		return
	}
	for _, x := range ints {
		if !b.any {
			b.least, b.most, b.any = x, x, true
		}
		b.least, b.most = min(b.least, x), max(b.most, x)
	}
}

// boundBytes spells a bound as the footer has it.
func (c *column) boundBytes(x int64) []byte {
	if c.node.Physical == Int32 {
		return binary.LittleEndian.AppendUint32(nil, uint32(x))
	}
	return binary.LittleEndian.AppendUint64(nil, uint64(x))
}
