package expression

import (
	"strconv"
	"strings"
	"unicode/utf16"

	"sluice/companions/dynamodb/value"
)

// Holds tells whether an item, which may be nil, satisfies the condition.
func (c *Condition) Holds(item value.Item) bool { return c.root.holds(item) }

func (n *node) holds(item value.Item) bool {
	switch n.op {
	case "and":
		return n.args[0].holds(item) && n.args[1].holds(item)
	case "or":
		return n.args[0].holds(item) || n.args[1].holds(item)
	case "not":
		return !n.args[0].holds(item)
	}
	args := make([]*value.Value, len(n.args))
	for i, arg := range n.args {
		args[i] = arg.resolve(item)
	}
	return Compare(n.op, args[0], args[1:])
}

// resolve gives the value of an operand, nil when it has none.
func (n *node) resolve(item value.Item) *value.Value {
	switch n.op {
	case "path":
		return n.path.Find(item)
	case "value":
		return n.value
	}
	return size(n.args[0].resolve(item))
}

func size(v *value.Value) *value.Value {
	if v == nil {
		return nil
	}
	n := 0
	switch v.Kind {
	case value.S:
		for _, r := range v.Text {
			n += max(1, utf16.RuneLen(r))
		}
	case value.B:
		n = len(v.Text)
	case value.M:
		n = len(v.Map)
	case value.L, value.SS, value.NS, value.BS:
		n = len(v.List)
	default:
		return nil
	}
	return &value.Value{Kind: value.N, Text: strconv.Itoa(n)}
}

// Compare applies an operator or function to a value, nil for one that is not
// there, and its other operands.
func Compare(op string, v *value.Value, with []*value.Value) bool {
	switch op {
	case "attribute_exists":
		return v != nil
	case "attribute_not_exists":
		return v == nil
	case "in":
		for _, w := range with {
			if v != nil && v.Equal(w) {
				return true
			}
		}
		return false
	case "between":
		return Compare(">=", v, with[:1]) && Compare("<=", v, with[1:])
	}
	w := with[0]
	equal := v != nil && v.Equal(w)
	switch op {
	case "=":
		return equal
	case "<>":
		return !equal
	case "contains":
		return v.Contains(w)
	case "begins_with":
		return v != nil && w != nil && v.Kind == w.Kind && strings.HasPrefix(v.Text, w.Text)
	case "attribute_type":
		return v != nil && w != nil && v.Kind.String() == w.Text
	}
	order, ok := v.Compare(w)
	switch op {
	case "<":
		return ok && order < 0
	case "<=":
		return ok && order <= 0
	case ">":
		return ok && order > 0
	case ">=":
		return ok && order >= 0
	}
	return false
}
