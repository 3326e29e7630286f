package policy

import (
	"slices"
	"strings"
)

// Decision is what a policy says about a request.
type Decision int

// The decisions. Silent means that no statement is about the request.
const (
	Silent Decision = iota
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
		if s.deny {
			return Denied
		}
		out = Allowed
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
	if s.resources.given && !s.resources.match(func(p string) bool { return globARN(r.expand(p, true), r.Resource) }) {
		return false
	}
	return !slices.ContainsFunc(s.conditions, func(c condition) bool { return !c.holds(r) })
}

func (p *patterns) match(hit func(pattern string) bool) bool {
	return slices.ContainsFunc(p.texts, hit) != p.not
}

// expand puts values in the place of policy variables: ${key} and
// ${key, 'default'}. One without a value matches nothing, so it becomes a
// character that no name has. For patterns, wildcards in values are literal.
func (r *Request) expand(text string, pattern bool) string {
	if !strings.Contains(text, "${") {
		return text
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			out.WriteString("${" + rest)
			return out.String()
		}
		value := r.variable(name)
		if pattern {
			value = escaped.Replace(value)
		}
		out.WriteString(value)
		text = after
	}
}

// escaped makes wildcards literal. It is read-only.
var escaped = strings.NewReplacer("*", string(literal)+"*", "?", string(literal)+"?")

// noValue stands for a variable without a value.
const noValue = "\x00"

func (r *Request) variable(name string) string {
	if name == "*" || name == "?" || name == "$" {
		return name
	}
	key, fallback, has := strings.Cut(name, ",")
	if values := r.Context[strings.ToLower(strings.TrimSpace(key))]; len(values) == 1 {
		return values[0]
	}
	if has {
		return strings.Trim(strings.TrimSpace(fallback), "'")
	}
	return noValue
}
