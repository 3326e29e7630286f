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
	var one string
	if json.Unmarshal(b, &one) == nil {
		*w = words{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return errors.New("a text or a list of texts is expected")
	}
	*w = append(words{}, many...)
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
	if raw.Version != "" && raw.Version != "2012-10-17" && raw.Version != "2008-10-17" {
		return nil, fmt.Errorf("the Version %q is not 2012-10-17 or 2008-10-17", raw.Version)
	}
	statements, err := rawStatements(raw.Statement)
	if err != nil {
		return nil, err
	}
	doc := &Document{}
	for i := range statements {
		s, err := statements[i].read(kind)
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

func (r *rawStatement) read(kind Kind) (s statement, err error) {
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
	s.conditions, err = readConditions(r.Condition)
	return s, err
}

func either(name string, yes, no words) (patterns, error) {
	switch {
	case yes != nil && no != nil:
		return patterns{}, fmt.Errorf("the members %s and Not%s exclude each other", name, name)
	case no != nil:
		return patterns{given: true, not: true, texts: no}, nil
	}
	return patterns{given: yes != nil, texts: yes}, nil
}
