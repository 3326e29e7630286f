package predicate

import "strings"

// Key is a partition key of a table: its name in lower case and its Hive type.
type Key struct{ Name, Type string }

// Predicate is an expression that was read for the keys of one table. It is
// safe for concurrent use.
type Predicate struct {
	keys []Key
	root condition
}

// maxDepth bounds brackets and NOTs inside each other.
const maxDepth = 200

// The service's texts.
const (
	textUnsupported = "Unsupported expression '"
	textUnknownKey  = "Invalid partition expression!"
)

// Parse reads an expression over the partition keys of a table. The error is
// the service's text.
func Parse(expression string, keys []Key) (*Predicate, error) {
	p := &parser{whole: expression, rest: expression, keys: keys}
	p.step()
	root, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if p.now.kind != end {
		return nil, p.unsupported()
	}
	return &Predicate{keys: keys, root: root}, nil
}

// refusal is an error in the words of the service.
type refusal string

// Error implements error.
func (r refusal) Error() string { return string(r) }

// parser goes through an expression from left to right.
type parser struct {
	whole, rest string
	now         token
	keys        []Key
}

func (p *parser) step() {
	t, n := lex(p.rest)
	p.now, p.rest = t, p.rest[n:]
}

func (p *parser) unsupported() error { return refusal(textUnsupported + p.whole + "'") }

// take steps over a keyword.
func (p *parser) take(keyword string) bool {
	if !p.now.is(keyword) {
		return false
	}
	p.step()
	return true
}

func (p *parser) or(depth int) (condition, error) {
	return p.chain("OR", p.and, func(all []condition) condition { return anyOf(all) }, depth)
}

func (p *parser) and(depth int) (condition, error) {
	return p.chain("AND", p.not, func(all []condition) condition { return allOf(all) }, depth)
}

func (p *parser) chain(keyword string, part func(int) (condition, error), join func([]condition) condition, depth int) (condition, error) {
	var all []condition
	for {
		one, err := part(depth)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
		if !p.take(keyword) {
			break
		}
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return join(all), nil
}

// not reads what may stand between ANDs.
func (p *parser) not(depth int) (condition, error) {
	if depth > maxDepth {
		return nil, p.unsupported()
	}
	switch {
	case p.take("NOT"):
		inner, err := p.not(depth + 1)
		return negation{inner}, err
	case p.now.kind == open && p.groups():
		p.step()
		inner, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		return inner, p.expect(shut)
	}
	return p.comparison()
}

// groups tells a bracket around conditions from one around a name: the
// brackets around a name close right behind it.
func (p *parser) groups() bool {
	opened, rest := 1, p.rest
	t, n := lex(rest)
	for ; t.kind == open; t, n = lex(rest) {
		opened++
		rest = rest[n:]
	}
	if t.kind != word && t.kind != quotedName {
		return true
	}
	for rest = rest[n:]; ; rest = rest[n:] {
		if t, n = lex(rest); t.kind != shut {
			return opened > 0
		}
		opened--
	}
}

func (p *parser) expect(k kind) error {
	if p.now.kind != k {
		return p.unsupported()
	}
	p.step()
	return nil
}

// bracketed reads a single token that may stand in brackets.
func (p *parser) bracketed(kinds ...kind) (token, error) {
	depth := 0
	for ; p.now.kind == open; depth++ {
		p.step()
	}
	t := p.now
	for _, k := range kinds {
		if t.kind != k {
			continue
		}
		p.step()
		for ; depth > 0; depth-- {
			if err := p.expect(shut); err != nil {
				return t, err
			}
		}
		return t, nil
	}
	return t, p.unsupported()
}

func (p *parser) comparison() (condition, error) {
	name, err := p.bracketed(word, quotedName)
	if err != nil {
		return nil, err
	}
	if name.kind == word && isKeyword(name.text) {
		return nil, p.unsupported()
	}
	k, err := p.key(name.text)
	if err != nil {
		return nil, err
	}
	if p.now.kind == operator {
		op := p.now.text
		p.step()
		v, err := p.literal(k)
		return comparison{k, op, v}, err
	}
	if p.take("IS") {
		negated := p.take("NOT")
		if !p.take("NULL") {
			return nil, p.unsupported()
		}
		return nullness{k, negated}, nil
	}
	negated := p.take("NOT")
	c, err := p.named(k)
	if negated {
		c = negation{c}
	}
	return c, err
}

// named reads a comparison whose operator is a word.
func (p *parser) named(k operand) (condition, error) {
	switch {
	case p.take("LIKE"):
		return p.like(k)
	case p.take("IN"):
		return p.in(k)
	case p.take("BETWEEN"):
		low, err := p.literal(k)
		if err != nil {
			return nil, err
		}
		if !p.take("AND") {
			return nil, p.unsupported()
		}
		high, err := p.literal(k)
		return between{k, low, high}, err
	}
	return nil, p.unsupported()
}

func (p *parser) like(k operand) (condition, error) {
	if k.class != texts {
		return nil, refusal(k.class.noun() + " data type doesn't support operation 'LIKE'")
	}
	t, err := p.bracketed(text)
	return like{k, []rune(t.text)}, err
}

func (p *parser) in(k operand) (condition, error) {
	if err := p.expect(open); err != nil {
		return nil, err
	}
	var list membership
	list.key = k
	for {
		v, err := p.literal(k)
		if err != nil {
			return nil, err
		}
		list.values = append(list.values, v)
		if p.now.kind != comma {
			return list, p.expect(shut)
		}
		p.step()
	}
}

// literal reads a value and makes it what its key holds.
func (p *parser) literal(k operand) (value, error) {
	t, err := p.bracketed(number, text)
	if err != nil {
		return value{}, err
	}
	return k.read(t.text)
}

// key finds a partition key by its name.
func (p *parser) key(name string) (operand, error) {
	name = strings.ToLower(name)
	for i, k := range p.keys {
		if k.Name == name {
			return newOperand(i, k)
		}
	}
	return operand{}, refusal(textUnknownKey)
}

func isKeyword(s string) bool {
	switch strings.ToUpper(s) {
	case "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN", "IS", "NULL":
		return true
	}
	return false
}
