package filter

import (
	"errors"
	"strings"
)

// node is a part of a pattern: an object or a leaf.
type node interface {
	// match holds the pattern against the value at its place, nil for JSON's
	// null and missing for nothing. root is the whole document.
	match(have any, root map[string]any) bool
}

// missing stands for a value that is not there.
type missing struct{}

// object matches when all its fields and one branch of each $or do.
type object struct {
	fields map[string]node
	or     [][]*object
}

// match implements node. Of an array, one element must match as a whole.
func (o *object) match(have any, root map[string]any) bool {
	if list, ok := have.([]any); ok {
		for _, element := range list {
			if o.match(element, root) {
				return true
			}
		}
		have = missing{} // what may be absent still matches
	}
	fields, _ := have.(map[string]any)
	for name, n := range o.fields {
		value, ok := fields[name]
		if !ok {
			value = missing{}
		}
		if !n.match(value, root) {
			return false
		}
	}
	for _, branches := range o.or {
		if !anyOf(branches, have, root) {
			return false
		}
	}
	return true
}

func anyOf(branches []*object, have any, root map[string]any) bool {
	for _, b := range branches {
		if b.match(have, root) {
			return true
		}
	}
	return false
}

// leaf matches when one of its rules does.
type leaf struct {
	rules []func(have any) bool
	// absent matches when nothing is found at path in the whole document.
	absent bool
	path   []string
}

// match implements node. Of an array, one element must match.
func (l *leaf) match(have any, root map[string]any) bool {
	return l.matchValue(have) || l.absent && !found(root, l.path)
}

func (l *leaf) matchValue(have any) bool {
	switch v := have.(type) {
	case missing, map[string]any:
		return false
	case []any:
		for _, element := range v {
			if l.matchValue(element) {
				return true
			}
		}
		return false
	}
	for _, rule := range l.rules {
		if rule(have) {
			return true
		}
	}
	return false
}

// found tells whether there is a plain value at a path, in any element of the
// arrays on the way. Objects at its end are none.
func found(have any, path []string) bool {
	if list, ok := have.([]any); ok {
		for _, element := range list {
			if found(element, path) {
				return true
			}
		}
		return false
	}
	fields, isObject := have.(map[string]any)
	if len(path) == 0 {
		return !isObject
	}
	value, ok := fields[path[0]]
	return ok && found(value, path[1:])
}

// affix compiles prefix and suffix, in either of their forms.
func affix(name string, value any) (func(any) bool, error) {
	matches := strings.HasPrefix
	cut := func(have string, n int) string { return have[:n] }
	if name == "suffix" {
		matches = strings.HasSuffix
		cut = func(have string, n int) string { return have[len(have)-n:] }
	}
	o, ok := value.(map[string]any)
	if !ok {
		return text(value, matches)
	}
	blind, ok := o["equals-ignore-case"]
	if !ok || len(o) != 1 {
		return nil, errors.New(name + " knows equals-ignore-case only")
	}
	return text(blind, func(have, want string) bool {
		return len(have) >= len(want) && equalFold(cut(have, len(want)), want)
	})
}

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }

// text compiles a rule over texts.
func text(value any, matches func(have, want string) bool) (func(any) bool, error) {
	want, ok := value.(string)
	if !ok {
		return nil, errors.New("an operator over texts has something else")
	}
	return func(have any) bool {
		s, ok := have.(string)
		return ok && matches(s, want)
	}, nil
}
