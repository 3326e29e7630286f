package dynamodb

import (
	"encoding/base64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/companions/dynamodb/expression"
	"sluice/companions/dynamodb/value"
)

// maxDepth is how deep documents may be nested.
const maxDepth = 32

// itemOf reads an item, refusing values that are none with the service's text.
func itemOf(in map[string]types.AttributeValue) (value.Item, error) {
	item := make(value.Item, len(in))
	for name, v := range in {
		w, err := valueOf(v, 0)
		if err != nil {
			return nil, err
		}
		item[name] = w
	}
	return item, nil
}

func valueOf(in types.AttributeValue, depth int) (*value.Value, error) {
	if depth > maxDepth {
		return nil, invalid("Nesting Levels have exceeded supported limits")
	}
	switch v := in.(type) {
	case *types.AttributeValueMemberS:
		return &value.Value{Kind: value.S, Text: v.Value}, nil
	case *types.AttributeValueMemberN:
		return numberOf(v.Value)
	case *types.AttributeValueMemberB:
		return &value.Value{Kind: value.B, Text: string(v.Value)}, nil
	case *types.AttributeValueMemberBOOL:
		return &value.Value{Kind: value.Bool, Flag: v.Value}, nil
	case *types.AttributeValueMemberNULL:
		if !v.Value {
			return nil, badValue("Null attribute value types must have the value of true")
		}
		return &value.Value{Kind: value.Null}, nil
	case *types.AttributeValueMemberM:
		m := &value.Value{Kind: value.M, Map: make(value.Item, len(v.Value))}
		for name, e := range v.Value {
			w, err := valueOf(e, depth+1)
			if err != nil {
				return nil, err
			}
			m.Map[name] = w
		}
		return m, nil
	case *types.AttributeValueMemberL:
		l := &value.Value{Kind: value.L}
		for _, e := range v.Value {
			w, err := valueOf(e, depth+1)
			if err != nil {
				return nil, err
			}
			l.List = append(l.List, w)
		}
		return l, nil
	case *types.UnknownUnionMember:
		if v.Tag != "" {
			return nil, invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes")
		}
	default:
		return setOf(in)
	}
	return nil, invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
}

func numberOf(text string) (*value.Value, error) {
	n, err := value.ParseNumber(text)
	if err != nil {
		return nil, invalid("%s", expression.NumberText(err, text))
	}
	return value.NewNumber(n), nil
}

func setOf(in types.AttributeValue) (*value.Value, error) {
	v := &value.Value{}
	empty, twice := "", ""
	switch s := in.(type) {
	case *types.AttributeValueMemberSS:
		v.Kind, empty = value.SS, "An string set  may not be empty"
		twice = "One or more parameter values were invalid: Input collection [" + strings.Join(s.Value, ", ") + "] contains duplicates."
		for _, text := range s.Value {
			v.List = append(v.List, &value.Value{Kind: value.S, Text: text})
		}
	case *types.AttributeValueMemberNS:
		v.Kind, empty, twice = value.NS, "An number set  may not be empty", "Input collection contains duplicates"
		for _, text := range s.Value {
			n, err := numberOf(text)
			if err != nil {
				return nil, err
			}
			v.List = append(v.List, n)
		}
	case *types.AttributeValueMemberBS:
		v.Kind, empty = value.BS, "Binary sets should not be empty"
		twice = "One or more parameter values were invalid: Input collection " + blobTexts(s.Value) + "of type BS contains duplicates."
		for _, b := range s.Value {
			v.List = append(v.List, &value.Value{Kind: value.B, Text: string(b)})
		}
	default:
		return nil, invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
	}
	if len(v.List) == 0 {
		return nil, badValue("%s", empty)
	}
	seen := make(map[string]bool, len(v.List))
	for _, e := range v.List {
		if seen[e.Text] {
			return nil, invalid("%s", twice)
		}
		seen[e.Text] = true
	}
	return v, nil
}

// shapeOf writes an item; nil stays nil.
func shapeOf(item value.Item) map[string]types.AttributeValue {
	if item == nil {
		return nil
	}
	out := make(map[string]types.AttributeValue, len(item))
	for name, v := range item {
		out[name] = shapeOfValue(v)
	}
	return out
}

func shapeOfValue(v *value.Value) types.AttributeValue {
	switch v.Kind {
	case value.S:
		return &types.AttributeValueMemberS{Value: v.Text}
	case value.N:
		return &types.AttributeValueMemberN{Value: v.Text}
	case value.B:
		return &types.AttributeValueMemberB{Value: []byte(v.Text)}
	case value.Bool:
		return &types.AttributeValueMemberBOOL{Value: v.Flag}
	case value.Null:
		return &types.AttributeValueMemberNULL{Value: true}
	case value.M:
		return &types.AttributeValueMemberM{Value: shapeOf(v.Map)}
	case value.L:
		l := make([]types.AttributeValue, len(v.List))
		for i, e := range v.List {
			l[i] = shapeOfValue(e)
		}
		return &types.AttributeValueMemberL{Value: l}
	case value.BS:
		list := make([][]byte, 0, len(v.List))
		for _, e := range v.Sorted() {
			list = append(list, []byte(e.Text))
		}
		return &types.AttributeValueMemberBS{Value: list}
	}
	texts := make([]string, 0, len(v.List))
	for _, e := range v.Sorted() {
		texts = append(texts, e.Text)
	}
	if v.Kind == value.NS {
		return &types.AttributeValueMemberNS{Value: texts}
	}
	return &types.AttributeValueMemberSS{Value: texts}
}

func blobTexts(blobs [][]byte) string {
	texts := make([]string, len(blobs))
	for i, b := range blobs {
		texts[i] = base64.StdEncoding.EncodeToString(b)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}
