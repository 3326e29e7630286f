package expression

import (
	"strings"

	"sluice/companions/dynamodb/value"
)

// Condition is a parsed condition, filter or key condition.
type Condition struct {
	root *node
	// Heads are the attributes that it looks at, Nested those of which it looks
	// at something inside.
	Heads, Nested map[string]bool
}

// node is a piece of a condition: an operator over conditions or operands, or
// an operand itself.
type node struct {
	op   string // "and", "or", "not", a comparison, "between", "in", a function, "path", "value"
	args []*node
	path Path
	// value is nil for a placeholder that is not defined.
	value *value.Value
	// parens says that it stood in parentheses.
	parens bool
	// function says that op is one.
	function bool
}

func (n *node) operand() bool { return n.op == "path" || n.op == "value" || n.function }

// functions of conditions, with the number of their operands.
func operandsOf(function string) (int, bool) {
	switch function {
	case "attribute_exists", "attribute_not_exists", "size":
		return 1, true
	case "attribute_type", "begins_with", "contains":
		return 2, true
	}
	return 0, false
}

// Condition reads a ConditionExpression, FilterExpression or
// KeyConditionExpression.
func (s *Scope) Condition(source string) (*Condition, error) {
	p, err := s.parser(source)
	if err != nil {
		return nil, err
	}
	c := &conditions{parser: p, heads: map[string]bool{}, nested: map[string]bool{}}
	root, err := c.or()
	if err != nil {
		return nil, err
	}
	if p.peek().kind != tokenEnd || root.operand() && !root.function {
		return nil, p.unexpected()
	}
	c.alone(root)
	if err := p.worst(); err != nil {
		return nil, err
	}
	return &Condition{root: root, Heads: c.heads, Nested: c.nested}, nil
}

type conditions struct {
	*parser
	heads, nested map[string]bool
}

// alone checks that a function stands where only a condition can.
func (c *conditions) alone(n *node) {
	if n.op == "size" {
		c.misused(n.op)
	}
}

func (c *conditions) misused(function string) {
	c.note(rankMisused, fail("The function is not allowed to be used this way in an expression; function: %s", function))
}

func (c *conditions) or() (*node, error) { return c.chain("or", c.and) }

func (c *conditions) and() (*node, error) { return c.chain("and", c.not) }

func (c *conditions) chain(op string, next func() (*node, error)) (*node, error) {
	left, err := next()
	if err != nil {
		return nil, err
	}
	for c.keyword(op) {
		right, err := next()
		if err != nil {
			return nil, err
		}
		for _, n := range []*node{left, right} {
			if n.operand() && !n.function {
				return nil, c.unexpected()
			}
			c.alone(n)
		}
		left = &node{op: op, args: []*node{left, right}}
	}
	return left, nil
}

func (c *conditions) not() (*node, error) {
	if !c.keyword("not") {
		return c.comparison()
	}
	n, err := c.not()
	if err != nil {
		return nil, err
	}
	if n.operand() && !n.function {
		return nil, c.unexpected()
	}
	c.alone(n)
	return &node{op: "not", args: []*node{n}}, nil
}

// comparison reads one condition, or an operand that belongs to one outside
// of the parentheses around it.
func (c *conditions) comparison() (*node, error) {
	left, err := c.primary()
	if err != nil || !left.operand() {
		return left, err
	}
	switch t := c.peek(); {
	case t.kind == tokenSign && strings.Contains(" = <> < <= > >= ", " "+t.text+" "):
		c.next()
		right, err := c.primary()
		if err != nil {
			return nil, err
		}
		return c.checked(&node{op: t.text, args: []*node{left, right}})
	case c.keyword("between"):
		low, err := c.primary()
		if err != nil {
			return nil, err
		}
		if !c.keyword("and") {
			return nil, c.unexpected()
		}
		high, err := c.primary()
		if err != nil {
			return nil, err
		}
		c.checkBetween(low, high)
		return c.checked(&node{op: "between", args: []*node{left, low, high}})
	case c.keyword("in"):
		if !c.sign("(") {
			return nil, c.unexpected()
		}
		args, err := c.list()
		if err != nil {
			return nil, err
		}
		return c.checked(&node{op: "in", args: append([]*node{left}, args...)})
	}
	return left, nil
}

// checked checks the operands of a comparison.
func (c *conditions) checked(n *node) (*node, error) {
	for _, arg := range n.args {
		if !arg.operand() {
			return nil, c.unexpected()
		}
		if arg.function && arg.op != "size" {
			c.misused(arg.op)
		}
	}
	if n.op != "between" && n.op != "in" {
		c.checkDistinct(n.op, n.args)
	}
	return n, nil
}

// primary reads an operand or something in parentheses.
func (c *conditions) primary() (*node, error) {
	if c.sign("(") {
		n, err := c.or()
		if err != nil {
			return nil, err
		}
		if !c.sign(")") {
			return nil, c.unexpected()
		}
		if n.parens {
			c.note(rankParens, fail("The expression has redundant parentheses;"))
		}
		n.parens = true
		return n, nil
	}
	t := c.peek()
	if t.kind == tokenValue {
		return &node{op: "value", value: c.value()}, nil
	}
	if t.kind == tokenWord && c.tokens[c.at+1].text == "(" {
		c.at += 2
		args, err := c.list()
		if err != nil {
			return nil, err
		}
		n := &node{op: t.text, args: args, function: true}
		c.checkFunction(n)
		return n, nil
	}
	path, err := c.path()
	if err != nil {
		return nil, err
	}
	c.heads[path[0].Name] = true
	if len(path) > 1 {
		c.nested[path[0].Name] = true
	}
	return &node{op: "path", path: path}, nil
}

// list reads operands up to the closing parenthesis.
func (c *conditions) list() ([]*node, error) {
	var args []*node
	for {
		n, err := c.primary()
		if err != nil {
			return nil, err
		}
		if !n.operand() {
			return nil, c.unexpected()
		}
		args = append(args, n)
		if c.sign(")") {
			return args, nil
		}
		if !c.sign(",") {
			return nil, c.unexpected()
		}
	}
}
