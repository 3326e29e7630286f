package sluice

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// The values of entries beside those of faults.
const (
	entryFlag  = "flag"  // true or false
	entryList  = "list"  // of plain values, or one
	entryTexts = "texts" // plain values by name
)

// functionKeys are the keys of an entry of functions.
func functionKeys() map[string]any {
	return map[string]any{
		"name": faultText, "region": faultText, "account": faultText, "handler": faultText, "timeout": faultText,
		"memory": faultNumber, "reservedConcurrency": faultNumber, "env": entryTexts,
		"http":     map[string]any{"url": faultText, "concurrency": faultNumber},
		"endpoint": map[string]any{"url": faultText, "function": faultText, "concurrency": faultNumber},
		"exec":     map[string]any{"command": entryList, "dir": faultText, "env": entryTexts, "concurrency": faultNumber, "timeout": faultText},
	}
}

// mappingKeys are the keys of an entry of mappings.
func mappingKeys() map[string]any {
	return map[string]any{
		"function": faultText, "stream": faultText, "startingPosition": faultText, "enabled": entryFlag,
		"batchSize": faultNumber, "maximumBatchingWindowInSeconds": faultNumber, "parallelizationFactor": faultNumber,
		"maximumRetryAttempts": faultNumber, "maximumRecordAgeInSeconds": faultNumber, "bisectBatchOnFunctionError": entryFlag,
		"tumblingWindowInSeconds": faultNumber, "functionResponseTypes": entryList, "filters": entryList, "onFailure": faultText,
		"region": faultText, "account": faultText,
	}
}

// functions reads the list of functions. Keys are looked at here, so that an
// unknown one is told with its line; what they say, by the admin API's reader.
func (f *configFile) functions(node ast.Node) {
	f.entries(node, "functions", functionKeys(), func(raw []byte) error {
		function, err := parseFunction(raw)
		if err == nil {
			f.config.Functions = append(f.config.Functions, function)
		}
		return err
	})
}

// mappings reads the list of event source mappings.
func (f *configFile) mappings(node ast.Node) {
	f.entries(node, "mappings", mappingKeys(), func(raw []byte) error {
		seed, err := parseMapping(raw)
		if err == nil {
			f.config.Mappings = append(f.config.Mappings, seed)
		}
		return err
	})
}

func parseMapping(raw []byte) (seed MappingSeed, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&seed); err != nil {
		return seed, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return seed, errors.New("there is something after the JSON object")
	}
	return seed, seed.validate()
}

// runtimes reads how code for a runtime is run.
func (f *configFile) runtimes(node ast.Node) {
	f.config.Runtimes = map[string][]string{}
	f.each(node, func(key string, _, value ast.Node) {
		command, ok := scalars(value, true)
		if !ok || len(command) == 0 || command[0] == "" {
			f.refuse(value, "%s takes a command: a list of plain values", key)
			return
		}
		f.config.Runtimes[key] = command
	})
}

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
			out[key] = f.entry(value, below.(map[string]any))
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
