package expression

import (
	"strings"

	"sluice/companions/dynamodb/value"
)

// KeyCondition is the condition on one attribute of a key.
type KeyCondition struct {
	// Op is =, <, <=, >, >=, between or begins_with.
	Op     string
	Values []*value.Value
}

// Keys takes a key condition apart by attributes.
func (c *Condition) Keys() (map[string]KeyCondition, error) {
	keys := map[string]KeyCondition{}
	return keys, c.root.keys(keys)
}

func (n *node) keys(into map[string]KeyCondition) error {
	switch n.op {
	case "and":
		if err := n.args[0].keys(into); err != nil {
			return err
		}
		return n.args[1].keys(into)
	case "or", "not", "in", "<>":
		return fail("Invalid operator used in KeyConditionExpression: %s", strings.ToUpper(n.op))
	case "attribute_exists", "attribute_not_exists", "attribute_type", "contains":
		return fail("Invalid operator used in KeyConditionExpression: %s", n.op)
	case "size":
		return fail("KeyConditionExpressions cannot contain nested operations")
	case "between", "begins_with":
		if n.args[0].op != "path" {
			op := n.op
			if op == "between" {
				op = "BETWEEN"
			}
			return fail("Invalid condition in KeyConditionExpression: %s operator must have the key attribute as its first operand", op)
		}
	}
	return n.key(into)
}

// key enters a condition with one attribute and values.
func (n *node) key(into map[string]KeyCondition) error {
	var path Path
	k := KeyCondition{Op: n.op}
	for i, arg := range n.args {
		switch {
		case arg.op == "size":
			return fail("KeyConditionExpressions cannot contain nested operations")
		case arg.op == "value":
			k.Values = append(k.Values, arg.value)
		case path != nil:
			return fail("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition")
		case len(arg.path) > 1:
			return fail("KeyConditionExpressions cannot have conditions on nested attributes")
		default:
			if path = arg.path; i > 0 {
				k.Op = turned(k.Op)
			}
		}
	}
	if path == nil {
		return fail("Invalid condition in KeyConditionExpression: No key attribute specified")
	}
	name := path[0].Name
	if _, have := into[name]; have {
		return fail("KeyConditionExpressions must only contain one condition per key")
	}
	into[name] = k
	return nil
}

// turned is the comparison with its sides exchanged.
func turned(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return op
}
