package main

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice"
)

var update = flag.Bool("update", false, "write the README's table instead of comparing it")

// The README's table of operations is what the program says of itself.
func TestReadmeTable(t *testing.T) {
	const (
		path  = "../../README.md"
		begin = "<!-- begin: sluice ops --markdown -->\n"
		end   = "<!-- end -->"
	)
	code, table, talk := command(t, env(), "ops", "--markdown")
	require.Equal(t, exitFine, code, talk)
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(raw), begin)
	require.True(t, ok, "the mark is missing")
	have, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "the mark is missing")
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+table+end+after), 0o644))
		return
	}
	require.True(t, table == have, "the table is stale: run `make readme`")
}

// The README names every setting and every command.
func TestReadmeNamesSettingsAndCommands(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	for _, s := range sluice.Settings() {
		require.Contains(t, string(raw), "`--"+s.Flag+"`")
	}
	changes, err := os.ReadFile("../../CHANGELOG.md")
	require.NoError(t, err)
	for _, command := range (&program{env: env()}).root().Commands() {
		require.Contains(t, string(changes), "`"+command.Name()+"`")
	}
}

func TestOps(t *testing.T) {
	code, out, _ := command(t, env(), "ops")
	require.Equal(t, exitFine, code)
	require.Regexp(t, `(?m)^kinesis +PutRecords +real `, out)
	_, out, _ = command(t, env(), "ops", "--json")
	require.Contains(t, out, `{"service":"kinesis","operation":"AddTagsToStream","state":"real"`)
	code, _, _ = command(t, env(), "ops", "--json", "--markdown")
	require.Equal(t, exitUsage, code)
}
