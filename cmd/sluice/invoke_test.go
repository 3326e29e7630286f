package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestInvoke(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.RegisterFunction("echo", func(_ context.Context, event []byte) ([]byte, error) { return event, nil }))
	require.NoError(t, w.RegisterFunction("fails", func() error { return errors.New("sour") }))
	require.Equal(t, "{}\n", w.ok("invoke", "echo"))
	require.Equal(t, `{"a":1}`+"\n", w.ok("invoke", "echo", "--payload", `{"a":1}`))
	require.Equal(t, `[1,2]`+"\n", w.in("[1,2]", "invoke", "echo", "-p", "-"))
	file := filepath.Join(t.TempDir(), "event.json")
	require.NoError(t, os.WriteFile(file, []byte(`"from a file"`), 0o600))
	require.Equal(t, `"from a file"`+"\n", w.ok("invoke", "echo", "-p", "@"+file))
	require.Empty(t, w.ok("invoke", "echo", "--async"))

	var out talk
	code, said := w.run(t.Context(), nil, &out, "invoke", "fails", "--log")
	require.Equal(t, exitFailed, code)
	require.Equal(t, `{"errorType":"errorString","errorMessage":"sour"}`+"\n", out.String(), "the document is data")
	require.Contains(t, said, "sluice: fails has failed (Unhandled)\nhint: `sluice logs fails` shows its log")
	require.Contains(t, said, "REPORT RequestId: ")

	require.Contains(t, w.fails(exitFailed, "invoke", "missing"), "sluice: ResourceNotFoundException: Function not found: arn:aws:lambda:us-east-1:000000000000:function:missing\nhint: `sluice functions` lists the functions")
	require.Contains(t, w.fails(exitUsage, "invoke", "echo", "-p", "text"), "it is not JSON")
	require.Contains(t, w.fails(exitUsage, "invoke", "echo", "-p", "@/no/such/file"), "no such file")
	require.Contains(t, w.fails(exitUsage, "invoke"), "FUNCTION")
	require.Contains(t, w.fails(exitBlocked, "invoke", "echo", "--endpoint", "http://127.0.0.1:1"), "nobody answers")
}

func TestLogs(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.RegisterFunction("echo", func(_ context.Context, event []byte) ([]byte, error) { return event, nil }))
	require.Empty(t, w.ok("logs", "echo"))
	w.ok("invoke", "echo")
	require.Regexp(t, `^START RequestId: \S+ Version: \$LATEST\nEND RequestId: \S+\nREPORT RequestId: `, w.ok("logs", "echo"))
	require.Regexp(t, `^REPORT`, w.ok("logs", "echo", "-n", "1"))
	require.Regexp(t, `^\d{4}-\S+Z  [0-9a-f-]{36}  START`, w.ok("logs", "echo", "--wide"))
	require.Contains(t, w.ok("logs", "echo", "--json"), `"seq":1,`)
	out, stop, code := w.background("logs", "echo", "-f", "-n", "1")
	require.Eventually(t, func() bool { return out.String() != "" }, time.Minute, time.Millisecond)
	w.ok("invoke", "echo")
	require.Eventually(t, func() bool { return len(out.String()) > 200 }, time.Minute, time.Millisecond)
	stop()
	require.Equal(t, exitFine, <-code)
	require.Contains(t, w.fails(exitFailed, "logs", "missing"), "there is no function missing\nhint: `sluice functions` lists")
}

func TestFunctions(t *testing.T) {
	w := newWorld(t)
	require.Empty(t, w.ok("functions"))
	require.NoError(t, w.RegisterFunction("echo", func() {}))
	require.Equal(t, "NAME  TIMEOUT  TARGET\necho  30s      go\n", w.ok("functions"))
	require.Contains(t, w.ok("functions", "--json"), `"name":"echo"`)
}
