package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A folder in use is left alone, a healthy one is called that, a damaged one is
// named and refused, and what is left of it serves after a repair.
func TestDoctor(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	s := serve(t, env(), "--data", data, "--listen", "localhost:0", "--transition", "0")
	at := env("AWS_ENDPOINT_URL", s.url)
	for _, args := range [][]string{{"create", "orders", "--shards", "1"}, {"put", "orders", "a", "b"}, {"snapshot", "save", "before"}, {"put", "orders", "c"}} {
		code, _, talk := command(t, at, args...)
		require.Equal(t, exitFine, code, talk)
	}
	code, out, talk := command(t, env(), "doctor", data)
	require.Equal(t, exitBlocked, code)
	require.Empty(t, out)
	require.Contains(t, talk, "a server has this data folder open")
	s.stop()
	require.Equal(t, exitFine, <-s.code)

	code, out, talk = command(t, env(), "doctor", data)
	require.Equal(t, exitFine, code, out+talk)
	require.Contains(t, talk, "nothing is wrong; format 3, durability process, ")
	require.Contains(t, talk, ", 1 snapshot\n")

	logs, err := filepath.Glob(filepath.Join(data, "pebble", "*.log"))
	require.NoError(t, err)
	require.NotEmpty(t, logs)
	newest := logs[len(logs)-1]
	info, err := os.Stat(newest)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(newest, info.Size()/2))
	code, _, talk = command(t, env(), "serve", "--data", data, "--listen", "localhost:0")
	require.Equal(t, exitFailed, code)
	require.Contains(t, talk, "a data file is damaged: "+filepath.Base(newest))
	require.Contains(t, talk, ": `sluice doctor "+data+"` says what is damaged and what can be saved\n")

	code, out, talk = command(t, env(), "doctor", data, "--json")
	require.Equal(t, exitFailed, code)
	require.Contains(t, talk, "hint: sluice doctor "+data+" --repair saves what can be read")
	var report struct {
		Findings []struct{ File, Severity, What string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Equal(t, "pebble/"+filepath.Base(newest), report.Findings[0].File)
	require.Equal(t, "damage", report.Findings[0].Severity)

	code, out, talk = command(t, env(), "doctor", data, "--repair")
	require.Equal(t, exitFine, code, talk)
	require.Contains(t, out, "repaired: wrote a new database of what can be read; the old one is in damaged")
	code, out, talk = command(t, env(), "doctor", data)
	require.Equal(t, exitFine, code, out+talk)

	s = serve(t, env(), "--data", data, "--listen", "localhost:0", "--transition", "0")
	at = env("AWS_ENDPOINT_URL", s.url)
	code, _, talk = command(t, at, "snapshot", "restore", "before")
	require.Equal(t, exitFine, code, talk)
	code, out, talk = command(t, at, "get", "orders")
	require.Equal(t, exitFine, code, talk)
	require.Contains(t, out, "b")
	s.stop()
	require.Equal(t, exitFine, <-s.code)

	code, _, talk = command(t, env(), "doctor", t.TempDir())
	require.Equal(t, exitFailed, code)
	require.Contains(t, talk, "there is no data folder")
}
