package expression

import (
	"slices"
	"strconv"
	"strings"

	"sluice/companions/dynamodb/value"
)

// Step is a name in a map or an index in a list.
type Step struct {
	Name  string
	Index int
	// List says that Index counts.
	List bool
}

// Path leads from an item to something in it.
type Path []Step

// String is the path as error texts show it.
func (p Path) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		if parts[i] = s.Name; s.List {
			parts[i] = "[" + strconv.Itoa(s.Index) + "]"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Find returns what the path leads to, nil when there is nothing.
func (p Path) Find(item value.Item) *value.Value {
	v := &value.Value{Kind: value.M, Map: item}
	for _, s := range p {
		switch {
		case s.List && v.Kind == value.L && s.Index < len(v.List):
			v = v.List[s.Index]
		case !s.List && v.Kind == value.M && v.Map[s.Name] != nil:
			v = v.Map[s.Name]
		default:
			return nil
		}
	}
	return v
}

// conflict tells why two paths cannot be in one expression.
func (p Path) conflict(q Path) error {
	for i := range min(len(p), len(q)) {
		if p[i].List != q[i].List {
			return fail("Two document paths conflict with each other; "+
				"must remove or rewrite one of these paths; path one: %s, path two: %s", p, q)
		}
		if p[i] != q[i] {
			return nil
		}
	}
	return fail("Two document paths overlap with each other; "+
		"must remove or rewrite one of these paths; path one: %s, path two: %s", p, q)
}

// Projection is a list of paths.
type Projection []Path

// Names makes a projection of plain attributes.
func Names(names []string) Projection {
	var p Projection
	for _, name := range names {
		p = append(p, Path{{Name: name}})
	}
	return p
}

// Of returns the part of an item that the paths lead to. Of lists, what is
// left moves together.
func (p Projection) Of(item value.Item) value.Item {
	root := &part{}
	for _, path := range p {
		if v := path.Find(item); v != nil {
			root.add(path, v)
		}
	}
	if root.parts == nil {
		return value.Item{}
	}
	return root.make().Map
}

// part is a piece of an item that is being put together.
type part struct {
	whole *value.Value
	list  bool
	steps []Step
	parts map[Step]*part
}

func (p *part) add(path Path, v *value.Value) {
	for _, s := range path {
		if p.parts == nil {
			p.parts = map[Step]*part{}
		}
		if p.parts[s] == nil {
			p.parts[s] = &part{}
			p.steps = append(p.steps, s)
		}
		p.list = s.List
		p = p.parts[s]
	}
	p.whole = v
}

func (p *part) make() *value.Value {
	if p.whole != nil {
		return p.whole
	}
	if p.list {
		slices.SortFunc(p.steps, func(a, b Step) int { return a.Index - b.Index })
		v := &value.Value{Kind: value.L}
		for _, s := range p.steps {
			v.List = append(v.List, p.parts[s].make())
		}
		return v
	}
	v := &value.Value{Kind: value.M, Map: value.Item{}}
	for _, s := range p.steps {
		v.Map[s.Name] = p.parts[s].make()
	}
	return v
}
