package wire

import (
	"reflect"
	"time"
	"unsafe"
)

// This file is the only place that writes Go memory by offset. It is safe
// because compile has proved, type by type, that a node's kind is the kind of
// the Go field at that offset; every store goes through a typed pointer, so
// the garbage collector sees it.

func offset(p unsafe.Pointer, n uintptr) unsafe.Pointer { return unsafe.Add(p, n) }

// at returns the value of a node held at p, nil when absent. Lists, maps,
// blobs and enums are never behind a pointer.
func (n *node) at(p unsafe.Pointer) unsafe.Pointer {
	if n.ptr {
		return *(*unsafe.Pointer)(p)
	}
	switch n.kind {
	case kindList, kindBlob:
		if (*sliceHeader)(p).data == nil {
			return nil
		}
	case kindMap, kindUnion: // the first word of an interface is its type
		if *(*unsafe.Pointer)(p) == nil {
			return nil
		}
	case kindEnum:
		if *(*string)(p) == "" {
			return nil
		}
	}
	return p
}

// sliceHeader is how Go lays out a slice; only its parts are read.
type sliceHeader struct {
	data unsafe.Pointer
	len  int
	cap  int
}

// clear makes a value absent.
func (n *node) clear(p unsafe.Pointer) {
	if n.ptr {
		*(*unsafe.Pointer)(p) = nil
		return
	}
	reflect.NewAt(n.typ, p).Elem().SetZero()
}

// place returns where to write the value of a node held at p, making room
// where it is behind a pointer.
func (n *node) place(p unsafe.Pointer) unsafe.Pointer {
	if !n.ptr {
		return p
	}
	q := reflect.New(n.typ).UnsafePointer()
	*(*unsafe.Pointer)(p) = q
	return q
}

// slice returns the list at p as a reflect value that can grow.
func (n *node) slice(p unsafe.Pointer) reflect.Value { return reflect.NewAt(n.typ, p).Elem() }

// index returns element i of the list at p.
func (n *node) index(p unsafe.Pointer, i int) unsafe.Pointer {
	return unsafe.Add((*sliceHeader)(p).data, uintptr(i)*n.elem.size)
}

func asString(p unsafe.Pointer) string   { return *(*string)(p) }
func asInt32(p unsafe.Pointer) int32     { return *(*int32)(p) }
func asInt64(p unsafe.Pointer) int64     { return *(*int64)(p) }
func asFloat(p unsafe.Pointer) float64   { return *(*float64)(p) }
func asBool(p unsafe.Pointer) bool       { return *(*bool)(p) }
func asBytes(p unsafe.Pointer) []byte    { return *(*[]byte)(p) }
func asTime(p unsafe.Pointer) *time.Time { return (*time.Time)(p) }
