package wire

import "unsafe"

type cborWriter struct {
	b       []byte
	seconds bool
}

func (w *cborWriter) value(n *node, p unsafe.Pointer) {}
