package tidy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// licences that the program may be made of: they ask for their text and nothing
// else. Each is known by words that no other has.
var licences = []struct{ name, words string }{
	{"Apache-2.0", "apache license version 2.0"},
	{"MIT", "permission is hereby granted, free of charge, to any person obtaining a copy of this software"},
	{"BSD", "redistribution and use in source and binary forms, with or without modification, are permitted"},
	{"ISC", "permission to use, copy, modify, and/or distribute this software for any purpose"},
	{"public domain", "creative commons legal code cc0 1.0 universal"},
}

// refused are licences that ask for more.
var refused = []string{"general public license", "server side public license", "business source license", "elastic license", "mozilla public license"}

// Every module that the program links has a licence of the list, as its own
// copy in the module cache says.
func TestLicences(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "./cmd/sluice")
	list.Dir = "../.."
	list.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := list.Output()
	require.NoError(t, err)
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		path, dir, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || seen[path] {
			continue
		}
		seen[path] = true
		require.NotEmpty(t, licenceOf(t, dir), "%s has no licence that the program may be made of", path)
	}
	require.Greater(t, len(seen), 20)
}

// licenceOf reads the licences beside a module's code. One of a list counts
// unless another is refused.
func licenceOf(t *testing.T, dir string) (name string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		upper := strings.ToUpper(e.Name())
		if e.IsDir() || !strings.HasPrefix(upper, "LICEN") && !strings.HasPrefix(upper, "COPYING") {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		text := strings.Join(strings.Fields(strings.ToLower(string(raw))), " ")
		text = strings.NewReplacer("apache license, version", "apache license version").Replace(text)
		for _, words := range refused {
			require.NotContains(t, text, words, filepath.Join(dir, e.Name()))
		}
		for _, l := range licences {
			if strings.Contains(text, l.words) {
				name = l.name
			}
		}
	}
	return name
}
