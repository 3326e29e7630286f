package filter

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// depthMax bounds how deep patterns nest. At 4,096 characters, the longest
// pattern the service takes, nobody has a use for more.
const depthMax = 100

// operators are the names that a leaf may use. Those of event buses that the
// mappings of streams do not have, wildcard and cidr, are missing on purpose.
var operators = []string{"anything-but", "numeric", "exists", "prefix", "suffix", "equals-ignore-case"}

func compile(text string) (compiled, error) {
	value, ok := decode([]byte(text))
	if !ok {
		return compiled{}, errors.New("is not JSON")
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return compiled{}, errors.New("is not an object")
	}
	c := compiler{}
	root, err := c.object(fields, nil)
	return compiled{root: root, data: c.data, fields: c.fields}, err
}

// compiler notes what a pattern looks at.
type compiler struct{ data, fields bool }

// object compiles the fields of an object that is found at a path.
func (c *compiler) object(fields map[string]any, path []string) (*object, error) {
	if len(fields) == 0 {
		return nil, errors.New("has an empty object")
	}
	if len(path) > depthMax {
		return nil, errors.New("nests too deep")
	}
	o := &object{fields: map[string]node{}}
	for name, value := range fields {
		if branches, ok := alternatives(name, value); ok {
			or, err := c.or(branches, path)
			if err != nil {
				return nil, err
			}
			o.or = append(o.or, or)
			continue
		}
		n, err := c.field(value, append(slices.Clone(path), name))
		if err != nil {
			return nil, err
		}
		o.fields[name] = n
	}
	return o, nil
}

// alternatives tells whether a field is a $or over objects. With a single
// branch, or branches that are operators, it is a field of that name.
func alternatives(name string, value any) ([]any, bool) {
	list, ok := value.([]any)
	if name != "$or" || !ok || len(list) < 2 {
		return nil, false
	}
	for _, branch := range list {
		fields, ok := branch.(map[string]any)
		if !ok {
			return nil, false
		}
		for key := range fields {
			if slices.Contains(operators, key) {
				return nil, false
			}
		}
	}
	return list, true
}

func (c *compiler) or(branches []any, path []string) ([]*object, error) {
	var or []*object
	for _, branch := range branches {
		o, err := c.object(branch.(map[string]any), path)
		if err != nil {
			return nil, err
		}
		or = append(or, o)
	}
	return or, nil
}

// field compiles what stands under a name.
func (c *compiler) field(value any, path []string) (node, error) {
	isData := path[0] == "data"
	c.data, c.fields = c.data || isData, c.fields || !isData
	switch v := value.(type) {
	case map[string]any:
		return c.object(v, path)
	case []any:
		if isData && len(path) == 1 {
			return nil, errors.New("compares data as text; the data of a stream is matched as a JSON object")
		}
		return compileLeaf(v, path)
	}
	return nil, fmt.Errorf("has neither an object nor an array at %q", path[len(path)-1])
}

func compileLeaf(list []any, path []string) (node, error) {
	if len(list) == 0 {
		return nil, fmt.Errorf("has an empty array at %q", path[len(path)-1])
	}
	l := &leaf{path: path}
	for _, value := range list {
		switch v := value.(type) {
		case []any:
			return nil, errors.New("has an array within an array")
		case map[string]any:
			r, err := compileRule(v)
			if err != nil {
				return nil, err
			}
			if r.absent {
				l.absent = true
				continue
			}
			l.rules = append(l.rules, r.match)
		default:
			l.rules = append(l.rules, func(have any) bool { return have == v })
		}
	}
	return l, nil
}

// rule is an alternative of a leaf: what a value must be, or that there is none.
type rule struct {
	match  func(have any) bool
	absent bool
}

func compileRule(o map[string]any) (rule, error) {
	if len(o) != 1 {
		return rule{}, errors.New("has a comparison that is not one operator")
	}
	var err error
	var r rule
	for name, value := range o {
		switch name {
		case "anything-but":
			r.match, err = anythingBut(value)
		case "numeric":
			r.match, err = numeric(value)
		case "exists":
			exists, ok := value.(bool)
			if !ok {
				return rule{}, errors.New("exists wants true or false")
			}
			r = rule{match: func(any) bool { return true }, absent: !exists}
		case "prefix", "suffix":
			r.match, err = affix(name, value)
		case "equals-ignore-case":
			r.match, err = text(value, equalFold)
		default:
			err = fmt.Errorf("%q is no operator here", name)
		}
	}
	return r, err
}

// anythingBut takes a text, a number, or a list of either kind. Null and what
// is in no list pass.
func anythingBut(value any) (func(any) bool, error) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	if len(list) == 0 {
		return nil, errors.New("anything-but has an empty list")
	}
	var texts, numbers int
	for _, v := range list {
		switch v.(type) {
		case string:
			texts++
		case json.Number:
			numbers++
		}
	}
	if texts != len(list) && numbers != len(list) {
		return nil, errors.New("anything-but wants texts only or numbers only")
	}
	return func(have any) bool { return !slices.Contains(list, have) }, nil
}

// numeric takes one comparison, or a lower and an upper bound.
func numeric(value any) (func(any) bool, error) {
	list, ok := value.([]any)
	if !ok || len(list) != 2 && len(list) != 4 {
		return nil, errors.New("numeric wants one or two comparisons")
	}
	first, low, err := comparison(list[0], list[1])
	if err != nil || len(list) == 2 {
		return number(first), err
	}
	second, high, err := comparison(list[2], list[3])
	if err != nil {
		return nil, err
	}
	if !lower(list[0]) || !upper(list[2]) || low >= high {
		return nil, errors.New("numeric wants a lower bound before an upper one")
	}
	return number(func(v float64) bool { return first(v) && second(v) }), nil
}

func lower(op any) bool { return op == ">" || op == ">=" }
func upper(op any) bool { return op == "<" || op == "<=" }

func comparison(op, value any) (func(v float64) bool, float64, error) {
	text, ok := value.(json.Number)
	if !ok {
		return nil, 0, errors.New("numeric compares with something that is no number")
	}
	bound, err := text.Float64()
	if err != nil || math.IsInf(bound, 0) {
		return nil, 0, errors.New("numeric has a number out of range")
	}
	switch op {
	case "=":
		return func(v float64) bool { return v == bound }, bound, nil
	case "<":
		return func(v float64) bool { return v < bound }, bound, nil
	case "<=":
		return func(v float64) bool { return v <= bound }, bound, nil
	case ">":
		return func(v float64) bool { return v > bound }, bound, nil
	case ">=":
		return func(v float64) bool { return v >= bound }, bound, nil
	}
	return nil, 0, errors.New("numeric has an unknown comparison")
}

func number(accept func(v float64) bool) func(any) bool {
	return func(have any) bool {
		text, ok := have.(json.Number)
		if !ok {
			return false
		}
		v, err := text.Float64()
		return err == nil && accept(v)
	}
}
