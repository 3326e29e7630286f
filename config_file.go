package sluice

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"sluice/shards"
)

// fileVersion is the only version of the file there is so far.
const fileVersion = "1"

// configFile reads the settings file. It walks the syntax tree, so that every
// refusal carries the line, and sets values the way flags do: as text, through
// the table of settings.
type configFile struct {
	name     string
	config   *Config
	settings map[string]Setting // by section and key, "server.listen"
	set      []string           // flags found
	version  bool
	problems []error
}

// parseConfigFile reads YAML, and so JSON, into c. It returns the flags that
// the file sets.
func parseConfigFile(path string, raw []byte, c *Config) (set []string, err error) {
	f := &configFile{name: filepath.Base(path), config: c, settings: map[string]Setting{}}
	for _, s := range Settings() {
		f.settings[s.Section+"."+s.Flag] = s
	}
	tree, err := parser.ParseBytes(raw, 0)
	if err != nil {
		return nil, f.syntax(err)
	}
	if len(tree.Docs) > 1 {
		return nil, &UsageError{Setting: "config", Source: f.name, Problem: "it holds more than one document"}
	}
	if len(tree.Docs) == 1 && tree.Docs[0].Body != nil {
		f.each(tree.Docs[0].Body, f.section)
	}
	if !f.version && len(f.problems) == 0 {
		f.problems = append(f.problems, &UsageError{Setting: "version", Source: f.name, Problem: `the line "version: 1" is missing`})
	}
	return f.set, errors.Join(f.problems...)
}

func (f *configFile) syntax(err error) error {
	var located yaml.Error
	if errors.As(err, &located) && located.GetToken() != nil {
		return f.at(located.GetToken().Position.Line, "%s", located.GetMessage())
	}
	return &UsageError{Setting: "config", Source: f.name, Problem: err.Error()}
}

func (f *configFile) at(line int, format string, args ...any) error {
	return &UsageError{Setting: "config", Source: fmt.Sprintf("%s:%d", f.name, line), Problem: fmt.Sprintf(format, args...)}
}

func (f *configFile) refuse(node ast.Node, format string, args ...any) {
	f.problems = append(f.problems, f.at(node.GetToken().Position.Line, format, args...))
}

// each calls visit for the entries of a mapping, and refuses anything else.
func (f *configFile) each(node ast.Node, visit func(key string, keyNode, value ast.Node)) {
	var entries []*ast.MappingValueNode
	switch n := node.(type) {
	case *ast.MappingNode:
		entries = n.Values
	case *ast.MappingValueNode:
		entries = []*ast.MappingValueNode{n}
	case *ast.NullNode:
		return
	default:
		f.refuse(node, "keys and values are expected here")
		return
	}
	for _, entry := range entries {
		key, ok := scalar(entry.Key)
		if !ok {
			f.refuse(entry, "a plain key is expected here")
			continue
		}
		visit(key, entry.Key, entry.Value)
	}
}

// section reads one key of the top level.
func (f *configFile) section(key string, keyNode, value ast.Node) {
	switch key {
	case "version":
		text, _ := scalar(value)
		f.version = true
		if text != fileVersion {
			f.refuse(value, "this version of sluice reads files with version: 1")
		}
	case "kinesis":
		f.each(value, f.kinesis)
	case "faults":
		f.faults(value)
	case "functions":
		f.functions(value)
	case "mappings":
		f.mappings(value)
	case "runtimes":
		f.runtimes(value)
	default:
		sections := settingSections()
		if slices.Contains(sections, key) {
			f.each(value, func(name string, nameNode, v ast.Node) { f.setting(key, name, nameNode, v) })
			return
		}
		known := append(append([]string{"version"}, sections...), "kinesis", "faults", "functions", "mappings", "runtimes")
		f.refuse(keyNode, "unknown key %q%s", key, suggest(key, known))
	}
}

// settingSections are the parts of the file that hold settings.
func settingSections() (names []string) {
	for _, s := range Settings() {
		if !slices.Contains(names, s.Section) {
			names = append(names, s.Section)
		}
	}
	return names
}

func (f *configFile) setting(section, key string, keyNode, value ast.Node) {
	s, ok := f.settings[section+"."+key]
	if !ok {
		var names []string
		for _, other := range Settings() {
			if other.Section == section {
				names = append(names, other.Flag)
			}
		}
		f.refuse(keyNode, "unknown key %q%s", key, suggest(key, names))
		return
	}
	values, ok := scalars(value, s.Repeatable)
	if !ok {
		f.refuse(value, "%s takes %s", key, map[bool]string{true: "a list of plain values", false: "one plain value"}[s.Repeatable])
		return
	}
	if err := s.set(f.config, values); err != nil {
		f.refuse(value, "%s: %v", key, err)
	}
	f.set = append(f.set, s.Flag)
}

func (f *configFile) kinesis(key string, keyNode, value ast.Node) {
	if key != "streams" {
		f.refuse(keyNode, "unknown key %q%s", key, suggest(key, []string{"streams"}))
		return
	}
	items, ok := value.(*ast.SequenceNode)
	if !ok {
		f.refuse(value, "streams takes a list")
		return
	}
	for _, item := range items.Values {
		f.stream(item)
	}
}

func (f *configFile) stream(node ast.Node) {
	var seed StreamSeed
	mode := ""
	before := len(f.problems)
	f.each(node, func(key string, keyNode, value ast.Node) {
		if key == "tags" {
			seed.Tags = f.tags(value)
			return
		}
		if key == "scaling" {
			seed.Scaling = f.scaling(value)
			return
		}
		text, ok := scalar(value)
		if !ok {
			f.refuse(value, "%s takes one plain value", key)
			return
		}
		if err := seed.setField(key, text); err != nil {
			f.refuse(keyNode, "%v", err)
		}
		if key == "mode" {
			mode = text
		}
	})
	switch {
	case len(f.problems) > before:
		return
	case mode == "ON_DEMAND" && seed.Shards > 0:
		f.refuse(node, "an ON_DEMAND stream takes no shards")
	case mode == "PROVISIONED" && seed.Shards == 0:
		f.refuse(node, "a PROVISIONED stream needs shards")
	}
	if err := seed.validate(); err != nil {
		f.refuse(node, "%v", err)
	}
	f.config.Streams = append(f.config.Streams, seed)
}

func (f *configFile) tags(node ast.Node) map[string]string {
	tags := map[string]string{}
	f.each(node, func(key string, _, value ast.Node) {
		text, ok := scalar(value)
		if !ok {
			f.refuse(value, "a tag takes one plain value")
		}
		tags[key] = text
	})
	return tags
}

// scaling reads the policy of a stream.
func (f *configFile) scaling(node ast.Node) *ScalingPolicy {
	var words []string
	f.each(node, func(key string, _, value ast.Node) {
		text, ok := scalar(value)
		if !ok {
			f.refuse(value, "%s takes one plain value", key)
		}
		words = append(words, key+"="+text)
	})
	p, err := shards.ParseScalingPolicy(strings.Join(words, " "))
	if err != nil {
		f.refuse(node, "%v", err)
	}
	return &p
}

// scalars reads a plain value, or a list of them where that is allowed.
func scalars(node ast.Node, repeatable bool) (values []string, ok bool) {
	items, isList := node.(*ast.SequenceNode)
	if !isList {
		value, ok := scalar(node)
		return []string{value}, ok
	}
	for _, item := range items.Values {
		value, ok := scalar(item)
		if !ok {
			return nil, false
		}
		values = append(values, value)
	}
	return values, repeatable
}

// scalar is the text of a plain value, quotes removed.
func scalar(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// suggest offers the known key that a misspelt one most likely means.
func suggest(key string, known []string) string {
	best, least := "", 3
	for _, k := range known {
		if d := distance(strings.ToLower(key), k); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return "; known are " + strings.Join(known, ", ")
	}
	return fmt.Sprintf("; is it %s?", best)
}

// distance is the number of letters to change, add or drop between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
