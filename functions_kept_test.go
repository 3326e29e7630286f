package sluice

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/internal/replace"
)

// keeping opens an instance over a data folder.
func keeping(t *testing.T, folder string, change ...func(*Config)) (*Sluice, error) {
	t.Helper()
	c := Config{Listen: []string{"127.0.0.1:0"}, Data: folder, Logger: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&c)
	}
	s, err := Open(t.Context(), c)
	if err == nil {
		t.Cleanup(func() { require.NoError(t, s.Close()) })
	}
	return s, err
}

// What the admin API has defined is there after a restart, as it was.
func TestAdminFunctionsAreKept(t *testing.T) {
	const path = "/_sluice/functions/"
	folder := filepath.Join(t.TempDir(), "data")
	open := func(change ...func(*Config)) *Sluice {
		t.Helper()
		s, err := keeping(t, folder, change...)
		require.NoError(t, err)
		return s
	}
	allowed := func(c *Config) { c.AllowExec = true }
	s := open(allowed)
	web := `{"http":{"url":"http://127.0.0.1:1/","concurrency":3},"timeout":"7s","memory":256,"handler":"h","env":{"SECRET":"x"},"reservedConcurrency":4}`
	for name, body := range map[string]string{"web": web, "run": `{"exec":{"command":["true"]}}`, "gone": web} {
		status, told := admin(t, s, http.MethodPut, path+name, body)
		require.Equal(t, 200, status, told)
	}
	status, _ := admin(t, s, http.MethodPut, path+"web?region=eu-west-1", web)
	require.Equal(t, 200, status)
	status, _ = admin(t, s, http.MethodDelete, path+"gone", "")
	require.Equal(t, 200, status)
	_, before := admin(t, s, http.MethodGet, path+"web", "")
	info, err := os.Stat(filepath.Join(folder, "admin-functions.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, s.Close())

	s = open(allowed)
	_, after := admin(t, s, http.MethodGet, path+"web", "")
	require.JSONEq(t, before, after)
	_, list := admin(t, s, http.MethodGet, "/_sluice/functions?region=eu-west-1", "")
	require.Contains(t, list, `"web"`)
	status, _ = admin(t, s, http.MethodGet, path+"run", "")
	require.Equal(t, 200, status)
	status, _ = admin(t, s, http.MethodGet, path+"gone", "")
	require.Equal(t, 404, status)
	require.NoError(t, s.Close())

	// Without permission a process is not there, and is again once it is given.
	var log shared
	s = open(func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	status, _ = admin(t, s, http.MethodGet, path+"run", "")
	require.Equal(t, 404, status)
	require.Contains(t, log.String(), "a function that the admin API has defined is not there")
	require.NoError(t, s.Close())
	s = open(allowed, func(c *Config) {
		c.Functions = []Function{{Key: functionKey("web"), HTTP: &FunctionHTTP{URL: "http://127.0.0.1:2/"}}}
	})
	_, told := admin(t, s, http.MethodGet, path+"web", "")
	require.Contains(t, told, "127.0.0.1:2", "the settings go first")
	status, _ = admin(t, s, http.MethodGet, path+"run", "")
	require.Equal(t, 200, status)
}

// What could not be kept changes nothing, and is tried anew by who asks again: an
// answer of 200 says that the next start knows.
func TestFunctionsThatCannotBeKept(t *testing.T) {
	const path = "/_sluice/functions/"
	folder := filepath.Join(t.TempDir(), "data")
	s, err := keeping(t, folder)
	require.NoError(t, err)
	answers := func(want int, method, name, body string) string {
		t.Helper()
		status, told := admin(t, s, method, path+name, body)
		require.Equal(t, want, status, told)
		return told
	}
	const former, later = `{"http":{"url":"http://127.0.0.1:1/"}}`, `{"http":{"url":"http://127.0.0.1:2/"}}`
	answers(200, http.MethodPut, "old", former)
	answers(200, http.MethodPut, "going", former)
	inTheWay := filepath.Join(folder, "admin-functions.json"+replace.Suffix)
	require.NoError(t, os.Mkdir(inTheWay, 0o700))
	for range 2 {
		answers(500, http.MethodPut, "new", former)
		answers(404, http.MethodGet, "new", "")
		answers(500, http.MethodPut, "old", later)
		require.Contains(t, answers(200, http.MethodGet, "old", ""), "127.0.0.1:1")
		answers(500, http.MethodDelete, "going", "")
		answers(200, http.MethodGet, "going", "")
	}
	require.NoError(t, os.Remove(inTheWay))
	answers(200, http.MethodPut, "new", former)
	answers(200, http.MethodPut, "old", later)
	answers(200, http.MethodDelete, "going", "")
	require.NoError(t, s.Close())

	s, err = keeping(t, folder)
	require.NoError(t, err)
	answers(200, http.MethodGet, "new", "")
	require.Contains(t, answers(200, http.MethodGet, "old", ""), "127.0.0.1:2")
	answers(404, http.MethodGet, "going", "")
}

// A file that cannot be read is no reason to forget what it says.
func TestBrokenKeptFunctions(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "data")
	s, err := keeping(t, folder)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	for text, want := range map[string]string{
		`{"version":2}`: "was written by a newer Sluice (version 2); use that one",
		`{"version":`:   "unexpected end of JSON input",
		`{"version":1,"functions":[{"name":"a b"}]}`: "admin-functions.json",
	} {
		file := filepath.Join(folder, "admin-functions.json")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := keeping(t, folder)
		require.ErrorContains(t, err, want)
		kept, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, text, string(kept))
	}
}
