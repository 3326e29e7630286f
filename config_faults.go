package sluice

import (
	"encoding/json"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"sluice/server/fault"
)

// The values of a rule as the file has them.
const (
	faultText   = "text"
	faultNumber = "number"
	faultSwitch = "switch"
)

// faultKeys are the keys of a rule: plain values by their kind, or the keys
// below. endSubscription has a short form, see [configFile.endSubscription].
func faultKeys() map[string]any {
	return map[string]any{
		"id": faultText,
		"match": map[string]any{"service": faultText, "operation": faultText, "account": faultText, "region": faultText,
			"stream": faultText, "shard": faultText, "partitionKey": faultText, "consumer": faultText},
		"when": map[string]any{"every": faultNumber, "first": faultNumber, "after": faultNumber, "probability": faultNumber, "seed": faultNumber},
		"effect": map[string]any{
			"error":    map[string]any{"code": faultText, "message": faultText, "status": faultNumber},
			"throttle": faultSwitch, "latency": faultText, "failRecords": map[string]any{"every": faultNumber, "code": faultText},
			"reset": faultText, "truncate": faultSwitch, "bytesPerSecond": faultNumber, "expireIterator": faultSwitch,
			"endSubscription": map[string]any{"how": faultText, "events": faultNumber},
		},
	}
}

// faults reads the list of rules. The keys are looked at here, so that an
// unknown one is told with its line; what they say, by the admin API's reader.
func (f *configFile) faults(node ast.Node) {
	items, ok := node.(*ast.SequenceNode)
	if !ok {
		f.refuse(node, "faults takes a list of rules")
		return
	}
	for _, item := range items.Values {
		before := len(f.problems)
		raw, err := json.Marshal(f.faultPart(item, faultKeys()))
		if err != nil || len(f.problems) > before {
			continue
		}
		rule, err := fault.Parse(raw)
		if err != nil {
			f.refuse(item, "%s", explained(err))
			continue
		}
		f.config.Faults = append(f.config.Faults, rule)
	}
}

// faultPart turns a mapping into what stands in JSON.
func (f *configFile) faultPart(node ast.Node, keys map[string]any) map[string]any {
	out := map[string]any{}
	f.each(node, func(key string, keyNode, value ast.Node) {
		below, known := keys[key]
		text, plain := scalar(value)
		switch kind, _ := below.(string); {
		case !known:
			f.refuse(keyNode, "unknown key %q%s", key, suggest(key, sortedKeys(keys)))
		case key == "endSubscription" && plain:
			out[key] = f.endSubscription(text)
		case kind == "":
			out[key] = f.faultPart(value, below.(map[string]any))
		case !plain:
			f.refuse(value, "%s takes one plain value", key)
		case kind == faultSwitch:
			on, err := parseBool(text)
			if err != nil {
				f.refuse(value, "%s: %v", key, err)
			}
			out[key] = on
		case kind == faultNumber && !json.Valid([]byte(text)):
			f.refuse(value, "%s: %q is not a number", key, text)
		case kind == faultNumber:
			out[key] = json.RawMessage(text)
		default:
			out[key] = text
		}
	})
	return out
}

// endSubscription is true, or the manner of the end alone.
func (f *configFile) endSubscription(text string) any {
	if text == "true" {
		return true
	}
	return text
}

func sortedKeys(m map[string]any) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
