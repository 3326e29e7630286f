package wire

import (
	"bytes"
	"unicode/utf8"
	"unsafe"
)

// xmlWriter writes shapes as the XML of awsQuery.
type xmlWriter struct {
	bytes.Buffer
}

func (w *xmlWriter) open(name, namespace string) {
	w.WriteString("<" + name)
	if namespace != "" {
		w.WriteString(` xmlns="`)
		writeXMLText(&w.Buffer, namespace)
		w.WriteByte('"')
	}
	w.WriteByte('>')
}

func (w *xmlWriter) shut(name string) { w.WriteString("</" + name + ">") }

func (w *xmlWriter) leaf(name, text string) {
	w.open(name, "")
	writeXMLText(&w.Buffer, text)
	w.shut(name)
}

func (w *xmlWriter) structure(n *node, p unsafe.Pointer) {
	for i := range n.fields {
		f := &n.fields[i]
		if at := f.node.at(offset(p, f.offset)); at != nil {
			w.value(f.node, at, f.name, f.member.TimestampFormat)
		}
	}
}

// value writes the value at p as an element of that name.
func (w *xmlWriter) value(n *node, p unsafe.Pointer, name, timestamps string) {
	switch n.kind {
	case kindStruct:
		w.open(name, "")
		w.structure(n, p)
		w.shut(name)
	case kindList:
		w.open(name, "")
		for i := range (*sliceHeader)(p).len {
			w.value(n.elem, n.index(p, i), "member", timestamps)
		}
		w.shut(name)
	case kindMap:
		w.open(name, "")
		n.entries(p, func(key string, value unsafe.Pointer) {
			w.open("entry", "")
			w.leaf("key", key)
			w.value(n.elem, value, "value", timestamps)
			w.shut("entry")
		})
		w.shut(name)
	default:
		w.leaf(name, n.scalarText(p, timestamps))
	}
}

// writeXMLText escapes a text. Characters that XML cannot hold become U+FFFD.
func writeXMLText(b *bytes.Buffer, s string) {
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\r':
			b.WriteString("&#xD;")
		case r < 0x20 && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(r)
		}
	}
}
