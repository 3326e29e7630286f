package expression

import (
	"maps"
	"slices"

	"sluice/companions/dynamodb/value"
)

// What keeps an update from being carried out.
const (
	textBadPath = "The document path provided in the update expression is invalid for update"
	textMissing = "The provided expression refers to an attribute that does not exist in the item"
	textBadType = "An operand in the update expression has an incorrect data type"
)

// Apply returns the item after the update. All that it reads is read before
// anything is changed.
func (u *Update) Apply(item value.Item) (value.Item, error) {
	values := make([]*value.Value, len(u.actions))
	for i, a := range u.actions {
		var err error
		if values[i], err = a.result(item); err != nil {
			return nil, err
		}
	}
	next := maps.Clone(item)
	for i, a := range u.actions {
		changed, err := replace(&value.Value{Kind: value.M, Map: next}, a.path, values[i])
		if err != nil {
			return nil, err
		}
		next = changed.Map
	}
	for _, a := range u.actions {
		if name := a.path[0].Name; len(a.path) > 1 {
			next[name] = squashed(next[name])
		}
	}
	return next, nil
}

// result is what the path is set to; nil removes it.
func (a *action) result(item value.Item) (*value.Value, error) {
	old := a.path.Find(item)
	switch a.section {
	case "SET":
		v, err := a.term.resolve(item)
		if err == nil && v == nil {
			err = fail(textMissing)
		}
		return v, err
	case "ADD":
		return Add(old, a.operand)
	case "DELETE":
		return Subtract(old, a.operand)
	}
	return nil, nil
}

// Add adds a number or the elements of a set; old is nil when there is none.
func Add(old, v *value.Value) (*value.Value, error) {
	switch {
	case old == nil:
		return v, nil
	case old.Kind != v.Kind:
		return nil, fail(textBadType)
	case v.Kind == value.N:
		return sum(old, v, false)
	}
	list := slices.Clone(old.List)
	for _, e := range v.List {
		if !old.Has(e) {
			list = append(list, e)
		}
	}
	return &value.Value{Kind: v.Kind, List: list}, nil
}

// Subtract removes the elements of a set; nothing is left of an empty one.
func Subtract(old, v *value.Value) (*value.Value, error) {
	if old == nil {
		return nil, nil
	}
	if old.Kind != v.Kind {
		return nil, fail(textBadType)
	}
	list := slices.DeleteFunc(slices.Clone(old.List), v.Has)
	if len(list) == 0 {
		return nil, nil
	}
	return &value.Value{Kind: v.Kind, List: list}, nil
}

func sum(a, b *value.Value, minus bool) (*value.Value, error) {
	if a.Kind != value.N || b.Kind != value.N {
		return nil, fail(textBadType)
	}
	n := b.Number()
	if minus {
		n = n.Neg()
	}
	n, err := a.Number().Add(n)
	if err != nil {
		return nil, fail("%s", NumberText(err, ""))
	}
	return value.NewNumber(n), nil
}

// NumberText is the service's text for what value.ParseNumber refuses.
func NumberText(err error, text string) string {
	switch err {
	case value.ErrOverflow:
		return "Number overflow. Attempting to store a number with magnitude larger than supported range"
	case value.ErrUnderflow:
		return "Number underflow. Attempting to store a number with magnitude smaller than supported range"
	case value.ErrDigits:
		return "Attempting to store more than 38 significant digits in a Number"
	}
	if text == "" {
		return "The parameter cannot be converted to a numeric value"
	}
	return "The parameter cannot be converted to a numeric value: " + text
}

func (t *term) resolve(item value.Item) (*value.Value, error) {
	switch t.op {
	case "value":
		return t.value, nil
	case "path":
		if v := t.path.Find(item); v != nil {
			return v, nil
		}
		return nil, fail(textMissing)
	case "if_not_exists":
		if v := t.args[0].path.Find(item); v != nil {
			return v, nil
		}
		return t.args[1].resolve(item)
	}
	a, err := t.args[0].resolve(item)
	if err != nil {
		return nil, err
	}
	b, err := t.args[1].resolve(item)
	if err != nil {
		return nil, err
	}
	if t.op != "list_append" {
		return sum(a, b, t.op == "-")
	}
	if a.Kind != value.L || b.Kind != value.L {
		return nil, fail(textBadType)
	}
	return &value.Value{Kind: value.L, List: slices.Concat(a.List, b.List)}, nil
}

// replace returns v with what the path leads to replaced, or removed when with
// is nil. Removed elements of lists leave a hole, so that indices stay.
func replace(v *value.Value, path Path, with *value.Value) (*value.Value, error) {
	if len(path) == 0 {
		return with, nil
	}
	s, inner := path[0], (*value.Value)(nil)
	switch {
	case v == nil, s.List && v.Kind != value.L, !s.List && v.Kind != value.M:
		return nil, fail(textBadPath)
	case !s.List:
		inner = v.Map[s.Name]
	case s.Index < len(v.List):
		inner = v.List[s.Index]
	}
	changed, err := replace(inner, path[1:], with)
	if err != nil {
		return nil, err
	}
	next := &value.Value{Kind: v.Kind}
	switch {
	case !s.List:
		next.Map = maps.Clone(v.Map)
		if next.Map == nil {
			next.Map = value.Item{}
		}
		if changed == nil {
			delete(next.Map, s.Name)
		} else {
			next.Map[s.Name] = changed
		}
	case s.Index < len(v.List):
		next.List = slices.Clone(v.List)
		next.List[s.Index] = changed
	default:
		next.List = slices.Clone(v.List)
		if changed != nil {
			next.List = append(next.List, changed)
		}
	}
	return next, nil
}

// squashed closes the holes of removed elements.
func squashed(v *value.Value) *value.Value {
	if v == nil || v.Kind != value.L && v.Kind != value.M {
		return v
	}
	next := &value.Value{Kind: v.Kind}
	for _, e := range v.List {
		if e != nil {
			next.List = append(next.List, squashed(e))
		}
	}
	if v.Map != nil {
		next.Map = make(value.Item, len(v.Map))
		for name, e := range v.Map {
			next.Map[name] = squashed(e)
		}
	}
	return next
}
