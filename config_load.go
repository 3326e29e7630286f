package sluice

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// Sources are the places that settings come from. A flag wins over the
// environment, the environment over the file, the file over the default.
type Sources struct {
	// Flags holds the flags that were given, by name without dashes.
	Flags map[string][]string
	// Env looks up an environment variable; os.LookupEnv for one.
	Env func(string) (string, bool)
	// File is the path of a YAML or JSON file; empty for none.
	File string
}

// rank orders the sources.
type rank int

const (
	fromDefault rank = iota
	fromFile
	fromEnv
	fromFlag
)

// LoadConfig reads the settings from their sources and validates them.
// Problems are *UsageError values that say where the value came from.
func LoadConfig(s Sources) (Config, error) {
	c := Config{}.withDefaults()
	ranks := map[string]rank{}
	if s.File != "" {
		set, err := readConfigFile(s.File, &c)
		if err != nil {
			return Config{}, err
		}
		for _, flag := range set {
			ranks[flag] = fromFile
		}
	}
	var problems []error
	for _, setting := range Settings() {
		values, source, rank := s.find(setting)
		if rank == fromDefault {
			continue
		}
		ranks[setting.Flag] = rank
		if err := setting.set(&c, values); err != nil {
			problems = append(problems, &UsageError{Setting: setting.Flag, Source: source, Problem: err.Error()})
		}
	}
	problems = append(problems, s.seeds(&c), chooseStore(&c, ranks))
	if err := errors.Join(problems...); err != nil {
		return Config{}, err
	}
	return c, c.Validate()
}

// find looks for a setting among flags and environment.
func (s Sources) find(setting Setting) (values []string, source string, r rank) {
	if values, ok := s.Flags[setting.Flag]; ok {
		return values, "--" + setting.Flag, fromFlag
	}
	value, ok := s.env(setting.Env())
	if !ok {
		return nil, "", fromDefault
	}
	if !setting.Repeatable {
		return []string{value}, setting.Env(), fromEnv
	}
	for item := range strings.SplitSeq(value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			values = append(values, item)
		}
	}
	return values, setting.Env(), fromEnv
}

// env treats an empty variable as absent, as container tools pass those.
func (s Sources) env(name string) (string, bool) {
	if s.Env == nil {
		return "", false
	}
	value, ok := s.Env(name)
	return value, ok && value != ""
}

func (s Sources) seeds(c *Config) error {
	value, ok := s.env(SeedVariable)
	if !ok {
		return nil
	}
	seeds, err := parseSeeds(value)
	if err != nil {
		return &UsageError{Setting: SeedVariable, Source: SeedVariable, Problem: err.Error()}
	}
	c.Streams = append(c.Streams, seeds...)
	return nil
}

// chooseStore settles data against memory: whichever was said closer to the
// command wins, so that --memory works in an image that sets SLUICE_DATA.
func chooseStore(c *Config, ranks map[string]rank) error {
	if !c.Memory || ranks["data"] < ranks["memory"] {
		return nil
	}
	if ranks["data"] > ranks["memory"] {
		c.Memory = false
		return nil
	}
	return &UsageError{Setting: "memory", Problem: "state lives either in memory or in a data folder; give one of the two"}
}

func readConfigFile(path string, c *Config) (set []string, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, &UsageError{Setting: "config", Source: "--config", Problem: fmt.Sprintf("cannot read the file: %v", err)}
	}
	return parseConfigFile(path, raw, c)
}
