package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// talk is what a command says, safe to read while it says more.
type talk struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (k *talk) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.buf.Write(p)
}

func (k *talk) String() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.buf.String()
}

func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

// command runs one command to its end.
func command(t *testing.T, e func(string) (string, bool), args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, talk bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &talk, e)
	return code, out.String(), talk.String()
}

// served is a server run by the serve command.
type served struct {
	url  string
	talk *talk
	stop context.CancelFunc
	code chan int
}

var readyLine = regexp.MustCompile(`(?m)^sluice ready (\S+)( \S+)*\nReady\.\n`)

func serve(t *testing.T, e func(string) (string, bool), args ...string) *served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := &served{talk: &talk{}, stop: cancel, code: make(chan int, 1)}
	go func() { s.code <- run(ctx, args, strings.NewReader(""), s.talk, s.talk, e) }()
	t.Cleanup(cancel)
	require.Eventually(t, func() bool { return readyLine.MatchString(s.talk.String()) }, time.Minute, 5*time.Millisecond, s.talk)
	s.url = readyLine.FindStringSubmatch(s.talk.String())[1]
	return s
}

func TestServeIsTheDefaultAndEndsCleanly(t *testing.T) {
	for _, args := range [][]string{{"--memory", "--listen", "localhost:0"}, {"serve", "--memory", "--listen=localhost:0"}} {
		s := serve(t, env(), args...)
		code, out, _ := command(t, env("AWS_ENDPOINT_URL", s.url), "health")
		require.Equal(t, exitFine, code)
		require.Equal(t, "ok dev\n", out)
		s.stop()
		require.Equal(t, exitFine, <-s.code)
	}
}

func TestMisspeltVariablesAreTold(t *testing.T) {
	t.Setenv("SLUICE_LIMITTS", "off")
	s := serve(t, env(), "--memory", "--listen", "localhost:0")
	require.True(t, strings.HasPrefix(s.talk.String(), "sluice: SLUICE_LIMITTS is no setting; is it SLUICE_LIMITS?\nsluice ready "), s.talk)
}

func TestSettingsComeFromTheEnvironmentAndTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sluice.yaml")
	require.NoError(t, os.WriteFile(file, []byte("version: 1\nstore: {memory: true}\nserver: {admin-token: secret}\n"), 0o600))
	s := serve(t, env("SLUICE_CONFIG", file, "SLUICE_LISTEN", "localhost:0"))
	code, _, talk := command(t, env(), "clock", "--endpoint", s.url)
	require.Equal(t, exitFailed, code)
	require.Contains(t, talk, "token")
	code, out, _ := command(t, env("SLUICE_ADMIN_TOKEN", "secret"), "clock", "--endpoint", s.url)
	require.Equal(t, exitFine, code)
	require.Contains(t, out, "running, offset 0s")
}

func TestExitCodes(t *testing.T) {
	s := serve(t, env(), "--memory", "--listen", "localhost:0")
	busy := strings.TrimPrefix(s.url, "http://")
	for _, c := range []struct {
		name string
		args []string
		code int
		talk string
	}{
		{"no such command", []string{"severe"}, exitUsage, `unknown command "severe" for "sluice"`},
		{"no such flag", []string{"serve", "--liste", "x"}, exitUsage, "unknown flag: --liste"},
		{"too many arguments", []string{"serve", "now"}, exitUsage, `unknown command "now"`},
		{"bad value", []string{"--transition", "soon"}, exitUsage, "sluice: --transition: \"soon\" is not a duration"},
		{"bad endpoint", []string{"health", "--endpoint", "localhost"}, exitUsage, "is not a URL such as http://localhost:4566"},
		{"the real AWS", []string{"health", "--endpoint", "https://kinesis.us-east-1.amazonaws.com"}, exitUsage, "is the real AWS"},
		{"nobody there", []string{"health", "--endpoint", "http://127.0.0.1:1"}, exitBlocked, "nobody answers at http://127.0.0.1:1"},
		{"busy port", []string{"--memory", "--listen", busy}, exitBlocked, "hint: something already listens there"},
		{"bad time", []string{"clock", "set", "noon", "--endpoint", s.url}, exitUsage, `TIME: "noon" is not a time such as`},
		{"time never goes back", []string{"clock", "set", "2001-01-01T00:00:00Z", "--endpoint", s.url}, exitUsage, "never goes back"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, talk := command(t, env(), c.args...)
			require.Equal(t, c.code, code, talk)
			require.Contains(t, talk, c.talk)
			require.Empty(t, out, "stdout is for data")
		})
	}
}

func TestClockCommands(t *testing.T) {
	s := serve(t, env(), "--memory", "--listen", "localhost:0")
	at := func(args ...string) string {
		t.Helper()
		code, out, talk := command(t, env("AWS_ENDPOINT_URL_KINESIS", s.url), append([]string{"clock"}, args...)...)
		require.Equal(t, exitFine, code, talk)
		return out
	}
	require.Contains(t, at("advance", "25h"), "running, offset 25h0m0s\n")
	require.Contains(t, at("freeze"), "frozen")
	require.Contains(t, at("set", "2100-01-31T12:00:00Z"), "2100-01-31T12:00:00Z frozen")
	require.Contains(t, at("advance", "next", "--wait", "1s"), "2100-01-31T12:00:00Z frozen")
	require.Contains(t, at("get"), "2100-01-31T12:00:00Z frozen")
	require.Contains(t, at("resume"), "2100-01-31T12:00:0")
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(at("--json")), &doc))
	require.Equal(t, "running", doc["mode"])
}

func TestHealthFollowsTheServersOwnVariables(t *testing.T) {
	s := serve(t, env(), "--memory", "--listen", "localhost:0")
	_, port, _ := strings.Cut(strings.TrimPrefix(s.url, "http://"), ":")
	code, out, _ := command(t, env("SLUICE_LISTEN", "0.0.0.0:"+port), "health", "--json")
	require.Equal(t, exitFine, code)
	require.Contains(t, out, `"status":"ok"`)
}

func TestHealthOverTLS(t *testing.T) {
	s := serve(t, env(), "--memory", "--listen", "localhost:0")
	secure := strings.Replace(s.url, "http:", "https:", 1)
	code, _, talk := command(t, env(), "health", "--endpoint", secure)
	require.Equal(t, exitFailed, code)
	require.Contains(t, talk, "the certificate of "+secure+" is not trusted")
	require.Contains(t, talk, "hint: for Sluice's own authority: curl http://HOST:PORT/_sluice/ca.pem")

	answer, err := http.Get(s.url + "/_sluice/ca.pem")
	require.NoError(t, err)
	defer answer.Body.Close()
	pem, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(authority, pem, 0o600))
	code, out, talk := command(t, env("AWS_CA_BUNDLE", authority), "health", "--endpoint", secure)
	require.Equal(t, exitFine, code, talk)
	require.Equal(t, "ok dev\n", out)
}

func TestVersion(t *testing.T) {
	code, out, _ := command(t, env(), "version")
	require.Equal(t, exitFine, code)
	require.Regexp(t, `^sluice dev \(go1\.\d+.*\)\n$`, out)
	_, out, _ = command(t, env(), "version", "--json")
	require.Contains(t, out, `"version":"dev"`)
}

func TestHelpNamesEveryWayToSetSomething(t *testing.T) {
	code, out, _ := command(t, env(), "serve", "--help")
	require.Equal(t, exitFine, code)
	require.Contains(t, out, "--memory-limit SIZE")
	require.Contains(t, out, "(default 256MiB) ($SLUICE_MEMORY_LIMIT)")
	require.NotContains(t, out, "--data string")
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		code, out, _ := command(t, env(), "completion", shell)
		require.Equal(t, exitFine, code)
		require.Contains(t, out, "sluice")
	}
}
