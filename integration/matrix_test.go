package integration

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// versions lists what make test-clients runs beside the pinned versions, which are "".
var versions = map[string][]string{
	"go":         {"v1.43.5", "v1.52.0", "", "v1.56.13"},
	"boto3":      {"1.38.0", "1.40.0", "1.42.0", ""},
	"awscli":     {"1.41.0", "1.43.0", "", "debian"},
	"js":         {"3.872.0", "3.968.0", "3.1065.0", ""},
	"java-sync":  {"2.36.2", "2.40.2", ""},
	"java-async": {"2.36.2", "2.40.2", ""},
	"rust":       {"1.90.0", "1.110.0", ""},
	"kpl":        {"1.0.4", "1.0.6", ""},
}

// lacking are the steps a version has no operations for.
var lacking = map[string][]string{
	"awscli debian": {"6.1", "6.2"}, // of 2023, before tags by ARN and policies
}

// TestAllClientVersions runs every client in several versions and writes docs/clients.md. It is for `make test-clients`.
func TestAllClientVersions(t *testing.T) {
	if os.Getenv("SLUICE_ALL_CLIENTS") == "" {
		t.Skip("run by make test-clients")
	}
	var all collector
	t.Run("run", func(t *testing.T) {
		server := Start(t, "--memory", "--transition", "0")
		for _, client := range Clients() {
			require.NotEmpty(t, versions[client.Name], client.Name)
			for _, version := range versions[client.Name] {
				client.Skips = append(slices.Clone(client.Skips), lacking[client.Name+" "+version]...)
				all.run(t, server, client, version, "http")
				all.run(t, server, client, version, "https")
			}
		}
		for _, version := range versions["kpl"] {
			all.producer(t, Producer(), version)
		}
	})
	require.NoError(t, WriteReport("clients-all.json", all.rows))
	require.NoError(t, writeMatrix(all.rows))
}

// writeMatrix replaces the part of docs/clients.md that belongs to the run.
func writeMatrix(rows []Row) error {
	path := filepath.Join(Root(), "docs", "clients.md")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	begin, end := []byte("<!-- matrix:begin -->\n"), []byte("<!-- matrix:end -->")
	head, rest, found := bytes.Cut(text, begin)
	_, tail, ended := bytes.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("%s has no place for the versions", path)
	}
	return os.WriteFile(path, slices.Concat(head, begin, matrix(rows), end, tail), 0o644)
}

// matrix makes one line per client and version, in the order of the clients.
func matrix(rows []Row) []byte {
	type run struct{ version, transport string }
	out := []byte("| client | version | http | https |\n|---|---|---|---|\n")
	for _, client := range append(Clients(), Producer()) {
		byRun, seen := map[run][]Row{}, map[string]bool{}
		for _, row := range rows {
			if row.Client == client.Name {
				at := run{row.Version, row.Transport}
				byRun[at] = append(byRun[at], row)
				seen[row.Version] = true
			}
		}
		ordered := slices.SortedFunc(maps.Keys(seen), compareVersions)
		for _, version := range ordered {
			out = fmt.Appendf(out, "| %s | %s | %s | %s |\n", client.Name, version,
				outcome(client, byRun[run{version, "http"}]), outcome(client, byRun[run{version, "https"}]))
		}
	}
	return out
}

// outcome sums up the rows of one run: "15 of 15 steps", and what was skipped or failed; "-" when there was none.
func outcome(client Client, rows []Row) string {
	if len(rows) == 0 {
		return "-"
	}
	fine := 0
	var other []string
	for _, row := range rows {
		word, _, _ := strings.Cut(row.Result, ":")
		if word == "ok" {
			fine++
			continue
		}
		other = append(other, word+" "+row.Step)
	}
	text := fmt.Sprintf("%d of %d steps", fine, len(client.steps()))
	if len(other) > 0 {
		text += "; " + strings.Join(other, ", ")
	}
	return text
}

// compareVersions orders 1.9.0 before 1.10.0.
func compareVersions(a, b string) int {
	number := func(v string) (n [3]int) {
		_, _ = fmt.Sscanf(strings.TrimPrefix(v, "v"), "%d.%d.%d", &n[0], &n[1], &n[2])
		return n
	}
	x, y := number(a), number(b)
	return slices.Compare(x[:], y[:])
}
