package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// rooms are all folders with op_*.go files.
func rooms(t *testing.T) []string {
	t.Helper()
	var dirs []string
	for _, pattern := range []string{"../../../*/op_*.go", "../../../companions/*/op_*.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			if dir := filepath.Dir(file); len(dirs) == 0 || dirs[len(dirs)-1] != dir {
				dirs = append(dirs, dir)
			}
		}
	}
	require.NotEmpty(t, dirs)
	return dirs
}

func TestGeneratedFilesAreFresh(t *testing.T) {
	for _, dir := range rooms(t) {
		want, err := generate(dir)
		require.NoError(t, err)
		have, err := os.ReadFile(filepath.Join(dir, outputName))
		require.NoError(t, err)
		require.True(t, bytes.Equal(want, have), "%s is stale: run `make generate`", dir)
	}
}

func write(t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "op_put_record.go"), []byte(source), 0o600))
	return dir
}

func TestHeaderIsRead(t *testing.T) {
	source, err := generate(write(t, `package room

// PutRecord writes: one record.
//
// State: real
// Notes: a note
// that goes on
// Test: TestPutRecord
func PutRecord() {}
`))
	require.NoError(t, err)
	require.Contains(t, string(source), `{Operation: "PutRecord", State: coverage.Real, Notes: "a note that goes on", Test: "TestPutRecord"},`)
	require.Contains(t, string(source), "package room\n")
}

func TestBadHeadersAreRefused(t *testing.T) {
	for source, problem := range map[string]string{
		"package room\n": "there are 0",
		"package room\n// X does.\n//\n// State: ok":                               `state is "ok"`,
		"package room\n// X does.\n//\n// State:real":                              "names the Test",
		"package room\n// X.\n//\n// State: stored\n\n// Y.\n//\n// State: stored": "there are 2",
		"not go": "expected 'package'",
	} {
		_, err := generate(write(t, source))
		require.ErrorContains(t, err, problem, source)
	}
	_, err := generate(t.TempDir())
	require.ErrorContains(t, err, "no op_*.go file")
}
