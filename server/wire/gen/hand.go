package main

import (
	"fmt"
	"strconv"
	"strings"
)

// handModel makes a model of text, for services of which a little is enough:
// their whole models would bring hundreds of shapes nobody asks for. The facts
// are those of the public models, told in our own form. A line of operations is
// a name, the output's shape or a hyphen, and errors. A line of shapes is
//
//	structure Name Member Member:Shape Required*
//	error     Name status Member:Shape
//	list      Name Shape [min max]
//	map       Name Key Value [min max]
//	enum      Name VALUE VALUE
//	string    Name [min max [pattern]]    and so the other scalars
//
// where a hyphen stands for a bound that is not there.
func handModel(version, operations, shapes string) *model {
	m := &model{Operations: map[string]*operation{}, Shapes: map[string]*shape{}}
	m.Metadata.APIVersion = version
	for line := range strings.Lines(operations) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		op := post(words[0], false, strings.Join(words[2:], " "))
		if words[1] != "-" {
			op.Output = &ref{Shape: words[1]}
		}
		m.Operations[op.Name] = op
	}
	for line := range strings.Lines(shapes) {
		if words := strings.Fields(line); len(words) > 0 {
			m.Shapes[words[1]] = handShape(words[0], words[2:])
		}
	}
	return m
}

func handShape(kind string, words []string) *shape {
	switch kind {
	case "structure":
		return structure(strings.Join(words, " "))
	case "error":
		s := structure(strings.Join(words[1:], " "))
		s.Exception, s.Error.HTTPStatusCode = true, int(*bound(words[0]))
		return s
	case "enum":
		return enum(words...)
	case "list":
		s := &shape{Type: kind, Member: &ref{Shape: words[0]}}
		s.bounds(words[1:])
		return s
	case "map":
		s := &shape{Type: kind, Key: &ref{Shape: words[0]}, Value: &ref{Shape: words[1]}}
		s.bounds(words[2:])
		return s
	}
	s := &shape{Type: kind}
	s.bounds(words)
	if len(words) > 2 {
		s.Pattern = words[2]
	}
	return s
}

func (s *shape) bounds(words []string) {
	if len(words) > 1 {
		s.Min, s.Max = bound(words[0]), bound(words[1])
	}
}

func bound(text string) *number {
	if text == "-" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("%q is not a bound", text))
	}
	return num(n)
}
