package template

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxDepth bounds how deep a template nests.
const maxDepth = 100

// bareNames are references such as !Ref AWS::Region, whose colons the parser
// takes for those of a mapping when it stands within braces.
var bareNames = regexp.MustCompile(`(!Ref[ \t]+)(AWS::[A-Za-z]+)`)

// read makes maps, lists and plain values of YAML, and so of JSON. The short
// forms of functions become their long ones: !Sub x is {"Fn::Sub": x}.
func read(raw []byte) (map[string]any, error) {
	tree, err := parser.ParseBytes(bareNames.ReplaceAll(raw, []byte(`$1"$2"`)), 0)
	if err != nil {
		return nil, err
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return nil, errors.New("a template is one document")
	}
	v, err := value(tree.Docs[0].Body, 0)
	if err != nil {
		return nil, err
	}
	doc, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("a template has sections such as Resources")
	}
	return doc, nil
}

func value(node ast.Node, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("it nests too deep")
	}
	switch n := node.(type) {
	case *ast.MappingNode:
		return mapping(n.Values, depth)
	case *ast.MappingValueNode:
		return mapping([]*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		list := []any{}
		for _, item := range n.Values {
			v, err := value(item, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return list, nil
	case *ast.TagNode:
		v, err := value(n.Value, depth+1)
		return tagged(n.Start.Value, v), err
	case *ast.StringNode:
		return n.Value, nil
	case *ast.LiteralNode:
		return n.Value.Value, nil
	case *ast.BoolNode:
		return n.Value, nil
	case *ast.NullNode:
		return nil, nil
	case *ast.IntegerNode, *ast.FloatNode:
		return number(n.GetToken().Value), nil
	}
	return nil, fmt.Errorf("line %d: anchors and the like are not read", node.GetToken().Position.Line)
}

func mapping(entries []*ast.MappingValueNode, depth int) (any, error) {
	out := map[string]any{}
	for _, entry := range entries {
		v, err := value(entry.Value, depth+1)
		if err != nil {
			return nil, err
		}
		key := entry.Key.GetToken().Value
		if text, ok := entry.Key.(*ast.StringNode); ok {
			key = text.Value
		}
		out[key] = v
	}
	return out, nil
}

// number keeps what does not fit, an account with leading zeros for one, as text.
func number(text string) any {
	if n, err := strconv.Atoi(text); err == nil && strconv.Itoa(n) == text {
		return n
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && strings.Contains(text, ".") {
		return f
	}
	return text
}

func tagged(tag string, v any) any {
	name := strings.TrimPrefix(tag, "!")
	switch name {
	case "Ref", "Condition":
		return map[string]any{name: v}
	case "GetAtt":
		if text, ok := v.(string); ok {
			id, attribute, _ := strings.Cut(text, ".")
			v = []any{id, attribute}
		}
	}
	if strings.HasPrefix(name, "!") || name == "" { // a type of YAML's own
		return v
	}
	return map[string]any{"Fn::" + name: v}
}
