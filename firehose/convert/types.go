package convert

import (
	"slices"
	"strconv"
	"strings"
)

// kind is a Hive type.
type kind int

const (
	kindBoolean kind = iota
	kindTinyint
	kindSmallint
	kindInt
	kindBigint
	kindFloat
	kindDouble
	kindDecimal
	kindString
	kindVarchar
	kindChar
	kindDate
	kindTimestamp
	kindBinary
	kindList
	kindMap
	kindStruct
)

// primitives are the types without parameters, by name.
func primitive(name string) (kind, bool) {
	switch name {
	case "boolean":
		return kindBoolean, true
	case "tinyint":
		return kindTinyint, true
	case "smallint":
		return kindSmallint, true
	case "int", "integer":
		return kindInt, true
	case "bigint":
		return kindBigint, true
	case "float":
		return kindFloat, true
	case "double":
		return kindDouble, true
	case "string":
		return kindString, true
	case "date":
		return kindDate, true
	case "timestamp":
		return kindTimestamp, true
	case "binary":
		return kindBinary, true
	}
	return 0, false
}

// hiveType is a parsed type.
type hiveType struct {
	kind kind
	// precision and scale are of decimals; length is the characters of char and
	// varchar, and the bytes of decimals.
	precision, scale, length int
	// of are the types within: of an element; of key and value; of fields.
	of    []hiveType
	names []string // of fields
}

const (
	maxPrecision = 38
	maxVarchar   = 65535
	maxChar      = 255
	// maxNesting is how deep types go.
	maxNesting = 50
)

// typeParser reads the text of a type.
type typeParser struct {
	text string // what is left
}

// parseType reads a type such as array<struct<a:int,b:decimal(10,2)>>.
func parseType(text string) (hiveType, error) {
	p := &typeParser{strings.ToLower(strings.TrimSpace(text))}
	t, err := p.next(0)
	if err == nil && p.text != "" {
		err = errSchema("%q is behind the type %q.", p.text, text)
	}
	return t, err
}

// word takes letters, digits and underscores.
func (p *typeParser) word() string {
	p.text = strings.TrimLeft(p.text, " ")
	end := strings.IndexAny(p.text, "<>(),: ")
	if end < 0 {
		end = len(p.text)
	}
	w := p.text[:end]
	p.text = strings.TrimLeft(p.text[end:], " ")
	return w
}

func (p *typeParser) take(mark string) bool {
	rest, ok := strings.CutPrefix(p.text, mark)
	if ok {
		p.text = strings.TrimLeft(rest, " ")
	}
	return ok
}

func (p *typeParser) next(depth int) (t hiveType, err error) {
	if depth > maxNesting {
		return t, errSchema("Types are nested more than %d deep.", maxNesting)
	}
	name := p.word()
	if k, ok := primitive(name); ok {
		return hiveType{kind: k}, nil
	}
	switch name {
	case "decimal", "numeric":
		return p.decimal()
	case "varchar":
		t = hiveType{kind: kindVarchar}
		t.length, err = p.length(maxVarchar)
		return t, err
	case "char":
		t = hiveType{kind: kindChar}
		t.length, err = p.length(maxChar)
		return t, err
	case "array":
		return p.nested(kindList, 1, depth)
	case "map":
		return p.nested(kindMap, 2, depth)
	case "struct":
		return p.structure(depth)
	}
	return t, errSchema("The type %q is not supported.", name)
}

// numbers reads numbers in parentheses.
func (p *typeParser) numbers() (out []int, err error) {
	if !p.take("(") {
		return nil, nil
	}
	for {
		n, err := strconv.Atoi(p.word())
		if err != nil {
			return nil, errSchema("A type has parameters that are not numbers.")
		}
		out = append(out, n)
		if p.take(")") {
			return out, nil
		}
		if !p.take(",") {
			return nil, errSchema("A type has a parenthesis that does not end.")
		}
	}
}

func (p *typeParser) decimal() (hiveType, error) {
	t := hiveType{kind: kindDecimal, precision: 10}
	n, err := p.numbers()
	if err != nil {
		return t, err
	}
	if len(n) > 0 {
		t.precision = n[0]
	}
	if len(n) > 1 {
		t.scale = n[1]
	}
	if len(n) > 2 || t.precision < 1 || t.precision > maxPrecision || t.scale < 0 || t.scale > t.precision {
		return t, errSchema("There is no decimal(%d,%d).", t.precision, t.scale)
	}
	t.length = decimalBytes(t.precision)
	return t, nil
}

func (p *typeParser) length(most int) (int, error) {
	n, err := p.numbers()
	if err == nil && (len(n) != 1 || n[0] < 1 || n[0] > most) {
		err = errSchema("The length of a text has to be between 1 and %d.", most)
	}
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// nested reads the types within array<> and map<>.
func (p *typeParser) nested(k kind, n, depth int) (hiveType, error) {
	t := hiveType{kind: k}
	if !p.take("<") {
		return t, errSchema("The types within array or map are missing.")
	}
	for i := range n {
		if i > 0 && !p.take(",") {
			return t, errSchema("A map has a key and a value.")
		}
		of, err := p.next(depth + 1)
		if err != nil {
			return t, err
		}
		t.of = append(t.of, of)
	}
	if !p.take(">") {
		return t, errSchema("The types within array or map do not end.")
	}
	if k == kindMap && t.of[0].kind >= kindList {
		return t, errSchema("The key of a map has to be primitive.")
	}
	return t, nil
}

func (p *typeParser) structure(depth int) (hiveType, error) {
	t := hiveType{kind: kindStruct}
	if !p.take("<") {
		return t, errSchema("The fields of a struct are missing.")
	}
	for {
		name := p.word()
		if name == "" || slices.Contains(t.names, name) || !p.take(":") {
			return t, errSchema("The field %q of a struct is not NAME:TYPE, or is there twice.", name)
		}
		of, err := p.next(depth + 1)
		if err != nil {
			return t, err
		}
		t.names, t.of = append(t.names, name), append(t.of, of)
		if p.take(">") {
			return t, nil
		}
		if !p.take(",") {
			return t, errSchema("The fields of a struct do not end.")
		}
	}
}

// has tells whether a kind is anywhere in the type.
func (t *hiveType) has(k kind) bool {
	return t.kind == k || slices.ContainsFunc(t.of, func(of hiveType) bool { return of.has(k) })
}
