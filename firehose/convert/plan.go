package convert

import (
	"strings"

	"sluice/firehose/parquet"
)

// maxColumns bounds a table.
const maxColumns = 10000

// Column is a column of a table.
type Column struct{ Name, Type string }

// Options say how JSON is read.
type Options struct {
	// Hive has it read as Hive's own deserialiser does, otherwise OpenX's.
	Hive bool
	// TimestampFormats are Joda patterns, or "millis", for Hive.
	TimestampFormats []string
	// CaseSensitive, Dots and Keys are for OpenX: whether keys are compared as
	// they are, whether dots in keys are underscores, and which keys columns
	// have that are called otherwise.
	CaseSensitive, Dots bool
	Keys                map[string]string
}

// Plan is a compiled schema. It never changes and may be used concurrently.
type Plan struct {
	options Options
	formats []timeFormat
	root    *node // a struct of the columns
	schema  []*parquet.Node
	leaves  int
	repeats []bool // of each leaf, whether anything around it does
	structs int
}

// node is a column or a part of one, and where it goes.
type node struct {
	kind kind
	typ  hiveType
	// def is the level at which it is there, rep the level of what repeats in it
	// (lists and maps) or around it.
	def, rep uint8
	// repeats tells whether anything around it repeats.
	repeats bool
	// first and last are its leaves; last is behind the last.
	first, last int
	children    []*node
	// of structs: where fields are found by the names in records, and a number
	// among the structs.
	fields map[string]int
	number int
}

// Compile reads a schema. An error is a *Failure.
func Compile(columns []Column, o Options) (*Plan, error) {
	if len(columns) == 0 || len(columns) > maxColumns {
		return nil, errSchema("A table has 1 to %d columns.", maxColumns)
	}
	p := &Plan{options: o, root: &node{kind: kindStruct, fields: map[string]int{}, number: 0}}
	p.structs = 1
	var err error
	if p.formats, err = compileFormats(o.TimestampFormats); err != nil {
		return nil, errSchema("%s", err)
	}
	seen := map[string]bool{}
	for i, c := range columns {
		t, err := parseType(c.Type)
		if err != nil {
			return nil, err
		}
		if !o.Hive && t.has(kindBinary) {
			return nil, errOpenXTypes()
		}
		name := strings.ToLower(c.Name)
		if name == "" || seen[name] {
			return nil, errSchema("The column %q has no name, or is there twice.", c.Name)
		}
		seen[name] = true
		shape, n := p.build(name, &t, parquet.Optional, 0, 0)
		p.schema = append(p.schema, shape)
		p.root.children = append(p.root.children, n)
		key := name
		if mapped, ok := o.Keys[c.Name]; ok && !o.Hive {
			key = p.fold(mapped)
		} else if mapped, ok := o.Keys[name]; ok && !o.Hive {
			key = p.fold(mapped)
		}
		p.root.fields[key] = i
	}
	p.root.last = p.leaves
	return p, nil
}

// Schema is what a file of such rows has.
func (p *Plan) Schema() []*parquet.Node { return p.schema }

// fold spells a key of a record as it is looked for.
func (p *Plan) fold(key string) string {
	if p.options.Hive || !p.options.CaseSensitive {
		key = strings.ToLower(key)
	}
	if p.options.Dots && !p.options.Hive {
		key = strings.ReplaceAll(key, ".", "_")
	}
	return key
}

// build makes the node of a type and its shape in the file, as Hive's writer
// lays it out. def and rep are the levels around it.
func (p *Plan) build(name string, t *hiveType, r parquet.Repetition, def, rep uint8) (*parquet.Node, *node) {
	if r == parquet.Optional {
		def++
	}
	shape := &parquet.Node{Name: name, Repetition: r, Meaning: parquet.Plain}
	n := &node{kind: t.kind, typ: *t, def: def, rep: rep, repeats: rep > 0, first: p.leaves}
	switch t.kind {
	case kindList:
		n.rep = rep + 1
		of, child := p.build("array_element", &t.of[0], parquet.Optional, def+1, n.rep)
		n.children = []*node{child}
		shape.Meaning = parquet.List
		shape.Children = []*parquet.Node{{Name: "bag", Repetition: parquet.Repeated, Meaning: parquet.Plain, Children: []*parquet.Node{of}}}
	case kindMap:
		n.rep = rep + 1
		keys, key := p.build("key", &t.of[0], parquet.Required, def+1, n.rep)
		values, value := p.build("value", &t.of[1], parquet.Optional, def+1, n.rep)
		n.children = []*node{key, value}
		shape.Meaning = parquet.Map
		shape.Children = []*parquet.Node{{Name: "map", Repetition: parquet.Repeated, Meaning: parquet.MapKeyValue, Children: []*parquet.Node{keys, values}}}
	case kindStruct:
		n.number, n.fields = p.structs, map[string]int{}
		p.structs++
		for i := range t.of {
			of, child := p.build(t.names[i], &t.of[i], parquet.Optional, def, rep)
			shape.Children = append(shape.Children, of)
			n.children = append(n.children, child)
			n.fields[t.names[i]] = i
		}
	default:
		p.leaves++
		p.repeats = append(p.repeats, n.repeats)
		leafShape(shape, t)
	}
	n.last = p.leaves
	return shape, n
}

// leafShape is how a primitive type is stored.
func leafShape(shape *parquet.Node, t *hiveType) {
	switch t.kind {
	case kindBoolean:
		shape.Physical = parquet.Boolean
	case kindTinyint:
		shape.Physical, shape.Meaning = parquet.Int32, parquet.Int8
	case kindSmallint:
		shape.Physical, shape.Meaning = parquet.Int32, parquet.Int16
	case kindInt:
		shape.Physical = parquet.Int32
	case kindBigint:
		shape.Physical = parquet.Int64
	case kindFloat:
		shape.Physical = parquet.Float
	case kindDouble:
		shape.Physical = parquet.Double
	case kindDecimal:
		shape.Physical, shape.Meaning, shape.Length = parquet.Fixed, parquet.Decimal, decimalBytes(t.precision)
		shape.Precision, shape.Scale = t.precision, t.scale
	case kindString, kindVarchar, kindChar:
		shape.Physical, shape.Meaning = parquet.ByteArray, parquet.UTF8
	case kindDate:
		shape.Physical, shape.Meaning = parquet.Int32, parquet.Date
	case kindTimestamp:
		shape.Physical = parquet.Int96
	case kindBinary:
		shape.Physical = parquet.ByteArray
	}
}
