package policy

import (
	"slices"
	"strings"
)

// Decision is what a policy says about a request.
type Decision int

// The decisions. Silent means that no statement is about the request. Delegated
// means that what allows it names the account of who asks and nobody in it:
// within the account that leaves it to the policies of identities.
const (
	Silent Decision = iota
	Delegated
	Allowed
	Denied
)

// Request is what is asked.
type Request struct {
	Principal Principal
	// Action is SERVICE:OPERATION, "kinesis:GetRecords" for one.
	Action string
	// Resource is an ARN.
	Resource string
	// Context holds the values of condition keys, keys in lower case:
	// "aws:sourceip", "aws:principalaccount".
	Context map[string][]string
}

// Decide tells what a document says about a request.
func (d *Document) Decide(r *Request) Decision {
	out := Silent
	for i := range d.statements {
		s := &d.statements[i]
		if !s.about(r) {
			continue
		}
		switch {
		case s.deny:
			return Denied
		case s.principals.delegates(r.Principal):
			out = max(out, Delegated)
		default:
			out = Allowed
		}
	}
	return out
}

func (s *statement) about(r *Request) bool {
	if !s.principals.match(r.Principal) {
		return false
	}
	if !s.actions.match(func(p string) bool { return globFold(p, r.Action) }) {
		return false
	}
	// A resource policy may leave the resource out: it is its own.
	if s.resources.given && !s.resources.match(func(p string) bool { return s.matchResource(r, p) }) {
		return false
	}
	return !slices.ContainsFunc(s.conditions, func(c condition) bool { return !c.holds(r) })
}

func (p *patterns) match(hit func(pattern string) bool) bool {
	return slices.ContainsFunc(p.texts, hit) != p.not
}

func (s *statement) matchResource(r *Request, pattern string) bool {
	if s.variables {
		var whole bool
		if pattern, whole = r.expand(pattern, true); !whole {
			return false
		}
	}
	return globARN(pattern, r.Resource)
}

// expand puts values in the place of policy variables: ${key} and
// ${key, 'default'}. whole is false when one has no value: such a text matches
// nothing, whatever it is held against. For patterns, wildcards in values are
// literal.
func (r *Request) expand(text string, pattern bool) (expanded string, whole bool) {
	if !strings.Contains(text, "${") {
		return text, true
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String(), true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			out.WriteString("${" + rest)
			return out.String(), true
		}
		value, known := r.variable(name)
		if !known {
			return "", false
		}
		if pattern {
			value = escaped.Replace(value)
		}
		out.WriteString(value)
		text = after
	}
}

// escaped makes wildcards literal, and what marks them so. It is read-only.
var escaped = strings.NewReplacer("*", string(literal)+"*", "?", string(literal)+"?", string(literal), string(literal)+string(literal))

func (r *Request) variable(name string) (value string, known bool) {
	if name == "*" || name == "?" || name == "$" {
		return name, true
	}
	key, fallback, has := strings.Cut(name, ",")
	if values := r.Context[strings.ToLower(strings.TrimSpace(key))]; len(values) == 1 {
		return values[0], true
	}
	return strings.Trim(strings.TrimSpace(fallback), "'"), has
}
