package sluice

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// functionKeys are the keys of an entry of functions.
func functionKeys() map[string]any {
	return map[string]any{
		"name": entryText, "region": entryText, "account": entryText, "handler": entryText, "timeout": entryText,
		"memory": entryNumber, "reservedConcurrency": entryNumber, "env": entryTexts,
		"http":     map[string]any{"url": entryText, "concurrency": entryNumber},
		"endpoint": map[string]any{"url": entryText, "function": entryText, "concurrency": entryNumber},
		"exec":     map[string]any{"command": entryList, "dir": entryText, "env": entryTexts, "concurrency": entryNumber, "timeout": entryText},
	}
}

// mappingKeys are the keys of an entry of mappings.
func mappingKeys() map[string]any {
	return map[string]any{
		"function": entryText, "stream": entryText, "startingPosition": entryText, "enabled": entryFlag,
		"batchSize": entryNumber, "maximumBatchingWindowInSeconds": entryNumber, "parallelizationFactor": entryNumber,
		"maximumRetryAttempts": entryNumber, "maximumRecordAgeInSeconds": entryNumber, "bisectBatchOnFunctionError": entryFlag,
		"tumblingWindowInSeconds": entryNumber, "functionResponseTypes": entryList, "filters": entryList, "onFailure": entryText,
		"region": entryText, "account": entryText,
	}
}

// functions reads the list of functions.
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
