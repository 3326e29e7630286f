package convert

import (
	"strings"

	"sluice/firehose/parquet"
)

// Rows reads records into columns. It is used by one goroutine at a time.
type Rows struct {
	plan    *Plan
	scanner scanner
	values  []parquet.Values
	count   int
	// spans is a stack: the fields of the structs that are being read.
	spans []span
	// hints remember which field the nth key of each struct was, for records
	// mostly have the same keys in the same order.
	hints [][]hint
	text  []byte // for texts with escapes
}

// hint is a key as it was spelled, and the field it means; -1: none.
type hint struct {
	key   string
	field int
}

const (
	// maxHints and maxHintBytes bound what is remembered of a struct.
	maxHints     = 256
	maxHintBytes = 128
	// unknown is the field of keys that mean nothing.
	unknown = -1
)

// NewRows returns a place for rows.
func (p *Plan) NewRows() *Rows {
	return &Rows{plan: p, values: make([]parquet.Values, p.leaves), hints: make([][]hint, p.structs)}
}

// Read replaces the rows by those of a record, which may hold several documents.
// An error is a *Failure, and leaves no rows. The record is not kept.
func (r *Rows) Read(record []byte) error {
	r.reset()
	r.scanner.data = record
	err := r.read()
	r.scanner.data = nil
	if err != nil {
		r.reset()
	}
	return err
}

// Count is how many rows there are.
func (r *Rows) Count() int { return r.count }

// Values are the values of the rows, of every leaf, until the next Read.
func (r *Rows) Values() []parquet.Values { return r.values }

func (r *Rows) reset() {
	for i := range r.values {
		r.values[i].Reset()
	}
	r.count, r.spans = 0, r.spans[:0]
}

func (r *Rows) read() error {
	s := &r.scanner
	i := s.space(0)
	if i == len(s.data) {
		return errEmpty()
	}
	for i < len(s.data) {
		next := i
		switch c := s.data[i]; c {
		case '{':
			base, end, err := r.fields(r.plan.root, i)
			if err != nil {
				return err
			}
			if err := r.members(r.plan.root, base, 0); err != nil {
				return err
			}
			next = end
		case '[':
			if _, _, err := s.value(i, 0); err != nil {
				return err
			}
			return errArray()
		default:
			if _, _, err := s.value(i, 0); err != nil {
				return err
			}
			return errPrimitive()
		}
		r.count++
		i = next
	}
	return nil
}

// fields finds the fields of a struct in an object. They are on the stack from
// base on.
func (r *Rows) fields(n *node, i int) (base, next int, err error) {
	base = len(r.spans)
	for range n.children {
		r.spans = append(r.spans, span{})
	}
	position := 0
	_, next, err = r.scanner.object(i, 0, func(key, value span) error {
		at := r.lookup(n, position, key)
		position++
		if at == unknown {
			return nil
		}
		if r.spans[base+at].sort != absent && !r.plan.options.Hive {
			return malformed("Duplicate key \"" + string(r.scanner.data[key.from:key.to]) + "\"")
		}
		r.spans[base+at] = value
		return nil
	})
	return base, next, err
}

// lookup tells which field the nth key of an object means.
func (r *Rows) lookup(n *node, position int, key span) int {
	raw := r.scanner.data[key.from:key.to]
	known := r.hints[n.number]
	if position < len(known) && string(raw) == known[position].key {
		return known[position].field
	}
	if !key.plain {
		raw = unescape(nil, raw)
	}
	field, ok := n.fields[r.plan.fold(string(raw))]
	if !ok {
		field = unknown
	}
	if key.plain && len(raw) <= maxHintBytes {
		switch h := (hint{string(raw), field}); {
		case position < len(known):
			known[position] = h
		case position == len(known) && position < maxHints:
			r.hints[n.number] = append(known, h)
		}
	}
	return field
}

// members writes the fields of a struct that lie on the stack, and takes them
// off.
func (r *Rows) members(n *node, base int, rep uint8) error {
	for i, child := range n.children {
		if err := r.write(child, r.spans[base+i], rep); err != nil {
			return err
		}
	}
	r.spans = r.spans[:base]
	return nil
}

// nulls writes that nothing is there, from a level on.
func (r *Rows) nulls(n *node, rep, def uint8) {
	for i := n.first; i < n.last; i++ {
		r.values[i].Null(rep, def, r.plan.repeats[i])
	}
}

// write writes a value of a node. rep is the level at which the slot begins.
func (r *Rows) write(n *node, v span, rep uint8) error {
	if v.sort <= null {
		r.nulls(n, rep, n.def-1)
		return nil
	}
	switch n.kind {
	case kindList:
		return r.list(n, v, rep)
	case kindMap:
		return r.table(n, v, rep)
	case kindStruct:
		return r.structure(n, v, rep)
	}
	if err := r.leaf(n, v); err != nil {
		return err
	}
	r.values[n.first].Null(rep, n.def, n.repeats)
	return nil
}

// list writes an array. OpenX takes what is none for an array of one.
func (r *Rows) list(n *node, v span, rep uint8) error {
	if v.sort != array {
		if r.plan.options.Hive {
			return mismatch("java.io.IOException: Start of Array expected")
		}
		return r.write(n.children[0], v, rep)
	}
	any := false
	_, _, err := r.scanner.array(v.from, 0, func(value span) error {
		at := rep
		if any {
			at = n.rep
		}
		any = true
		return r.write(n.children[0], value, at)
	})
	if err == nil && !any {
		r.nulls(n, rep, n.def)
	}
	return err
}

// table writes a map.
func (r *Rows) table(n *node, v span, rep uint8) error {
	if v.sort != object {
		if r.plan.options.Hive {
			return mismatch("java.io.IOException: Start of Object expected")
		}
		return r.notObject(v)
	}
	any := false
	_, _, err := r.scanner.object(v.from, 0, func(key, value span) error {
		at := rep
		if any {
			at = n.rep
		}
		any = true
		if err := r.key(n.children[0], key, at); err != nil {
			return err
		}
		return r.write(n.children[1], value, at)
	})
	if err == nil && !any {
		r.nulls(n, rep, n.def)
	}
	return err
}

// key writes the key of a map. OpenX knows lower case only, unless told.
func (r *Rows) key(n *node, key span, rep uint8) error {
	raw := r.scanner.data[key.from:key.to]
	if !key.plain {
		raw = unescape(nil, raw)
	}
	if !r.plan.options.Hive && !r.plan.options.CaseSensitive {
		raw = []byte(strings.ToLower(string(raw)))
	}
	if err := r.parse(n, raw, text); err != nil {
		return err
	}
	r.values[n.first].Null(rep, n.def, n.repeats)
	return nil
}

// structure writes a struct. OpenX fills one from an array by position.
func (r *Rows) structure(n *node, v span, rep uint8) error {
	switch {
	case v.sort == object:
		base, _, err := r.fields(n, v.from)
		if err != nil {
			return err
		}
		return r.members(n, base, rep)
	case r.plan.options.Hive:
		return mismatch("java.io.IOException: Start of Object expected")
	case v.sort != array:
		return r.notObject(v)
	}
	base := len(r.spans)
	for range n.children {
		r.spans = append(r.spans, span{})
	}
	at := base
	_, _, err := r.scanner.array(v.from, 0, func(value span) error {
		if at < base+len(n.children) {
			r.spans[at] = value
			at++
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.members(n, base, rep)
}

// notObject names what is there by its class, as the service does.
func (r *Rows) notObject(v span) error {
	raw := r.scanner.data[v.from:v.to]
	class := "java.lang.String"
	switch {
	case v.sort == truth:
		class = "java.lang.Boolean"
	case v.sort == number && v.plain:
		class = "java.lang.Long"
	case v.sort == number:
		class = "java.lang.Double"
	case v.sort == array:
		class = "org.openx.data.jsonserde.json.JSONArray"
	case !v.plain:
		raw = unescape(nil, raw)
	}
	return mismatch("Data is not JSONObject  but %s with value %s", class, raw)
}
