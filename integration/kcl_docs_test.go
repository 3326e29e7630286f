package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestKCLPage holds docs/kcl.md to what runs: its worker is a piece of the program of TestKCL, its commands are carried
// out, and its tables name the warnings that are passed over.
func TestKCLPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(Root(), "docs", "kcl.md"))
	require.NoError(t, err)
	program, err := os.ReadFile(filepath.Join(Root(), "integration", "sdk", "kcl", "src", "main", "java", "sluice", "Consumer.java"))
	require.NoError(t, err)
	words := func(s string) string { return strings.Join(strings.Fields(s), " ") }

	blocks := regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	require.Len(t, blocks, 3)
	server := Start(t, "--memory")
	var script strings.Builder
	for _, block := range blocks {
		if block[1] == "java" {
			require.Contains(t, words(string(program)), words(block[2]))
			continue
		}
		script.WriteString(strings.ReplaceAll(block[2], "http://localhost:4566", server.URL))
	}
	out, err := exec.CommandContext(t.Context(), "bash", "-eo", "pipefail", "-c", script.String()).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), `{"TableNames":[]}`)
	for _, warning := range kclWarnings() {
		require.Contains(t, string(text), strings.TrimSuffix(warning, " as us-east-1"))
	}
}
