package parquet

import "encoding/binary"

// The types of Thrift's compact protocol.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftBinary = 8
	thriftList   = 9
	thriftStruct = 12
)

// thrift writes structs in Thrift's compact protocol, which pages and the
// footer are described in. Fields have to come in ascending order.
type thrift struct {
	out  []byte
	last []int16 // the field before, of each struct that is open
}

func (t *thrift) begin() { t.last = append(t.last, 0) }

func (t *thrift) end() {
	t.last = t.last[:len(t.last)-1]
	t.out = append(t.out, 0)
}

func (t *thrift) field(id int16, kind byte) {
	at := &t.last[len(t.last)-1]
	if step := id - *at; step > 0 && step < 16 {
		t.out = append(t.out, byte(step)<<4|kind)
	} else {
		t.out = append(t.out, kind)
		t.out = binary.AppendVarint(t.out, int64(id))
	}
	*at = id
}

func (t *thrift) i16(id int16, v int16) {
	t.field(id, thriftI16)
	t.out = binary.AppendVarint(t.out, int64(v))
}

func (t *thrift) i32(id int16, v int) {
	t.field(id, thriftI32)
	t.out = binary.AppendVarint(t.out, int64(v))
}

func (t *thrift) i64(id int16, v int64) {
	t.field(id, thriftI64)
	t.out = binary.AppendVarint(t.out, v)
}

func (t *thrift) boolean(id int16, v bool) {
	kind := byte(thriftFalse)
	if v {
		kind = thriftTrue
	}
	t.field(id, kind)
}

func (t *thrift) text(id int16, v []byte) {
	t.field(id, thriftBinary)
	t.bytes(v)
}

func (t *thrift) bytes(v []byte) {
	t.out = binary.AppendUvarint(t.out, uint64(len(v)))
	t.out = append(t.out, v...)
}

// structure opens a struct within a struct; end closes it.
func (t *thrift) structure(id int16) {
	t.field(id, thriftStruct)
	t.begin()
}

// list begins a list; its elements follow.
func (t *thrift) list(id int16, kind byte, n int) {
	t.field(id, thriftList)
	if n < 15 {
		t.out = append(t.out, byte(n)<<4|kind)
		return
	}
	t.out = append(t.out, 0xf0|kind)
	t.out = binary.AppendUvarint(t.out, uint64(n))
}
