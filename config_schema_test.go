package sluice

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write generated documents instead of comparing them")

type object = map[string]any

// schema describes the settings file. It is made from the table of settings,
// so a setting cannot be missing from it.
func schema() object {
	sections := object{}
	for _, s := range Settings() {
		section, ok := sections[s.Section].(object)
		if !ok {
			section = closedObject(object{})
			sections[s.Section] = section
		}
		section["properties"].(object)[s.Flag] = settingSchema(s)
	}
	sections["version"] = object{"const": 1}
	sections["kinesis"] = closedObject(object{"streams": object{"type": "array", "items": streamSchema()}})
	sections["faults"] = object{"type": "array", "description": "fault rules; docs/faults.md explains them",
		"maxItems": 100, "items": faultSchema(faultKeys())}
	sections["functions"] = object{"type": "array", "description": "functions that can be invoked; docs/functions.md explains them",
		"items": entrySchema(functionKeys(), "name")}
	sections["mappings"] = object{"type": "array", "description": "event source mappings; docs/lambda.md explains them",
		"items": entrySchema(mappingKeys(), "function", "stream")}
	sections["runtimes"] = object{"type": "object", "description": "how code without a bootstrap is run, by runtime",
		"additionalProperties": object{"type": "array", "minItems": 1, "items": object{"type": "string"}}}
	root := closedObject(sections)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Settings of sluice"
	root["required"] = []string{"version"}
	return root
}

func closedObject(properties object) object {
	return object{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
}

func settingSchema(s Setting) object {
	out := object{"type": "string"}
	switch {
	case s.IsSwitch():
		out = object{"type": "boolean"}
	case s.Repeatable:
		out = object{"type": "array", "items": object{"type": "string"}}
	case s.Flag == "memory-limit":
		out["pattern"] = "^[0-9]+ ?([KMG]iB|[kMG]?B)?$"
	case s.Flag == "limits":
		out["pattern"] = "^(aws|off|x[0-9.]+)$"
	case strings.Contains(s.Placeholder, "|") && strings.ToLower(s.Placeholder) == s.Placeholder:
		out = object{"enum": strings.Split(s.Placeholder, "|")}
	}
	out["description"] = s.Usage
	if d := s.Default(); d != "" && !s.IsSwitch() && !s.Repeatable {
		out["default"] = d
	}
	return out
}

func streamSchema() object {
	scaling := closedObject(object{
		"min":      object{"type": "integer", "minimum": 1, "default": 1},
		"max":      object{"type": "integer", "minimum": 1},
		"target":   object{"type": "number", "minimum": 0.05, "maximum": 1, "default": 0.7, "description": "fraction of a shard's write rate"},
		"cooldown": object{"type": "string", "default": "5m", "description": "quiet before shards are merged"},
	})
	scaling["type"], scaling["required"] = "object", []string{"max"}
	out := closedObject(object{
		"scaling":   scaling,
		"name":      object{"type": "string", "pattern": streamNamePattern.String()},
		"shards":    object{"type": "integer", "minimum": 1, "description": "of a provisioned stream; without it the stream is on-demand"},
		"mode":      object{"enum": []string{"PROVISIONED", "ON_DEMAND"}},
		"retention": object{"type": "string", "description": "whole hours from 24h to 8760h"},
		"tags":      object{"type": "object", "additionalProperties": object{"type": []string{"string", "number", "boolean"}}},
		"region":    object{"type": "string", "pattern": regionPattern.String()},
		"account":   object{"type": "string", "pattern": accountPattern.String()},
	})
	out["required"] = []string{"name"}
	return out
}

// faultSchema describes a rule by its keys.
func faultSchema(keys map[string]any) object {
	properties := object{}
	for key, below := range keys {
		switch below {
		case entryText:
			properties[key] = object{"type": []string{"string", "number"}}
		case entryNumber:
			properties[key] = object{"type": "number", "minimum": 0}
		case entryFlag:
			properties[key] = object{"const": true}
		default:
			whole, short := below.(shortened)
			if !short {
				whole = below.(map[string]any)
			}
			properties[key] = faultSchema(whole)
		}
	}
	switch {
	case properties["endSubscription"] != nil:
		properties["endSubscription"] = object{"oneOf": []object{{"enum": []any{true, "clean", "reset"}}, properties["endSubscription"].(object)}}
		out := closedObject(properties)
		out["minProperties"], out["maxProperties"] = 1, 1
		return out
	case properties["effect"] != nil:
		out := closedObject(properties)
		out["required"] = []string{"effect"}
		return out
	}
	return closedObject(properties)
}

// entrySchema describes an entry of functions or mappings by its keys.
func entrySchema(keys map[string]any, required ...string) object {
	properties := object{}
	plain := []string{"string", "number", "boolean"}
	for key, below := range keys {
		switch below {
		case entryText:
			properties[key] = object{"type": []string{"string", "number"}}
		case entryNumber:
			properties[key] = object{"type": "number"}
		case entryFlag:
			properties[key] = object{"type": "boolean"}
		case entryList:
			properties[key] = object{"oneOf": []object{{"type": "string"}, {"type": "array", "items": object{"type": plain}}}}
		case entryTexts:
			properties[key] = object{"type": "object", "additionalProperties": object{"type": plain}}
		default:
			properties[key] = entrySchema(below.(map[string]any))
		}
	}
	out := closedObject(properties)
	if len(required) > 0 {
		out["type"], out["required"] = "object", required
	}
	return out
}

func TestPublishedSchema(t *testing.T) {
	const path = "docs/config.schema.json"
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(schema()))
	if *update {
		require.NoError(t, os.WriteFile(path, want.Bytes(), 0o644))
	}
	have, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, want.String(), string(have), "run `make generate`")
	for _, key := range seedKeys() {
		require.Contains(t, streamSchema()["properties"], key)
	}
}

// The example in the documentation is read by the program and by the schema.
func TestExampleFile(t *testing.T) {
	c, err := LoadConfig(Sources{File: "docs/sluice.yaml"})
	require.NoError(t, err)
	want := Config{}.withDefaults()
	want.Streams = c.Streams
	require.Len(t, c.Streams, 2)
	require.Equal(t, want, c, "the example shows the defaults")
	require.NoError(t, compiled(t).Validate(asJSON(t, readFile(t, "docs/sluice.yaml"))))
}

// What the program refuses for its form, an editor with the schema refuses too.
func TestSchemaRefuses(t *testing.T) {
	for _, text := range []string{
		"server: {}", "version: 2", "version: 1\nnothing: {}", "version: 1\nserver: {lisen: []}", "version: 1\nstore: {durability: paper}",
		"version: 1\nlog: {log-requests: maybe}", "version: 1\nserver: {memory-limit: big}", "version: 1\nkinesis: {streams: [{shards: 1}]}",
		"version: 1\nfaults: [{effect: {truncate: true, throttle: true}}]",
		"version: 1\nfaults: [{effect: {trunkate: true}}]", "version: 1\nfaults: [{match: {stream: a}}]", "version: 1\nkinesis: {streams: [{name: a, shards: 0}]}", "version: 1\nkinesis: {streams: [{name: a b}]}",
	} {
		require.Error(t, compiled(t).Validate(asJSON(t, []byte(text))), text)
		_, err := LoadConfig(Sources{File: writeFile(t, "s.yaml", text)})
		require.Error(t, err, text)
	}
}

func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(readFile(t, "docs/config.schema.json")))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("config.schema.json", doc))
	s, err := c.Compile("config.schema.json")
	require.NoError(t, err)
	return s
}

func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	raw, err := yaml.YAMLToJSON(text)
	require.NoError(t, err)
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	return v
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	return raw
}
