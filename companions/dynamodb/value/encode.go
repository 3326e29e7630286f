package value

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"
)

// ErrStored means that stored bytes are not an item.
var ErrStored = errors.New("not a stored item")

// itemVersion begins a stored item; see Item.Encode.
const itemVersion byte = 1

// maxStoredDepth bounds what Decode follows; items are never deeper.
const maxStoredDepth = 64

// Encode writes an item for storage: a version, then the number of attributes
// and each as its name and value, in the order of names. Texts are their length
// and bytes, lists and maps their count and elements, numbers as uvarints.
func (i Item) Encode() []byte { return appendItem([]byte{itemVersion}, i) }

func appendItem(b []byte, i Item) []byte {
	b = binary.AppendUvarint(b, uint64(len(i)))
	for _, name := range slices.Sorted(maps.Keys(i)) {
		b = appendText(b, name)
		b = Append(b, i[name])
	}
	return b
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// Append writes a value; see Item.Encode.
func Append(b []byte, v *Value) []byte {
	b = append(b, byte(v.Kind))
	switch v.Kind {
	case S, N, B:
		return appendText(b, v.Text)
	case Bool:
		if v.Flag {
			return append(b, 1)
		}
		return append(b, 0)
	case Null:
		return b
	case M:
		return appendItem(b, v.Map)
	}
	b = binary.AppendUvarint(b, uint64(len(v.List)))
	for _, e := range v.List {
		b = Append(b, e)
	}
	return b
}

// Decode reads what Encode wrote. It copies the bytes once.
func Decode(stored []byte) (Item, error) {
	if len(stored) == 0 || stored[0] != itemVersion {
		return nil, ErrStored
	}
	d := decoder{rest: string(stored[1:])}
	item := d.item(0)
	if d.failed || d.rest != "" {
		return nil, ErrStored
	}
	return item, nil
}

type decoder struct {
	rest   string
	failed bool
}

func (d *decoder) uvarint() int {
	var n uint64
	for shift := 0; shift < 35; shift += 7 {
		if d.rest == "" {
			break
		}
		c := d.rest[0]
		d.rest = d.rest[1:]
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return int(n)
		}
	}
	d.fail()
	return 0
}

func (d *decoder) fail() { d.failed, d.rest = true, "" }

func (d *decoder) text() string {
	n := d.uvarint()
	if n > len(d.rest) {
		d.fail()
		return ""
	}
	text := d.rest[:n]
	d.rest = d.rest[n:]
	return text
}

func (d *decoder) item(depth int) Item {
	n := d.uvarint()
	if n > len(d.rest) || depth > maxStoredDepth {
		d.fail()
		return nil
	}
	item := make(Item, n)
	for range n {
		name := d.text()
		item[name] = d.value(depth)
		if d.failed {
			return nil
		}
	}
	return item
}

func (d *decoder) value(depth int) *Value {
	if d.rest == "" || depth > maxStoredDepth {
		d.fail()
		return nil
	}
	v := &Value{Kind: Kind(d.rest[0])}
	d.rest = d.rest[1:]
	switch v.Kind {
	case S, N, B:
		v.Text = d.text()
	case Null:
	case Bool:
		v.Flag = d.uvarint() != 0
	case M:
		v.Map = d.item(depth + 1)
	case SS, NS, BS, L:
		n := d.uvarint()
		if n > len(d.rest) {
			d.fail()
			return nil
		}
		v.List = make([]*Value, 0, n)
		for range n {
			v.List = append(v.List, d.value(depth+1))
			if d.failed {
				return nil
			}
		}
	default:
		d.fail()
	}
	return v
}
