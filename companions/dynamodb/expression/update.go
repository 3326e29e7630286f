package expression

import (
	"strings"

	"sluice/companions/dynamodb/value"
)

// Update is a parsed update.
type Update struct {
	actions []action
	// Nested are the attributes of which something inside is changed.
	Nested map[string]bool
}

// action changes what one path leads to.
type action struct {
	section string // SET, REMOVE, ADD, DELETE
	path    Path
	term    *term // of SET
	operand *value.Value
}

// term is the right side of SET.
type term struct {
	op    string // "path", "value", "+", "-", "if_not_exists", "list_append"
	args  []*term
	path  Path
	value *value.Value
}

// Update reads an UpdateExpression.
func (s *Scope) Update(source string) (*Update, error) {
	p, err := s.parser(source)
	if err != nil {
		return nil, err
	}
	u := &updates{parser: p, update: &Update{Nested: map[string]bool{}}, seen: map[string]bool{}}
	for p.peek().kind != tokenEnd {
		if err := u.section(); err != nil {
			return nil, err
		}
	}
	return u.update, p.worst()
}

type updates struct {
	*parser
	update *Update
	seen   map[string]bool
}

func (u *updates) section() error {
	section := strings.ToUpper(u.peek().text)
	switch section {
	case "SET", "REMOVE", "ADD", "DELETE":
	default:
		return u.unexpected()
	}
	u.next()
	if u.seen[section] {
		u.note(rankSection, fail("The \"%s\" section can only be used once in an update expression;", section))
	}
	u.seen[section] = true
	for {
		if err := u.action(section); err != nil {
			return err
		}
		if !u.sign(",") {
			return nil
		}
	}
}

func (u *updates) action(section string) error {
	path, err := u.path()
	if err != nil {
		return err
	}
	a := action{section: section, path: path}
	switch section {
	case "SET":
		if !u.sign("=") {
			return u.unexpected()
		}
		if a.term, err = u.sum(); err != nil {
			return err
		}
	case "ADD", "DELETE":
		if u.peek().kind != tokenValue {
			return u.unexpected()
		}
		a.operand = u.value()
		u.checkOperand(section, a.operand)
	}
	if len(path) > 1 {
		u.update.Nested[path[0].Name] = true
	}
	for _, other := range u.update.actions {
		if err := other.path.conflict(path); err != nil {
			r := rankConflict
			if strings.Contains(err.Error(), "overlap") {
				r = rankOverlap
			}
			u.note(r, err)
		}
	}
	u.update.actions = append(u.update.actions, a)
	return nil
}

// checkOperand notes a value that ADD or DELETE cannot take.
func (u *updates) checkOperand(section string, v *value.Value) {
	if v == nil || v.Kind.Set() || section == "ADD" && v.Kind == value.N {
		return
	}
	names := map[value.Kind]string{value.S: "STRING", value.N: "NUMBER", value.B: "BINARY",
		value.Null: "NULL", value.Bool: "BOOLEAN", value.L: "LIST", value.M: "MAP"}
	u.note(rankOperand, fail("Incorrect operand type for operator or function; operator: %s, operand type: %s",
		section, names[v.Kind]))
}

// sum reads one term, or two with a sign between them.
func (u *updates) sum() (*term, error) {
	left, err := u.term()
	if err != nil {
		return nil, err
	}
	for _, op := range []string{"+", "-"} {
		if !u.sign(op) {
			continue
		}
		right, err := u.term()
		if err != nil {
			return nil, err
		}
		t := &term{op: op, args: []*term{left, right}}
		u.checkTerm(t, value.N)
		return t, nil
	}
	return left, nil
}

func (u *updates) term() (*term, error) {
	t := u.peek()
	switch {
	case u.sign("("):
		inner, err := u.sum()
		if err != nil {
			return nil, err
		}
		if !u.sign(")") {
			return nil, u.unexpected()
		}
		return inner, nil
	case t.kind == tokenValue:
		return &term{op: "value", value: u.value()}, nil
	case t.kind == tokenWord && u.tokens[u.at+1].text == "(":
		u.at += 2
		return u.call(t.text)
	}
	path, err := u.path()
	if err != nil {
		return nil, err
	}
	return &term{op: "path", path: path}, nil
}

// call reads the operands of a function.
func (u *updates) call(name string) (*term, error) {
	t := &term{op: name}
	for {
		arg, err := u.sum()
		if err != nil {
			return nil, err
		}
		t.args = append(t.args, arg)
		if u.sign(")") {
			break
		}
		if !u.sign(",") {
			return nil, u.unexpected()
		}
	}
	switch {
	case name != "if_not_exists" && name != "list_append":
		u.note(rankFunctionName, fail("Invalid function name; function: %s", name))
	case len(t.args) != 2:
		u.note(rankFunction, fail("Incorrect number of operands for operator or function; "+
			"operator or function: %s, number of operands: %d", name, len(t.args)))
	case name == "if_not_exists" && t.args[0].op != "path":
		u.note(rankFunction, fail("Operator or function requires a document path; operator or function: %s", name))
	case name == "list_append":
		u.checkTerm(t, value.L)
	}
	return t, nil
}

// checkTerm notes a value among the operands that is not of a kind.
func (u *updates) checkTerm(t *term, want value.Kind) {
	for _, arg := range t.args {
		if arg.value != nil && arg.value.Kind != want {
			u.note(rankFunction, wrongOperand(t.op, arg.value.Kind.String()))
		}
	}
}

// Heads calls f for each attribute that is changed as a whole, with the kind
// it is given as far as the text tells, else 0.
func (u *Update) Heads(f func(name string, whole bool, kind value.Kind)) {
	for _, a := range u.actions {
		var kind value.Kind
		switch {
		case a.operand != nil:
			kind = a.operand.Kind
		case a.term != nil:
			kind = a.term.kind()
		}
		f(a.path[0].Name, len(a.path) == 1, kind)
	}
}

func (t *term) kind() value.Kind {
	switch t.op {
	case "value":
		if t.value != nil {
			return t.value.Kind
		}
	case "+", "-":
		return value.N
	case "list_append":
		return value.L
	}
	return 0
}

// Paths are all that is changed.
func (u *Update) Paths() Projection {
	var p Projection
	for _, a := range u.actions {
		p = append(p, a.path)
	}
	return p
}
