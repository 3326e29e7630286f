package sluice

import (
	"encoding/json"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// The values of entries as the file has them.
const (
	entryText   = "text"
	entryNumber = "number"
	entryFlag   = "flag"  // true or false
	entryList   = "list"  // of plain values, or one
	entryTexts  = "texts" // plain values by name
)

// shortened are keys below a key that also takes true, or one text, alone.
type shortened map[string]any

// entries reads a list of entries that the admin API takes too. Keys are looked
// at here, so that an unknown one is told with its line; what they say, by the
// admin API's reader.
func (f *configFile) entries(node ast.Node, section string, keys map[string]any, take func(raw []byte) error) {
	items, ok := node.(*ast.SequenceNode)
	if !ok {
		f.refuse(node, "%s takes a list", section)
		return
	}
	for _, item := range items.Values {
		before := len(f.problems)
		raw, err := json.Marshal(f.entry(item, keys))
		if err != nil || len(f.problems) > before {
			continue
		}
		if err := take(raw); err != nil {
			f.refuse(item, "%v", err)
		}
	}
}

// entry turns a mapping into what stands in JSON.
func (f *configFile) entry(node ast.Node, keys map[string]any) map[string]any {
	out := map[string]any{}
	f.each(node, func(key string, keyNode, value ast.Node) {
		below, known := keys[key]
		text, plain := scalar(value)
		switch kind, _ := below.(string); {
		case !known:
			f.refuse(keyNode, "unknown key %q%s", key, suggest(key, sortedKeys(keys)))
		case kind == "":
			out[key] = f.below(value, below)
		case kind == entryTexts:
			out[key] = f.tags(value)
		case kind == entryList:
			list, ok := scalars(value, true)
			if !ok {
				f.refuse(value, "%s takes a list of plain values", key)
			}
			out[key] = list
		case !plain:
			f.refuse(value, "%s takes one plain value", key)
		case kind == entryFlag:
			on, err := parseBool(text)
			if err != nil {
				f.refuse(value, "%s: %v", key, err)
			}
			out[key] = on
		case kind == entryNumber && !json.Valid([]byte(text)):
			f.refuse(value, "%s: %q is not a number", key, text)
		case kind == entryNumber:
			out[key] = json.RawMessage(text)
		default:
			out[key] = text
		}
	})
	return out
}

// below reads what stands below a key that has keys of its own.
func (f *configFile) below(node ast.Node, keys any) any {
	whole, short := keys.(shortened)
	if !short {
		return f.entry(node, keys.(map[string]any))
	}
	switch text, plain := scalar(node); {
	case plain && text == "true":
		return true
	case plain:
		return text
	}
	return f.entry(node, whole)
}

func sortedKeys(m map[string]any) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
