//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReloadBySignal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sluice.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("version: 1\n")
	s := serve(t, env(), "--memory", "--listen", "localhost:0", "--config", file)
	write("version: 1\nlog: {log-level: debug}\nserver: {region: eu-west-1}\n")
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	expect := func(text string) {
		require.Eventually(t, func() bool { return strings.Contains(s.talk.String(), text) }, time.Minute, 5*time.Millisecond, text)
	}
	expect("sluice reloaded; changed: log-level; needs a restart: region\n")
	write("version: 1\nlogs: {}\n")
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	expect(`the settings stay as they are: sluice.yaml:2: unknown key "logs"; is it log?`)
}
