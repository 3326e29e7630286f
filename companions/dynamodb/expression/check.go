package expression

import "sluice/companions/dynamodb/value"

// checkFunction notes what is wrong with a call.
func (c *conditions) checkFunction(n *node) {
	for _, arg := range n.args {
		if arg.function && arg.op != "size" {
			c.misused(arg.op)
		}
	}
	want, known := operandsOf(n.op)
	switch {
	case !known:
		c.note(rankFunctionName, fail("Invalid function name; function: %s", n.op))
		return
	case want != len(n.args):
		c.note(rankOperands, fail("Incorrect number of operands for operator or function; "+
			"operator or function: %s, number of operands: %d", n.op, len(n.args)))
		return
	}
	c.checkDistinct(n.op, n.args)
	switch n.op {
	case "attribute_exists", "attribute_not_exists":
		if n.args[0].op != "path" {
			c.note(rankFunction, fail("Operator or function requires a document path; operator or function: %s", n.op))
		}
	case "begins_with":
		for _, arg := range n.args {
			if k := arg.kind(); k != 0 && k != value.S && k != value.B {
				c.wrongOperand(n.op, k.String())
			}
		}
	case "size":
		if k := n.args[0].kind(); k == value.N || k == value.Bool || k == value.Null {
			c.wrongOperand(n.op, k.String())
		}
	case "attribute_type":
		c.checkTypeName(n.args[1])
	}
}

func (c *conditions) checkTypeName(n *node) {
	k := n.kind()
	switch {
	case k == 0:
		c.wrongOperand("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
	case k != value.S:
		c.wrongOperand("attribute_type", k.String())
	default:
		if _, ok := value.KindOf(n.value.Text); !ok {
			c.note(rankFunction, fail("Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", n.value.Text))
		}
	}
}

func (c *conditions) wrongOperand(op, kind string) {
	c.note(rankFunction, wrongOperand(op, kind))
}

func wrongOperand(op, kind string) error {
	return fail("Incorrect operand type for operator or function; operator or function: %s, operand type: %s", op, kind)
}

// kind is the type of an operand as far as the text tells, else 0.
func (n *node) kind() value.Kind {
	switch {
	case n.value != nil:
		return n.value.Kind
	case n.op == "size":
		return value.N
	}
	return 0
}

func (c *conditions) checkDistinct(op string, args []*node) {
	if len(args) != 2 || args[0].op != "path" || args[1].op != "path" || args[0].path.String() != args[1].path.String() {
		return
	}
	c.note(rankDistinct, fail("The first operand must be distinct from the remaining operands for this operator or function; "+
		"operator: %s, first operand: %s", op, args[0].path))
}

func (c *conditions) checkBetween(low, high *node) {
	if low.value == nil || high.value == nil {
		return
	}
	text := ""
	if low.value.Kind != high.value.Kind {
		text = "The BETWEEN operator requires same data type for lower and upper bounds; "
	} else if order, ok := low.value.Compare(high.value); ok && order > 0 {
		text = "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
	}
	if text != "" {
		c.note(rankFunction, fail("%slower bound operand: AttributeValue: {%s:%s}, upper bound operand: AttributeValue: {%s:%s}",
			text, low.value.Kind, low.value.Text, high.value.Kind, high.value.Text))
	}
}
