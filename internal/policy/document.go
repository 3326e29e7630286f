package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Document is a policy that was read. It is read-only.
type Document struct {
	statements []statement
}

// Kind is where a policy is attached.
type Kind int

// The kinds. A resource policy names principals, an identity policy does not.
const (
	Resource Kind = iota
	Identity
)

type statement struct {
	deny       bool
	principals *principals // nil in identity policies
	actions    patterns
	resources  patterns
	conditions []condition
	// variables are replaced in policies of the newer version only; those of the
	// older one, and without one, mean the text as it stands.
	variables bool
}

// patterns are texts with wildcards, all of which may be excluded instead.
type patterns struct {
	given bool
	not   bool
	texts []string
}

// rawStatement is a statement as it is written.
type rawStatement struct {
	Sid          *string
	Effect       string
	Principal    json.RawMessage
	NotPrincipal json.RawMessage
	Action       words
	NotAction    words
	Resource     words
	NotResource  words
	Condition    map[string]map[string]scalars
}

// words is a text or a list of texts.
type words []string

// UnmarshalJSON implements json.Unmarshaler.
func (w *words) UnmarshalJSON(b []byte) error {
	var one *string
	if json.Unmarshal(b, &one) == nil && one != nil {
		*w = words{*one}
		return nil
	}
	var many []*string
	if err := json.Unmarshal(b, &many); err != nil || many == nil || slices.Contains(many, nil) {
		return errors.New("a text or a list of texts is expected")
	}
	*w = words{}
	for _, text := range many {
		*w = append(*w, *text)
	}
	return nil
}

// scalars is a text, number or boolean, or a list of them, as texts.
type scalars []string

// UnmarshalJSON implements json.Unmarshaler.
func (s *scalars) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return err
	}
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	for _, one := range list {
		switch one := one.(type) {
		case string:
			*s = append(*s, one)
		case json.Number:
			*s = append(*s, one.String())
		case bool:
			*s = append(*s, fmt.Sprint(one))
		default:
			return errors.New("values of conditions are texts, numbers or booleans")
		}
	}
	return nil
}

// withVariables is the version of policies whose variables have an effect.
const withVariables = "2012-10-17"

// maxDocument bounds a document, in bytes.
const maxDocument = 64 << 10

// Parse reads a document. Members that policies do not have are refused.
func Parse(kind Kind, text []byte) (*Document, error) {
	if len(text) > maxDocument {
		return nil, fmt.Errorf("the policy is longer than %d bytes", maxDocument)
	}
	var raw struct {
		Version   string
		ID        *string `json:"Id"`
		Statement json.RawMessage
	}
	if err := strict(text, &raw); err != nil {
		return nil, err
	}
	if raw.Version != "" && raw.Version != withVariables && raw.Version != "2008-10-17" {
		return nil, fmt.Errorf("the Version %q is not 2012-10-17 or 2008-10-17", raw.Version)
	}
	statements, err := rawStatements(raw.Statement)
	if err != nil {
		return nil, err
	}
	doc := &Document{}
	for i := range statements {
		s, err := statements[i].read(kind, raw.Version == withVariables)
		if err != nil {
			return nil, fmt.Errorf("statement %d: %w", i+1, err)
		}
		doc.statements = append(doc.statements, s)
	}
	return doc, nil
}

// HasStatements tells whether a text is a document with anything in it to
// apply: some services keep empty ones.
func HasStatements(text []byte) bool {
	var raw struct{ Statement json.RawMessage }
	if json.Unmarshal(text, &raw) != nil {
		return true // for Parse to say what is wrong
	}
	var none []json.RawMessage
	return raw.Statement != nil && (json.Unmarshal(raw.Statement, &none) != nil || len(none) > 0)
}

// Resources are the patterns of all statements, an empty one for a statement
// that has none.
func (d *Document) Resources() (list []string) {
	for i := range d.statements {
		if texts := d.statements[i].resources.texts; len(texts) > 0 {
			list = append(list, texts...)
		} else {
			list = append(list, "")
		}
	}
	return list
}

// Public tells whether a statement allows something to everybody without any
// condition.
func (d *Document) Public() bool {
	return slices.ContainsFunc(d.statements, func(s statement) bool {
		return !s.deny && s.principals != nil && (s.principals.anyone || s.principals.not) && len(s.conditions) == 0
	})
}

// rawStatements reads one statement or a list of them.
func rawStatements(text json.RawMessage) (list []rawStatement, err error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil, errors.New("the Statement is missing")
	}
	if text[0] == '{' {
		list = make([]rawStatement, 1)
		return list, strict(text, &list[0])
	}
	if err := strict(text, &list); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errors.New("the Statement is empty")
	}
	return list, nil
}

// strict reads the whole of a text and refuses members that are not known.
func strict(text []byte, into any) error {
	if err := once(text); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("the policy cannot be read: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the policy")
	}
	return nil
}

// once refuses a member that stands twice in one object: the later one would
// hide the earlier, a condition for one.
func once(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	var open []map[string]bool // nil for lists
	name := false              // whether the next token of an object names a member
	for {
		token, err := d.Token()
		if err != nil {
			return nil // the end, or for the reader to say what is wrong
		}
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				open = append(open, map[string]bool{})
			case '[':
				open = append(open, nil)
			default:
				open = open[:len(open)-1]
			}
			name = true
			continue
		case string:
			if members := last(open); members != nil && name {
				folded := strings.ToLower(token)
				if members[folded] {
					return fmt.Errorf("the policy cannot be read: %q is there twice", token)
				}
				members[folded], name = true, false
				continue
			}
		}
		name = true
	}
}

func last(open []map[string]bool) map[string]bool {
	if len(open) == 0 {
		return nil
	}
	return open[len(open)-1]
}

func (r *rawStatement) read(kind Kind, variables bool) (s statement, err error) {
	s.variables = variables
	switch r.Effect {
	case "Allow":
	case "Deny":
		s.deny = true
	default:
		return s, fmt.Errorf("the Effect %q is not Allow or Deny", r.Effect)
	}
	if s.actions, err = either("Action", r.Action, r.NotAction); err != nil {
		return s, err
	}
	for _, text := range s.actions.texts {
		if text != "*" && !strings.Contains(text, ":") {
			return s, fmt.Errorf("the action %q has no service", text)
		}
	}
	if !s.actions.given {
		return s, errors.New("the Action is missing")
	}
	if s.resources, err = either("Resource", r.Resource, r.NotResource); err != nil {
		return s, err
	}
	if s.principals, err = readPrincipals(kind, r.Principal, r.NotPrincipal); err != nil {
		return s, err
	}
	if kind == Identity && !s.resources.given {
		return s, errors.New("the Resource is missing") // only a policy of a resource can do without
	}
	for _, text := range s.resources.texts {
		if !isResource(text) {
			return s, fmt.Errorf("the resource %q is neither * nor an ARN", text)
		}
	}
	s.conditions, err = readConditions(r.Condition, variables)
	return s, err
}

// isResource tells whether a pattern can match the ARN of anything. One that
// cannot would make a denial that denies nothing.
func isResource(pattern string) bool {
	for {
		before, rest, found := strings.Cut(pattern, "${")
		_, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			break
		}
		pattern = before + after // variables may have colons in their names
	}
	return pattern == "*" || strings.HasPrefix(pattern, "arn:") && strings.Count(pattern, ":") >= arnParts-1
}

func either(name string, yes, no words) (patterns, error) {
	switch {
	case yes != nil && no != nil:
		return patterns{}, fmt.Errorf("the members %s and Not%s exclude each other", name, name)
	case yes != nil && len(yes) == 0, no != nil && len(no) == 0:
		return patterns{}, fmt.Errorf("the %s is an empty list", name)
	case no != nil:
		return patterns{given: true, not: true, texts: no}, nil
	}
	return patterns{given: yes != nil, texts: yes}, nil
}
