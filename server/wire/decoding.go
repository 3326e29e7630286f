package wire

import (
	"strconv"
	"strings"
	"unsafe"
)

// decoding is what the readers of all protocols share: memory, notes, the
// first wrong type, and where in the shape they are.
type decoding struct {
	arena arena
	notes Notes
	// fault is the first member of a wrong type. Reading goes on after it, since
	// a body that is not even well formed is reported before.
	fault *Fault
	// path is kept only above enums, the one thing that notes are made of.
	path []step
}

// step is a member of a structure or, when member is nil, an index of a list.
type step struct {
	member *Member
	index  int
}

// mismatch notes a wrong type unless there was one before.
func (d *decoding) mismatch(f *Fault) {
	if d.fault == nil {
		d.fault = f
	}
}

func (d *decoding) push(n *node, s step) {
	if n.hasEnum {
		d.path = append(d.path, s)
	}
}

func (d *decoding) pop(n *node) {
	if n.hasEnum {
		d.path = d.path[:len(d.path)-1]
	}
}

// finish returns what DecodeInput promises.
func (d *decoding) finish(in any) (any, *Notes, error) {
	if d.fault != nil {
		return nil, nil, d.fault
	}
	return in, &d.notes, nil
}

// setString stores a string; p is where the member is held.
func (d *decoding) setString(n *node, p unsafe.Pointer, s string) {
	if n.ptr {
		*(**string)(p) = d.arena.pointer(s)
		return
	}
	*(*string)(p) = s
}

// setEnum stores an enum and notes an empty one, which Go cannot tell from an
// absent one.
func (d *decoding) setEnum(p unsafe.Pointer, s string) {
	if s == "" {
		d.notes.noteEmptyEnum(pathText(d.path))
	}
	*(*string)(p) = s
}

// known returns the model's own copy of an enum value, so that it need not be
// allocated; ok is false for a value that is none.
func (n *node) known(raw []byte) (s string, ok bool) {
	for _, v := range n.shape.Enum {
		if string(raw) == v {
			return v, true
		}
	}
	return "", false
}

func (d *decoding) setInt(n *node, p unsafe.Pointer, v int64) {
	p = n.place(p)
	if n.kind == kindInt32 {
		*(*int32)(p) = toInt32(v)
		return
	}
	*(*int64)(p) = v
}

func (d *decoding) setFloat(n *node, p unsafe.Pointer, v float64) { *(*float64)(n.place(p)) = v }

func (d *decoding) setBool(n *node, p unsafe.Pointer, v bool) { *(*bool)(n.place(p)) = v }

func (d *decoding) setTime(n *node, p unsafe.Pointer, ms int64) { *asTime(n.place(p)) = toTime(ms) }

func (d *decoding) setBlob(p unsafe.Pointer, b []byte) { *(*[]byte)(p) = b }

// pathText writes a path as validation texts do: records.1.member.partitionKey.
func pathText(path []step) string {
	var b strings.Builder
	for i, s := range path {
		if i > 0 {
			b.WriteByte('.')
		}
		if s.member != nil {
			b.WriteString(s.member.path)
			continue
		}
		b.WriteString(strconv.Itoa(s.index + 1))
		b.WriteString(".member")
	}
	return b.String()
}
