package parquet

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/stretchr/testify/require"
)

// A reader that is as plain as can be, for tests: it knows what the writer
// writes, and takes nothing on trust that the format says twice.

// record is a struct of Thrift's compact protocol, by the numbers of its fields.
type record map[int16]any

// unthrift reads such structs.
type unthrift struct {
	t    *testing.T
	data []byte
}

func (u *unthrift) uvarint() uint64 {
	x, n := binary.Uvarint(u.data)
	require.Positive(u.t, n)
	u.data = u.data[n:]
	return x
}

func (u *unthrift) varint() int64 {
	x, n := binary.Varint(u.data)
	require.Positive(u.t, n)
	u.data = u.data[n:]
	return x
}

func (u *unthrift) take(n int) []byte {
	out := u.data[:n]
	u.data = u.data[n:]
	return out
}

func (u *unthrift) value(kind byte) any {
	switch kind {
	case thriftTrue:
		return true
	case thriftFalse:
		return false
	case thriftI16, thriftI32, thriftI64:
		return u.varint()
	case thriftBinary:
		return string(u.take(int(u.uvarint())))
	case thriftList:
		head := u.take(1)[0]
		n := int(head >> 4)
		if n == 15 {
			n = int(u.uvarint())
		}
		var out []any
		for range n {
			out = append(out, u.value(head&15))
		}
		return out
	}
	require.EqualValues(u.t, thriftStruct, kind)
	return u.structure()
}

func (u *unthrift) structure() record {
	out := record{}
	var id int16
	for {
		head := u.take(1)[0]
		if head == 0 {
			return out
		}
		if head>>4 == 0 {
			id = int16(u.varint())
		} else {
			id += int16(head >> 4)
		}
		out[id] = u.value(head & 15)
	}
}

func (r record) int(id int16) int {
	n, _ := r[id].(int64)
	return int(n)
}

// unpack undoes a codec.
func unpack(t *testing.T, c Codec, page []byte) []byte {
	switch c {
	case Snappy:
		out, err := s2.Decode(nil, page)
		require.NoError(t, err)
		return out
	case Gzip:
		z, err := gzip.NewReader(bytes.NewReader(page))
		require.NoError(t, err)
		out, err := io.ReadAll(z)
		require.NoError(t, err)
		return out
	}
	return page
}

// unhybrid reads n small numbers.
func unhybrid(t *testing.T, data []byte, width, n int) (out []uint32) {
	u := &unthrift{t, data}
	for len(out) < n {
		head := int(u.uvarint())
		if head&1 == 0 {
			raw := append(append([]byte{}, u.take((width+7)/8)...), 0, 0, 0, 0)
			for range head >> 1 {
				out = append(out, binary.LittleEndian.Uint32(raw[:4]))
			}
			continue
		}
		packed := u.take(head >> 1 * width)
		for i := range head >> 1 * groupSize {
			var x uint32
			for b := range width {
				at := i*width + b
				x |= uint32(packed[at/8]>>(at%8)&1) << b
			}
			out = append(out, x)
		}
	}
	require.Less(t, len(out)-n, groupSize, "only the last group is filled up")
	return out[:n]
}

// plain reads n values into v.
func plain(n int, node *Node, data []byte, v *Values) {
	for i := range n {
		switch node.Physical {
		case Boolean:
			v.Ints = append(v.Ints, int64(data[i/8]>>(i%8)&1))
		case Int32, Float:
			v.Ints = append(v.Ints, int64(int32(binary.LittleEndian.Uint32(data[4*i:]))))
		case Int64, Double:
			v.Ints = append(v.Ints, int64(binary.LittleEndian.Uint64(data[8*i:])))
		case ByteArray:
			size := binary.LittleEndian.Uint32(data)
			v.Data, v.Sizes = append(v.Data, data[4:4+size]...), append(v.Sizes, int32(size))
			data = data[4+size:]
		default:
			v.Data = append(v.Data, data[i*node.width():(i+1)*node.width()]...)
		}
	}
}

// pick appends the kth value of a dictionary.
func (v *Values) pick(node *Node, dict *Values, offsets []int, k int) {
	switch {
	case node.Physical == ByteArray:
		v.Data, v.Sizes = append(v.Data, dict.Data[offsets[k]:offsets[k]+int(dict.Sizes[k])]...), append(v.Sizes, dict.Sizes[k])
	case node.width() > 0:
		v.Data = append(v.Data, dict.Data[k*node.width():(k+1)*node.width()]...)
	default:
		v.Ints = append(v.Ints, dict.Ints[k])
	}
}

// readColumn reads what a chunk has.
func readColumn(t *testing.T, file []byte, l leaf, meta record) (v Values) {
	start := meta.int(9)
	if at, ok := meta[11].(int64); ok {
		start = int(at)
	}
	u := &unthrift{t, file[start : start+meta.int(7)]}
	var dict Values
	var offsets []int
	unpacked := 0
	for len(u.data) > 0 {
		before := len(u.data)
		head := u.structure()
		unpacked += before - len(u.data) + head.int(2)
		body := u.take(head.int(3))
		codec := Codec(meta.int(4))
		var d record
		var rep, def, values []byte
		switch head.int(1) {
		case 2:
			body = unpack(t, codec, body)
			require.Len(t, body, head.int(2))
			plain(head[7].(record).int(1), l.node, body, &dict)
			at := 0
			for _, size := range dict.Sizes {
				offsets = append(offsets, at)
				at += int(size)
			}
			continue
		case 0:
			d = head[5].(record)
			body = unpack(t, codec, body)
			require.Len(t, body, head.int(2))
			sized := func() []byte {
				n := binary.LittleEndian.Uint32(body)
				out := body[4 : 4+n]
				body = body[4+n:]
				return out
			}
			if l.maxRep > 0 {
				rep = sized()
			}
			def, values = sized(), body
			d = record{1: d[1], 4: d[2]}
		case 3:
			d = head[8].(record)
			rep, def = body[:d.int(6)], body[d.int(6):d.int(6)+d.int(5)]
			values = body[d.int(6)+d.int(5):]
			if d[7].(bool) {
				values = unpack(t, codec, values)
			}
			require.Equal(t, head.int(2), len(rep)+len(def)+len(values))
		}
		present := 0
		for _, x := range unhybrid(t, def, widthOf(int(l.maxDef)), d.int(1)) {
			v.Def = append(v.Def, uint8(x))
			if uint8(x) == l.maxDef {
				present++
			}
		}
		if l.maxRep > 0 {
			for _, x := range unhybrid(t, rep, widthOf(int(l.maxRep)), d.int(1)) {
				v.Rep = append(v.Rep, uint8(x))
			}
		}
		if d.int(4) == encodingPlain {
			plain(present, l.node, values, &v)
			continue
		}
		for _, k := range unhybrid(t, values[1:], int(values[0]), present) {
			v.pick(l.node, &dict, offsets, int(k))
		}
	}
	require.Equal(t, meta.int(6), unpacked, "the size before packing, as told")
	require.Equal(t, meta.int(5), len(v.Def), "the slots, as told")
	return v
}

// read reads a file back: its footer, and the values of each leaf.
func read(t *testing.T, file []byte, schema []*Node) (foot record, all []Values) {
	t.Helper()
	require.Equal(t, magic, string(file[:4]))
	require.Equal(t, magic, string(file[len(file)-4:]))
	n := len(file) - 8 - int(binary.LittleEndian.Uint32(file[len(file)-8:]))
	u := &unthrift{t, file[n : len(file)-8]}
	foot = u.structure()
	require.Empty(t, u.data)
	columns, err := leaves(schema)
	require.NoError(t, err)
	all = make([]Values, len(columns))
	groups, _ := foot[4].([]any)
	for _, g := range groups {
		for i, c := range g.(record)[1].([]any) {
			v := readColumn(t, file, columns[i], c.(record)[3].(record))
			all[i].add(&v)
		}
	}
	return foot, all
}
