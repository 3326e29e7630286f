package delivery

import (
	"fmt"
	"strings"
	"time"
)

// Template is a text with placeholders, such as the key of an object:
//
//	data/!{channel-name}/!{yyyy}/!{MM}/!{extension:.json}
//
// A placeholder has a name and, after a colon, an argument. What names mean is
// up to whoever expands the template.
type Template struct {
	text  string
	parts []part
}

// part is a literal or a placeholder.
type part struct {
	literal     string
	placeholder *Placeholder // nil for a literal
}

// Placeholder is one !{name} or !{name:argument}.
type Placeholder struct {
	Name string
	// Argument is what follows the colon; Given tells an empty one from none.
	Argument string
	Given    bool
}

// String spells the placeholder as in the template.
func (p Placeholder) String() string {
	if p.Given {
		return opening + p.Name + ":" + p.Argument + closing
	}
	return opening + p.Name + closing
}

const (
	opening = "!{"
	closing = "}"
)

// ParseTemplate reads a template. It fails when a placeholder is not closed or
// has no name.
func ParseTemplate(text string) (*Template, error) {
	t := &Template{text: text}
	for rest := text; rest != ""; {
		literal, after, found := strings.Cut(rest, opening)
		if literal != "" {
			t.parts = append(t.parts, part{literal: literal})
		}
		if !found {
			break
		}
		inner, behind, closed := strings.Cut(after, closing)
		if !closed || strings.Contains(inner, opening) {
			return nil, fmt.Errorf("the placeholder %s at character %d is not closed", opening, len(text)-len(after)-len(opening)+1)
		}
		p := &Placeholder{}
		p.Name, p.Argument, p.Given = strings.Cut(inner, ":")
		if p.Name == "" {
			return nil, fmt.Errorf("the placeholder %s has no name", *p)
		}
		t.parts = append(t.parts, part{placeholder: p})
		rest = behind
	}
	return t, nil
}

// String is the text that was read.
func (t *Template) String() string { return t.text }

// Literals lists what stands between placeholders, in order.
func (t *Template) Literals() []string {
	var out []string
	for _, p := range t.parts {
		if p.placeholder == nil {
			out = append(out, p.literal)
		}
	}
	return out
}

// Placeholders lists the placeholders, in order.
func (t *Template) Placeholders() []Placeholder {
	var out []Placeholder
	for _, p := range t.parts {
		if p.placeholder != nil {
			out = append(out, *p.placeholder)
		}
	}
	return out
}

// EndsWith reports whether the last thing in the template is a placeholder of
// that name.
func (t *Template) EndsWith(name string) bool {
	if len(t.parts) == 0 {
		return false
	}
	last := t.parts[len(t.parts)-1].placeholder
	return last != nil && last.Name == name
}

// Expand puts values in the place of the placeholders.
func (t *Template) Expand(value func(Placeholder) string) string {
	var out strings.Builder
	for _, p := range t.parts {
		if p.placeholder != nil {
			out.WriteString(value(*p.placeholder))
			continue
		}
		out.WriteString(p.literal)
	}
	return out.String()
}

// Calendar is the part of a time, in UTC, that a placeholder is named after:
// yyyy, yy, MM, dd, HH or mm.
func Calendar(name string, at time.Time) (text string, ok bool) {
	layout := ""
	switch name {
	case "yyyy":
		layout = "2006"
	case "yy":
		layout = "06"
	case "MM":
		layout = "01"
	case "dd":
		layout = "02"
	case "HH":
		layout = "15"
	case "mm":
		layout = "04"
	default:
		return "", false
	}
	return at.UTC().Format(layout), true
}
