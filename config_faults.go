package sluice

import (
	"errors"

	"github.com/goccy/go-yaml/ast"

	"sluice/server/fault"
)

// faultKeys are the keys of a rule: plain values by their kind, or the keys
// below. endSubscription has a short form: the manner of the end alone.
func faultKeys() map[string]any {
	return map[string]any{
		"id": entryText,
		"match": map[string]any{"service": entryText, "operation": entryText, "account": entryText, "region": entryText,
			"stream": entryText, "shard": entryText, "partitionKey": entryText, "consumer": entryText},
		"when": map[string]any{"every": entryNumber, "first": entryNumber, "after": entryNumber, "probability": entryNumber, "seed": entryNumber},
		"effect": map[string]any{
			"error":    map[string]any{"code": entryText, "message": entryText, "status": entryNumber},
			"throttle": entryFlag, "latency": entryText, "failRecords": map[string]any{"every": entryNumber, "code": entryText},
			"reset": entryText, "truncate": entryFlag, "bytesPerSecond": entryNumber, "expireIterator": entryFlag,
			"endSubscription": shortened{"how": entryText, "events": entryNumber},
		},
	}
}

// faults reads the list of rules.
func (f *configFile) faults(node ast.Node) {
	f.entries(node, "faults", faultKeys(), func(raw []byte) error {
		rule, err := fault.Parse(raw)
		if err != nil {
			return errors.New(explained(err))
		}
		f.config.Faults = append(f.config.Faults, rule)
		return nil
	})
}
