package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// TestFunctionsPage runs the ten lines of each language that docs/functions.md shows, in a folder of their own and by
// the settings that stand beside them.
func TestFunctionsPage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(Root(), "docs", "functions.md"))
	require.NoError(t, err)
	dir := t.TempDir()
	files := regexp.MustCompile("(?ms)^```\\w+ file=(\\S+)\n(.*?)^```").FindAllSubmatch(page, -1)
	require.Len(t, files, 4)
	for _, f := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, string(f[1])), f[2], 0o600))
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "bootstrap"), filepath.Join(dir, "handler.go"))
	build.Dir = Root()
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	python, node := filepath.Dir(handlerScript(t, "python")), filepath.Dir(handlerScript(t, "node"))
	require.NoError(t, os.Symlink(filepath.Join(node, "node_modules"), filepath.Join(dir, "node_modules")))
	t.Setenv("PATH", filepath.Join(python, "venv", "bin")+":"+os.Getenv("PATH"))

	s := StartIn(t, dir, "--config", "sluice.yaml", "--memory")
	_, err = s.SDK().PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String("k"), Data: []byte(`"a book"`)})
	require.NoError(t, err)
	for name, want := range map[string]string{"in-go": "go got", "in-python": "python got", "in-node": "node got"} {
		s.eventually(t, func() bool { return strings.Contains(logOf(t, s, name), want+` \"a book\"`) }, 50*time.Millisecond, "%s is called: %s", name, lazily(func() any { return logOf(t, s, name) }))
	}
}
