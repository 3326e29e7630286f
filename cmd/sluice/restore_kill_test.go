package main

import (
	"bufio"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// killable is a server in a process of its own.
type killable struct {
	cmd *exec.Cmd
	url string
}

func startKillable(t *testing.T, data string) *killable {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, "serve", "--data", data, "--listen", "127.0.0.1:0", "--transition", "0", "--limits", "off")
	cmd.Env = append(os.Environ(), "SLUICE_TEST_AS_PROGRAM=1", "GORACE=atexit_sleep_ms=0")
	talk, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	k := &killable{cmd: cmd}
	t.Cleanup(k.kill)
	lines := bufio.NewScanner(talk)
	for k.url == "" {
		require.True(t, lines.Scan(), "the server ended")
		if rest, ok := strings.CutPrefix(lines.Text(), "sluice ready "); ok {
			k.url, _, _ = strings.Cut(rest, " ")
		}
	}
	go func() {
		for lines.Scan() { // so that it never waits for a reader
		}
	}()
	return k
}

func (k *killable) kill() {
	_ = k.cmd.Process.Kill()
	_ = k.cmd.Wait()
}

// ok runs a command against the server.
func (k *killable) ok(t *testing.T, args ...string) string {
	t.Helper()
	code, out, talk := command(t, env("AWS_ENDPOINT_URL", k.url), args...)
	require.Equal(t, exitFine, code, talk)
	return out
}

// A server that is killed for real while it restores comes up with the old
// state or the new. SLUICE_KILL_ROUNDS=n plays more.
func TestKilledWhileRestoring(t *testing.T) {
	rounds := 6
	if n, err := strconv.Atoi(os.Getenv("SLUICE_KILL_ROUNDS")); err == nil {
		rounds = n
	}
	data := filepath.Join(t.TempDir(), "data")
	k := startKillable(t, data)
	k.ok(t, "create", "orders", "--shards", "1")
	k.ok(t, "put", "orders", "a", "b", "--key", "k")
	k.ok(t, "snapshot", "save", "two")
	found := map[int]int{}
	for range rounds {
		k.ok(t, "put", "orders", "c", "--key", "k")
		before := strings.Count(k.ok(t, "get", "orders"), "\n")
		done := make(chan struct{})
		go func() {
			defer close(done)
			command(t, env("AWS_ENDPOINT_URL", k.url), "snapshot", "restore", "two")
		}()
		time.Sleep(time.Duration(rand.IntN(120)) * time.Millisecond) // a kill has no clock of ours
		k.kill()
		<-done
		k = startKillable(t, data)
		now := strings.Count(k.ok(t, "get", "orders"), "\n")
		require.Contains(t, []int{2, before}, now)
		found[now-2]++
		left, err := filepath.Glob(filepath.Join(data, "pebble.*"))
		require.NoError(t, err)
		require.Empty(t, left)
	}
	t.Logf("records beyond the snapshot after the kill, and how often: %v", found)
	k.ok(t, "snapshot", "restore", "two")
	require.Equal(t, 2, strings.Count(k.ok(t, "get", "orders"), "\n"))
}
