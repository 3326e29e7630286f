package main

import (
	"bytes"
	"context"
	"flag"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"sluice"
)

var updateDocs = flag.Bool("update-docs", false, "write what the commands print into the docs instead of comparing it")

// shell runs command lines as a person types them, with `sluice` on the path.
type shell struct {
	t   *testing.T
	w   *world
	dir string
	env []string
}

func newShell(t *testing.T, w *world) *shell {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the examples are written for a Unix shell")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	bin := t.TempDir()
	script := "#!/bin/sh\nSLUICE_TEST_AS_PROGRAM=1 exec '" + self + "' \"$@\"\n"
	require.NoError(t, os.WriteFile(filepath.Join(bin, "sluice"), []byte(script), 0o755))
	return &shell{t: t, w: w, dir: t.TempDir(), env: append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "AWS_ENDPOINT_URL="+w.Endpoint(),
		"AWS_ENDPOINT_URL_KINESIS=", "AWS_PROFILE=", "AWS_REGION=", "AWS_DEFAULT_REGION=", "GOCOVERDIR="+bin, "GORACE=atexit_sleep_ms=0")}
}

// run runs a line and returns what it prints. One that goes on for ever is
// interrupted as a person would, and must end well.
func (s *shell) run(line string, endless bool) (output string, err error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir, cmd.Env = s.dir, s.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if endless {
		cmd.Args[2] = "exec " + line
		before := s.reads()
		require.NoError(s.t, cmd.Start())
		require.Eventually(s.t, func() bool { return s.reads() > before }, time.Minute, 10*time.Millisecond, "it does not read")
		require.NoError(s.t, cmd.Process.Signal(syscall.SIGINT))
		err = cmd.Wait()
		return out.String(), err
	}
	err = cmd.Run()
	return out.String(), err
}

// reads counts the calls of GetRecords among the server's latest.
func (s *shell) reads() int {
	a := &admin{endpoint: s.w.Endpoint(), env: env()}
	_, answer, err := a.call(s.t.Context(), http.MethodGet, "/_sluice/requests", nil, 0)
	require.NoError(s.t, err)
	return bytes.Count(answer, []byte(`"GetRecords"`))
}

// exampleWorld is what the examples in the help talk about.
func exampleWorld(t *testing.T) (*world, *shell) {
	t.Helper()
	w := newWorld(t, sluice.WithStreams(sluice.StreamSeed{Name: "orders", Shards: 2}, sluice.StreamSeed{Name: "payments", Shards: 2}))
	w.in(`{"customer":"c-7","total":12}`+"\n"+`{"customer":"c-8","total":3}`+"\n"+`{"customer":"c-9","total":70}`+"\n", "put", "orders", "--key-jq", ".customer")
	s := newShell(t, w)
	w.ok("dump", "orders", "--output", filepath.Join(s.dir, "orders.jsonl"))
	require.NoError(t, w.RegisterFunction("ingest", func(context.Context, []byte) ([]byte, error) { return []byte(`"done"`), nil }))
	const template = "Parameters: {Stage: {Default: dev}}\nResources: {Clicks: {Type: 'AWS::Kinesis::Stream'}, " +
		"Ingest: {Type: 'AWS::Lambda::Function', Properties: {Code: {S3Bucket: b, S3Key: k}}}}"
	require.NoError(t, os.MkdirAll(filepath.Join(s.dir, ".aws-sam", "build"), 0o755))
	for name, text := range map[string]string{"event.json": "{}", "template.yaml": template, ".aws-sam/build/template.yaml": template} {
		require.NoError(t, os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600))
	}
	return w, s
}

// Every example in the help of every command runs, in the order in which it
// stands there.
func TestExamplesInTheHelp(t *testing.T) {
	root := (&program{env: env()}).root()
	for _, cmd := range root.Commands() {
		if cmd.GroupID == groupStreams {
			require.NotEmpty(t, cmd.Example, "%s has no examples", cmd.Name())
			require.NotEmpty(t, cmd.Short)
		}
		if cmd.Example == "" {
			continue
		}
		t.Run(cmd.Name(), func(t *testing.T) {
			w, s := exampleWorld(t)
			if cmd.Name() != "create" {
				w.ok("create", "clicks")
				w.in(lines(0, 20), "put", "clicks", "--aggregate")
			}
			if cmd.Name() == "delete" {
				w.ok("consumers", "register", "payments", "billing")
			}
			for line := range strings.Lines(cmd.Example) {
				line = strings.TrimSpace(line)
				if strings.HasPrefix(line, "sluice logs") { // TestLogs follows one
					line = strings.TrimSuffix(line, " -f")
				}
				endless := strings.HasPrefix(line, "sluice tail") && !strings.Contains(line, "--limit")
				out, err := s.run(line, endless)
				require.NoError(t, err, "%s\n%s", line, out)
			}
		})
	}
}

// Help tells of each flag what it is for.
func TestFlagsAreExplained(t *testing.T) {
	var check func(cmd *cobra.Command)
	check = func(cmd *cobra.Command) {
		code, out, _ := command(t, env(), append(strings.Fields(cmd.CommandPath())[1:], "--help")...)
		require.Equal(t, exitFine, code)
		require.NotContains(t, out, "TO"+"DO")
		for _, sub := range cmd.Commands() {
			check(sub)
		}
	}
	for _, cmd := range (&program{env: env()}).root().Commands() {
		if cmd.GroupID == groupStreams {
			check(cmd)
		}
	}
}

// The sessions in the docs print what they print there.
func TestSessionsInTheDocs(t *testing.T) {
	for page, sessions := range map[string]int{"command-line.md": 6, "limits.md": 3, "faults.md": 2, "snapshots.md": 3, "time.md": 1} {
		t.Run(page, func(t *testing.T) { runSessions(t, "../../docs/"+page, sessions) })
	}
}

func runSessions(t *testing.T, path string, least int) {
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	w := newWorld(t, sluice.FrozenAt(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)), func(c *sluice.Config) { c.Seed = 1 })
	s := newShell(t, w)
	offset := regexp.MustCompile(`offset -?[0-9][0-9a-zµ.]*`) // it depends on the machine's clock
	block := regexp.MustCompile("(?s)```console\n(.*?)```")
	sessions := 0
	have := block.ReplaceAllStringFunc(string(raw), func(text string) string {
		sessions++
		body := strings.TrimSuffix(strings.TrimPrefix(text, "```console\n"), "```")
		var b strings.Builder
		for line := range strings.Lines(body) {
			typed, ok := strings.CutPrefix(line, "$ ")
			if !ok {
				continue // what it printed last time
			}
			out, _ := s.run(strings.TrimSpace(typed), false)
			b.WriteString(line)
			out = offset.ReplaceAllString(out, "offset …")
			b.WriteString(strings.ReplaceAll(out, w.Endpoint(), "http://localhost:4566"))
		}
		return "```console\n" + b.String() + "```"
	})
	require.GreaterOrEqual(t, sessions, least)
	if *updateDocs {
		require.NoError(t, os.WriteFile(path, []byte(have), 0o644))
		return
	}
	require.Equal(t, string(raw), have, "run go test ./cmd/sluice -run Docs -update-docs, and read what changed")
}
