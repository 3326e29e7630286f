package parquet

import (
	"encoding/binary"
	"fmt"
)

// magic begins and ends a file.
const magic = "PAR1"

// Options of New. The zero value of each is not a default.
type Options struct {
	Codec Codec
	// BlockBytes is about how large a row group becomes, PageBytes a page, both
	// before they are packed.
	BlockBytes, PageBytes int
	// MaxPadding is how many zeros may be put before a row group so that it
	// begins on a multiple of BlockBytes.
	MaxPadding int
	// Dictionary has values that come again written once a row group.
	Dictionary bool
	// V2 has data pages of version 2.
	V2 bool
	// CreatedBy is who wrote the file.
	CreatedBy string
}

// Writer makes one file. It is used by one goroutine at a time.
type Writer struct {
	options Options
	schema  []*Node
	columns []*column
	out     []byte
	groups  []group
	rows    int64 // of the row group
	total   int64
}

// New begins a file with the columns of a schema.
func New(schema []*Node, o Options) (*Writer, error) {
	all, err := leaves(schema)
	if err != nil {
		return nil, err
	}
	w := &Writer{options: o, schema: schema, out: []byte(magic)}
	for _, l := range all {
		w.columns = append(w.columns, newColumn(l, &w.options))
	}
	return w, nil
}

// Add appends rows: the values of every leaf, in the order of the schema. It
// keeps nothing of them.
func (w *Writer) Add(rows int, values []Values) error {
	if len(values) != len(w.columns) {
		return fmt.Errorf("%d columns of values for %d leaves", len(values), len(w.columns))
	}
	size := int64(0)
	for i, c := range w.columns {
		if err := c.add(&values[i]); err != nil {
			return err
		}
		size += c.size()
	}
	w.rows += int64(rows)
	w.total += int64(rows)
	if size >= int64(w.options.BlockBytes) {
		return w.flush()
	}
	return nil
}

// Rows is how many rows the file has.
func (w *Writer) Rows() int64 { return w.total }

// flush closes the row group.
func (w *Writer) flush() error {
	if w.rows == 0 {
		return nil
	}
	w.pad()
	g := group{rows: w.rows}
	for _, c := range w.columns {
		if err := c.flush(); err != nil {
			return err
		}
		k, err := w.chunk(c)
		if err != nil {
			return err
		}
		g.chunks = append(g.chunks, k)
		c.begin()
	}
	w.groups = append(w.groups, g)
	w.rows = 0
	return nil
}

// pad has the row group begin on a multiple of the block size when few enough
// zeros do.
func (w *Writer) pad() {
	rest := len(w.out) % w.options.BlockBytes
	if need := w.options.BlockBytes - rest; rest > 0 && need <= w.options.MaxPadding {
		w.out = append(w.out, make([]byte, need)...)
	}
}

// chunk writes what a column has in the row group, its dictionary first.
func (w *Writer) chunk(c *column) (chunk, error) {
	k := chunk{leaf: c.leaf, slots: c.slots, nulls: c.nulls, unpacked: c.unpacked, bounds: c.bounds, start: int64(len(w.out))}
	if c.dict != nil && c.dict.used {
		packed, err := c.options.Codec.appendPage(nil, c.dict.page)
		if err != nil {
			return k, err
		}
		encoding := encodingPlain
		if !c.options.V2 {
			encoding = encodingPlainDictionary
		}
		head := header(2, len(c.dict.page), len(packed), func(t *thrift) {
			t.structure(7)
			t.i32(1, c.dict.count)
			t.i32(2, encoding)
			t.end()
		})
		k.dictionary = true
		k.unpacked += int64(len(head) + len(c.dict.page))
		c.encodings[encoding] = true
		w.out = append(append(w.out, head...), packed...)
	}
	k.data = int64(len(w.out))
	w.out = append(w.out, c.pages...)
	k.end = int64(len(w.out))
	if c.bounds.any {
		k.least, k.most = c.boundBytes(c.bounds.least), c.boundBytes(c.bounds.most)
	}
	for e, used := range c.encodings {
		if used {
			k.encodings = append(k.encodings, e)
		}
	}
	return k, nil
}

// Size is about how many bytes the file has so far, packed.
func (w *Writer) Size() int {
	n := len(w.out)
	for _, c := range w.columns {
		n += len(c.pages)
	}
	return n
}

// Close ends the file and returns it. It is called once.
func (w *Writer) Close() ([]byte, error) {
	if err := w.flush(); err != nil {
		return nil, err
	}
	foot := w.footer()
	w.out = append(w.out, foot...)
	w.out = binary.LittleEndian.AppendUint32(w.out, uint32(len(foot)))
	return append(w.out, magic...), nil
}
