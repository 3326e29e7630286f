package expression

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"sluice/companions/dynamodb/value"
)

// Scope holds the placeholders of one request, which all its expressions share.
type Scope struct {
	names        map[string]string
	values       map[string]*value.Value
	unusedNames  map[string]bool
	unusedValues map[string]bool
}

// NewScope returns a scope. The keys of names begin with #, those of values
// with a colon.
func NewScope(names map[string]string, values map[string]*value.Value) *Scope {
	s := &Scope{names: names, values: values, unusedNames: map[string]bool{}, unusedValues: map[string]bool{}}
	for name := range names {
		s.unusedNames[name] = true
	}
	for name := range values {
		s.unusedValues[name] = true
	}
	return s
}

// Unused tells which placeholders no expression has used.
func (s *Scope) Unused() error {
	for what, unused := range map[string]map[string]bool{"Names": s.unusedNames, "Values": s.unusedValues} {
		if len(unused) > 0 && (what == "Names" || len(s.unusedNames) == 0) {
			return fail("Value provided in ExpressionAttribute%s unused in expressions: keys: {%s}",
				what, strings.Join(slices.Sorted(maps.Keys(unused)), ", "))
		}
	}
	return nil
}

// rank orders what can be wrong with an expression beyond its grammar: of
// several errors the service shows the one that ranks first.
type rank uint8

const (
	rankParens rank = iota
	rankFunctionName
	rankMisused
	rankReserved
	rankSection
	rankName
	rankValue
	rankOverlap
	rankConflict
	rankOperands
	rankDistinct
	rankOperand
	rankFunction
	rankCount
)

// parser is what the parsers of all expressions share.
type parser struct {
	*lexer
	scope  *Scope
	errors [rankCount]error
}

func (s *Scope) parser(source string) (*parser, error) {
	l, err := lex(source)
	if err != nil {
		return nil, err
	}
	return &parser{lexer: l, scope: s}, nil
}

// note keeps the first error of a rank.
func (p *parser) note(r rank, err error) {
	if p.errors[r] == nil {
		p.errors[r] = err
	}
}

func (p *parser) worst() error {
	for _, err := range p.errors {
		if err != nil {
			return err
		}
	}
	return nil
}

// path reads a document path.
func (p *parser) path() (Path, error) {
	first, err := p.name()
	if err != nil {
		return nil, err
	}
	path := Path{first}
	for {
		switch {
		case p.sign("."):
			s, err := p.name()
			if err != nil {
				return nil, err
			}
			path = append(path, s)
		case p.sign("["):
			t := p.peek()
			index, err := strconv.Atoi(t.text)
			if t.kind != tokenNumber || err != nil {
				return nil, p.unexpected()
			}
			p.next()
			if !p.sign("]") {
				return nil, p.unexpected()
			}
			path = append(path, Step{Index: index, List: true})
		default:
			return path, nil
		}
	}
}

func (p *parser) name() (Step, error) {
	switch t := p.peek(); t.kind {
	case tokenWord:
		p.next()
		if reserved(t.text) {
			p.note(rankReserved, fail("Attribute name is a reserved keyword; reserved keyword: %s", t.text))
		}
		return Step{Name: t.text}, nil
	case tokenName:
		p.next()
		name, ok := p.scope.names[t.text]
		if !ok {
			p.note(rankName, fail("An expression attribute name used in the document path is not defined; attribute name: %s", t.text))
		}
		delete(p.scope.unusedNames, t.text)
		return Step{Name: name}, nil
	}
	return Step{}, p.unexpected()
}

func (p *parser) value() *value.Value {
	t := p.next()
	v := p.scope.values[t.text]
	if v == nil {
		p.note(rankValue, fail("An expression attribute value used in expression is not defined; attribute value: %s", t.text))
	}
	delete(p.scope.unusedValues, t.text)
	return v
}

// Projection reads a ProjectionExpression.
func (s *Scope) Projection(source string) (Projection, error) {
	p, err := s.parser(source)
	if err != nil {
		return nil, err
	}
	var paths Projection
	for {
		path, err := p.path()
		if err != nil {
			return nil, err
		}
		for _, other := range paths {
			if err := other.conflict(path); err != nil {
				p.note(rankOverlap, err)
			}
		}
		paths = append(paths, path)
		if !p.sign(",") {
			break
		}
	}
	if p.peek().kind != tokenEnd {
		return nil, p.unexpected()
	}
	return paths, p.worst()
}
