package integration

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// emulator runs the Runtime Interface Emulator before the handler of Go, with a time of 5 seconds.
func emulator(t *testing.T) (address string) {
	t.Helper()
	address = FreeAddress(t)
	rie := exec.Command(handlerScript(t, "rie"), "--runtime-interface-emulator-address", address,
		"--runtime-api-address", FreeAddress(t), handlerScript(t, "go"))
	rie.Env = append(os.Environ(), "AWS_LAMBDA_FUNCTION_TIMEOUT=5")
	said := &talk{}
	rie.Stdout, rie.Stderr = said, said
	require.NoError(t, rie.Start())
	t.Cleanup(func() {
		_ = rie.Process.Kill()
		_ = rie.Wait()
		if t.Failed() {
			t.Log("the emulator: ", said)
		}
	})
	eventually(t, func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	}, 10*time.Millisecond, "the emulator listens: %s", said)
	return address
}

// TestEmulator has a function behind the emulator of AWS itself. It answers function errors and overrun time with status
// 200, a crash with 502 and a document, and breaks when a second event comes before it has answered the first.
func TestEmulator(t *testing.T) {
	t.Parallel()
	s := Start(t, "--memory")
	body, err := json.Marshal(map[string]any{"timeout": "100s", "http": map[string]string{
		"url": "http://" + emulator(t) + "/2015-03-31/functions/function/invocations"}})
	require.NoError(t, err)
	require.NoError(t, s.adminBy(t.Context(), http.MethodPut, "/_sluice/functions/rie", string(body)))
	for _, step := range []outcomeOf{
		{name: "an answer", event: `{"value":"hello"}`, payload: `"hello"`},
		{name: "an error", event: `{"do":"fail"}`, kind: "errorString", contains: "sour"},
		{name: "a hang", event: `{"do":"hang"}`, kind: "Sandbox.Timedout", contains: "Task timed out after 5.00 seconds"},
		{name: "after the hang", event: `{"value":"again"}`, payload: `"again"`},
		{name: "a crash", event: `{"do":"crash"}`, kind: "Runtime.ExitError", contains: "exit status 7"},
		{name: "after the crash", event: `{"value":"and again"}`, payload: `"and again"`},
	} {
		payload, failure, _ := called(t, s, "rie", step.event)
		if step.kind != "" {
			require.Equal(t, "Unhandled", failure, "%s: %s", step.name, payload)
			require.Contains(t, payload, step.kind, step.name)
			require.Contains(t, payload, step.contains, step.name)
			continue
		}
		require.Empty(t, failure, "%s: %s", step.name, payload)
		require.Equal(t, step.payload, payload, step.name)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			payload, failure, _ := called(t, s, "rie", `{"value":"one of many"}`)
			assert.Empty(t, failure, payload)
			assert.Equal(t, `"one of many"`, payload)
		})
	}
	wg.Wait()
}
