package predicate

// condition is a part of an expression.
type condition interface {
	// holds says whether the condition is true of the values of a partition, in
	// the order of the keys. The error is a *ValueError, or that a value is
	// missing.
	holds(values []string) (bool, error)
}

// Holds says whether the expression is true of the values of a partition, in
// the order of the keys.
func (p *Predicate) Holds(values []string) (bool, error) { return p.root.holds(values) }

type anyOf []condition

func (all anyOf) holds(values []string) (bool, error) {
	for _, c := range all {
		if ok, err := c.holds(values); ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

type allOf []condition

func (all allOf) holds(values []string) (bool, error) {
	for _, c := range all {
		if ok, err := c.holds(values); !ok || err != nil {
			return ok, err
		}
	}
	return true, nil
}

type negation struct{ inner condition }

func (n negation) holds(values []string) (bool, error) {
	ok, err := n.inner.holds(values)
	return !ok && err == nil, err
}

type comparison struct {
	key operand
	op  string
	to  value
}

func (c comparison) holds(values []string) (bool, error) {
	v, err := c.key.of(values)
	if err != nil {
		return false, err
	}
	order := v.compare(c.to)
	switch c.op {
	case "=":
		return order == 0, nil
	case "<":
		return order < 0, nil
	case ">":
		return order > 0, nil
	case "<=":
		return order <= 0, nil
	case ">=":
		return order >= 0, nil
	}
	return order != 0, nil
}

// nullness: no value of a partition is null, not even the text null.
type nullness struct {
	key     operand
	negated bool
}

func (c nullness) holds(values []string) (bool, error) {
	_, err := c.key.of(values)
	return c.negated && err == nil, err
}

type membership struct {
	key    operand
	values []value
}

func (c membership) holds(values []string) (bool, error) {
	v, err := c.key.of(values)
	if err != nil {
		return false, err
	}
	for _, w := range c.values {
		if v.compare(w) == 0 {
			return true, nil
		}
	}
	return false, nil
}

// between holds for bounds in the wrong order too, which then are not part of
// it: so the service was seen to do.
type between struct {
	key       operand
	low, high value
}

func (c between) holds(values []string) (bool, error) {
	v, err := c.key.of(values)
	if err != nil {
		return false, err
	}
	inside := c.low.compare(v) <= 0 && v.compare(c.high) <= 0
	turned := c.low.compare(v) > 0 && v.compare(c.high) > 0
	return inside || turned, nil
}

// like has % for any text and _ for any character; nothing escapes them.
type like struct {
	key     operand
	pattern []rune
}

func (c like) holds(values []string) (bool, error) {
	v, err := c.key.of(values)
	return err == nil && matches(c.pattern, []rune(v.text)), err
}

// matches goes back to the last % only, so that its work is bounded by the
// product of the lengths.
func matches(pattern, s []rune) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '%':
			star, mark = p, i
			p++
		case p < len(pattern) && (pattern[p] == '_' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			mark++
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '%' {
		p++
	}
	return p == len(pattern)
}
