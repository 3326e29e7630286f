package parquet

// group is a row group that is written.
type group struct {
	rows   int64
	chunks []chunk
}

// chunk is what a column has in a row group.
type chunk struct {
	leaf
	slots, nulls     int64
	unpacked         int64
	dictionary       bool
	start, data, end int64 // in the file
	encodings        []int
	bounds           bounds
	least, most      []byte // nil when they are not told
}

// footer describes the file.
func (w *Writer) footer() []byte {
	t := &thrift{}
	t.begin()
	version := 1
	if w.options.V2 {
		version = 2
	}
	t.i32(1, version)
	nodes := 1
	for _, n := range w.schema {
		nodes += n.count()
	}
	t.list(2, thriftStruct, nodes)
	(&Node{Name: "hive_schema", Repetition: Required, Meaning: Plain, Children: w.schema}).write(t, true)
	t.i64(3, w.total)
	t.list(4, thriftStruct, len(w.groups))
	for i := range w.groups {
		w.group(t, &w.groups[i], int16(i))
	}
	t.text(6, []byte(w.options.CreatedBy))
	t.list(7, thriftStruct, len(w.columns))
	for range w.columns { // ordered as their types are
		t.begin()
		t.structure(1)
		t.end()
		t.end()
	}
	t.end()
	return t.out
}

func (n *Node) count() int {
	total := 1
	for _, c := range n.Children {
		total += c.count()
	}
	return total
}

// write describes a node and all below it.
func (n *Node) write(t *thrift, root bool) {
	t.begin()
	group := root || len(n.Children) > 0
	if !group {
		t.i32(1, int(n.Physical))
		if n.Physical == Fixed {
			t.i32(2, n.Length)
		}
	}
	if !root {
		t.i32(3, int(n.Repetition))
	}
	t.text(4, []byte(n.Name))
	if group {
		t.i32(5, len(n.Children))
	}
	if n.Meaning != Plain {
		t.i32(6, int(n.Meaning))
	}
	if n.Meaning == Decimal {
		t.i32(7, n.Scale)
		t.i32(8, n.Precision)
	}
	t.end()
	for _, c := range n.Children {
		c.write(t, false)
	}
}

func (w *Writer) group(t *thrift, g *group, ordinal int16) {
	t.begin()
	t.list(1, thriftStruct, len(g.chunks))
	unpacked, packed := int64(0), int64(0)
	for i := range g.chunks {
		c := &g.chunks[i]
		w.describe(t, c)
		unpacked += c.unpacked
		packed += c.end - c.start
	}
	t.i64(2, unpacked)
	t.i64(3, g.rows)
	t.i64(5, g.chunks[0].start)
	t.i64(6, packed)
	t.i16(7, ordinal)
	t.end()
}

func (w *Writer) describe(t *thrift, c *chunk) {
	t.begin()
	t.i64(2, c.start)
	t.structure(3)
	t.i32(1, int(c.node.Physical))
	t.list(2, thriftI32, len(c.encodings))
	for _, e := range c.encodings {
		t.out = append(t.out, byte(e)<<1) // zigzag
	}
	t.list(3, thriftBinary, len(c.path))
	for _, name := range c.path {
		t.bytes([]byte(name))
	}
	t.i32(4, int(w.options.Codec))
	t.i64(5, c.slots)
	t.i64(6, c.unpacked)
	t.i64(7, c.end-c.start)
	t.i64(9, c.data)
	if c.dictionary {
		t.i64(11, c.start)
	}
	t.structure(12)
	t.i64(3, c.nulls)
	if c.least != nil {
		t.text(5, c.most)
		t.text(6, c.least)
	}
	t.end()
	t.end()
	t.end()
}
