package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice"
)

var update = flag.Bool("update", false, "write the tables of operations instead of comparing them")

// The table of operations is what the program says of itself, and the README
// counts its lines.
func TestReadmeTable(t *testing.T) {
	code, table, talk := command(t, env(), "ops", "--markdown")
	require.Equal(t, exitFine, code, talk)
	between(t, "../../docs/operations.md", "<!-- begin: sluice ops --markdown -->\n", table)
	list, err := sluice.Coverage(t.Context())
	require.NoError(t, err)
	between(t, "../../README.md", "<!-- begin: operations counted -->\n", tallied(list))
}

// between compares, or writes, what stands in a file after a mark.
func between(t *testing.T, path, begin, want string) {
	t.Helper()
	const end = "<!-- end -->"
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(raw), begin)
	require.True(t, ok, "the mark is missing in %s", path)
	have, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "the mark is missing in %s", path)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+want+end+after), 0o644))
		return
	}
	require.True(t, want == have, "%s is stale: run `make readme`", path)
}

// tallied is a table of how many operations of each service are how far there.
func tallied(list []sluice.Operation) string {
	counts := map[string]map[string]int{}
	for _, op := range list {
		if counts[op.Service] == nil {
			counts[op.Service] = map[string]int{}
		}
		counts[op.Service][string(op.State)]++
	}
	var b strings.Builder
	b.WriteString("| service | real | stored | refused |\n|---|---|---|---|\n")
	for _, service := range slices.Sorted(maps.Keys(counts)) {
		n := counts[service]
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", service, n["real"], n["stored"], n["refused"])
	}
	return b.String()
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
