package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice"
)

func TestSnapshot(t *testing.T) {
	w := newWorld(t, seeded("orders"))
	w.ok("put", "orders", "a", "b", "--key", "k")
	require.Equal(t, "NAME  SERVICE TIME  SIZE\n", w.ok("snapshot"))
	require.Empty(t, w.ok("snapshot", "save", "two"))
	w.ok("put", "orders", "c", "--key", "k")
	require.Regexp(t, `^\{"name":"three","created":"\S+","serviceTime":"\S+","bytes":\d+,"format":3\}\n$`, w.ok("snapshot", "save", "three", "--json"))
	require.Empty(t, w.ok("snapshot", "restore", "two"))
	require.Equal(t, 2, strings.Count(w.ok("get", "orders"), "\n"))
	require.Regexp(t, `\nthree  \S+Z  +\d+ bytes\ntwo    \S+Z`, w.ok("snapshot", "list"))

	dir := t.TempDir()
	file := filepath.Join(dir, "three.tar.zst")
	require.Empty(t, w.ok("snapshot", "export", "three", "-o", file))
	raw := w.ok("snapshot", "export", "three", "-o", "-")
	have, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, raw == string(have), "stdout and file are the same")
	require.Empty(t, w.ok("snapshot", "delete", "three", "two"))
	require.Contains(t, w.ok("snapshot", "import", file, "--json"), `"name":"three"`)
	require.Empty(t, w.in(raw, "snapshot", "import", "-", "again"))
	w.ok("snapshot", "restore", "again")
	require.Equal(t, 3, strings.Count(w.ok("get", "orders"), "\n"))

	for _, c := range []struct {
		code int
		args []string
		want string
	}{
		{exitFailed, []string{"snapshot", "save", "again"}, "there is a snapshot again already\nhint: delete it first"},
		{exitUsage, []string{"snapshot", "save", "../x"}, `"../x" cannot be the name of a snapshot`},
		{exitFailed, []string{"snapshot", "restore", "none"}, "there is no snapshot none"},
		{exitFailed, []string{"snapshot", "export", "none"}, "there is no snapshot none"},
		{exitFailed, []string{"snapshot", "import", filepath.Join(dir, "none")}, "no such file"},
		{exitFailed, []string{"snapshot", "import", file, "again"}, "there is a snapshot again already"},
		{exitUsage, []string{"snapshot", "save"}, "sluice snapshot save takes NAME; it was given no argument"},
		{exitUsage, []string{"snapshot", "seve", "x"}, `unknown command "seve"`},
		{exitFailed, []string{"snapshot", "restore", "again", "--endpoint", "http://kinesis.example.com"}, "restore again at http://kinesis.example.com needs a yes\nhint: say --yes"},
		{exitFailed, []string{"reset", "--account", "000000000000", "--endpoint", "http://kinesis.example.com"}, "remove everything of account 000000000000 at http://kinesis.example.com needs a yes"},
		{exitUsage, []string{"reset", "--service", "video"}, `"video" keeps nothing here; these do: `},
		{exitBlocked, []string{"snapshot", "import", file, "x", "--endpoint", "http://127.0.0.1:1"}, "nobody answers at http://127.0.0.1:1"},
	} {
		require.Contains(t, w.fails(c.code, c.args...), c.want, "%v", c.args)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "no half file stays")

	require.Equal(t, `{"removed":{"cloudwatch":0,"dynamodb":0,"firehose":0,"glue":0,"kinesis":0,"lambda":0,"s3":0}}`+"\n", w.ok("reset", "--region", "eu-west-1", "--json"))
	require.Empty(t, w.ok("reset"))
	require.Equal(t, `{"items":[]}`+"\n", w.ok("streams", "--json"))
}

// An export that breaks off is an error, and leaves no file.
func TestExportThatBreaksOff(t *testing.T) {
	w := newWorld(t, seeded("orders"))
	w.ok("snapshot", "save", "one")
	var out bytes.Buffer
	require.NoError(t, w.ExportSnapshot(t.Context(), "one", &out))
	fake := cutAnswer(t, out.Bytes()[:out.Len()/2])
	dir := t.TempDir()
	require.Contains(t, w.fails(exitFailed, "snapshot", "export", "one", "-o", filepath.Join(dir, "one"), "--endpoint", fake), "the export broke off")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestAdminTokenGoesWithFiles(t *testing.T) {
	w := newWorld(t, func(c *sluice.Config) { c.AdminToken = "secret" })
	require.Contains(t, w.fails(exitFailed, "snapshot", "export", "x"), "token")
	require.Contains(t, w.fails(exitFailed, "snapshot", "export", "x", "--admin-token", "secret"), "there is no snapshot x")
}
