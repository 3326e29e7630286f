package runtime

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
	"sluice/lambda/function"
)

func TestProcessAnswers(t *testing.T) {
	h := open(t)
	h.start(t, "works")
	for i := range 20 {
		require.Equal(t, fmt.Sprintf(`"%d"`, i), string(invoke(t, h, "works", fmt.Sprintf(`"%d"`, i)).Payload))
	}
	lines, _ := h.Logs(t.Context(), key("works"), 0, 1000, false)
	hellos := 0
	for _, l := range lines {
		if l.Text == "hello from works" {
			hellos++
		}
	}
	require.Equal(t, 1, hellos, "one process has answered all")
}

// What a function answers goes to the caller as it is; whether it is JSON is
// for the caller to judge.
func TestProcessOutcomes(t *testing.T) {
	h := open(t)
	h.start(t, "works")
	for event, want := range map[string]string{"garbage": "\xff\x00 not { json", "half": `{"batchItemFailures":[`, "empty": "", "stream": `"abc"`} {
		r := invoke(t, h, "works", event)
		require.Equal(t, want, string(r.Payload), event)
		require.Empty(t, r.Error)
	}
	for event, want := range map[string][2]string{
		"error":          {"MyError", "sour"},
		"error in words": {"Runtime.Unknown", "sour"},
		"broken stream":  {"MyError", "late"},
		"large":          {"Function.ResponseSizeTooLarge", "Response payload size (7340034 bytes) exceeded"},
		"crash":          {"Runtime.ExitError", "Error: Runtime exited with error: exit status 7"},
		"leave":          {"Runtime.ExitError", "Error: Runtime exited without providing a reason"},
	} {
		requireFailure(t, invoke(t, h, "works", event), want[0], want[1])
	}
	require.Equal(t, `"again"`, string(invoke(t, h, "works", `"again"`).Payload))
	text := logOf(t, h, "works")
	require.Contains(t, text, "status 413\n", "the runtime is told that its answer is too large")
}

func logOf(t *testing.T, h *Host, name string) string {
	t.Helper()
	lines, ok := h.Logs(t.Context(), key(name), 0, maxLines, false)
	require.True(t, ok)
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.Text + "\n")
	}
	return text.String()
}

func TestProcessHangs(t *testing.T) {
	host, h := openStill(t)
	const limit = 700 * time.Millisecond
	h.start(t, "works", func(d *Definition) { d.Timeout = limit })
	hangs := later(t, h, "works", "hang")
	awaitLog(t, h, "works", "START", 1)
	host.Step(limit)
	requireFailure(t, <-hangs, "Sandbox.Timedout", "Error: Task timed out after 0.70 seconds")
	require.Equal(t, `"next"`, string(invoke(t, h, "works", `"next"`).Payload), "a fresh process takes the next event")
	require.Equal(t, `"done"`, string(invoke(t, h, "works", "linger").Payload))
	next := later(t, h, "works", `"next"`)
	host.Step(limit)
	require.Equal(t, `"next"`, string((<-next).Payload), "one that does not come back is replaced at its deadline")
}

// openStill is open with a host clock that only the test moves, so that no
// deadline comes by itself.
func openStill(t *testing.T) (*clock.Service, *Host) {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))
	t.Cleanup(c.Close)
	return c, open(t, func(cfg *Config) { cfg.Host = c })
}

// later invokes a function beside the test.
func later(t *testing.T, h *Host, name, payload string) <-chan function.Result {
	t.Helper()
	done := make(chan function.Result, 1)
	go func() {
		r, _ := h.Invoke(t.Context(), invocation(name, payload))
		done <- r
	}()
	return done
}

// awaitLog waits until the log of a function has a text so many times.
func awaitLog(t *testing.T, h *Host, name, text string, times int) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Count(logOf(t, h, name), text) == times }, time.Minute, time.Millisecond)
}

func TestProcessCannotBegin(t *testing.T) {
	h := open(t)
	h.start(t, "broken")
	h.start(t, "complains")
	h.start(t, "missing", func(d *Definition) { d.Exec.Command = []string{"./there-is-no-such-program"} })
	began := time.Now()
	for range 4 {
		requireFailure(t, invoke(t, h, "broken", `{}`), "Runtime.ExitError", "exit status 3")
	}
	require.GreaterOrEqual(t, time.Since(began), 300*time.Millisecond, "pauses grow: none, 100 ms, 200 ms")
	requireFailure(t, invoke(t, h, "complains", `{}`), "Runtime.ImportModuleError", "no module")
	requireFailure(t, invoke(t, h, "missing", `{}`), "Runtime.InvalidEntrypoint", "no such file")
	require.Contains(t, logOf(t, h, "broken"), "hello from broken\n")
}

func TestProcessesAtATime(t *testing.T) {
	host, h := openStill(t)
	h.start(t, "works", func(d *Definition) { d.Exec.Concurrency, d.Timeout = 2, time.Second })
	hang := []<-chan function.Result{later(t, h, "works", "hang"), later(t, h, "works", "hang")}
	awaitLog(t, h, "works", "START", 2)
	wait := []<-chan function.Result{later(t, h, "works", `"waits"`), later(t, h, "works", `"waits"`)}
	awaitWaiting(t, h, "works", 2)
	host.Step(time.Second)
	for _, done := range hang {
		requireFailure(t, <-done, "Sandbox.Timedout", "1.00 seconds")
	}
	for _, done := range wait {
		require.Equal(t, `"waits"`, string((<-done).Payload))
	}
	hellos := strings.Count(logOf(t, h, "works"), "hello from works")
	require.True(t, hellos == 3 || hellos == 4, "two at a time; they were killed and replaced: %d", hellos)
}

// awaitWaiting waits until so many events wait for a process of a function.
func awaitWaiting(t *testing.T, h *Host, name string, n int) {
	t.Helper()
	pool := h.functions[key(name)].target.(*processes)
	require.Eventually(t, func() bool {
		pool.mu.Lock()
		defer pool.mu.Unlock()
		return pool.waiting == n
	}, time.Minute, time.Millisecond)
}

func TestQueueIsBounded(t *testing.T) {
	_, h := openStill(t)
	h.start(t, "works")
	var wg sync.WaitGroup
	call := func() { wg.Go(func() { _, _ = h.Invoke(t.Context(), invocation("works", "hang")) }) }
	call()
	awaitLog(t, h, "works", "START", 1)
	for range maxWaiting {
		call()
	}
	awaitWaiting(t, h, "works", maxWaiting)
	for range 20 {
		_, err := h.Invoke(t.Context(), invocation("works", "hang"))
		require.True(t, requireRefused(t, err, "TooManyRequestsException").Throttled)
	}
	require.NoError(t, h.Close())
	wg.Wait()
}

func TestEnvironment(t *testing.T) {
	t.Setenv("AWS_PROFILE", "production")
	t.Setenv("SLUICE_DATA", "x")
	t.Setenv("OF_THE_USER", "kept")
	h := open(t)
	h.start(t, "works", func(d *Definition) { d.Env["LEVEL"], d.Timeout, d.MemoryMB = "debug", 7*time.Second, 256 })
	env := map[string]string{}
	text, err := strconv.Unquote(string(invoke(t, h, "works", "environment").Payload))
	require.NoError(t, err)
	for line := range strings.SplitSeq(text, "\n") {
		name, value, _ := strings.Cut(line, "=")
		env[name] = value
	}
	for name, want := range map[string]string{
		"_HANDLER": "the.handler", "AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_LAMBDA_FUNCTION_NAME": "works",
		"AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_TIMEOUT": "7",
		"AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/works", "AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "sluice",
		"TZ": ":UTC", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566", "LEVEL": "debug", "OF_THE_USER": "kept",
	} {
		require.Equal(t, want, env[name], name)
	}
	for _, name := range []string{"LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API"} {
		require.NotEmpty(t, env[name], name)
	}
	require.NotContains(t, env, "AWS_PROFILE", "nothing leads to the real service")
	require.NotContains(t, env, "SLUICE_DATA")
}

func TestEventHeaders(t *testing.T) {
	h := open(t)
	h.start(t, "works")
	in := invocation("works", "headers")
	in.RequestID, in.TraceID = "8f507cfc", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"
	in.ClientContext = base64.StdEncoding.EncodeToString([]byte(`{"custom":{"a":"b"}}`))
	r, err := h.Invoke(t.Context(), in)
	require.NoError(t, err)
	text, err := strconv.Unquote(string(r.Payload))
	require.NoError(t, err)
	for _, want := range []string{"Lambda-Runtime-Aws-Request-Id:[8f507cfc]", "Lambda-Runtime-Trace-Id:[Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700]",
		"Lambda-Runtime-Invoked-Function-Arn:[arn:aws:lambda:eu-west-1:000000000000:function:works]",
		`Lambda-Runtime-Client-Context:[{"custom":{"a":"b"}}]`, "Lambda-Runtime-Deadline-Ms:[1"} {
		require.Contains(t, text, want)
	}
}

func TestLogTail(t *testing.T) {
	h := open(t)
	h.start(t, "works")
	in := invocation("works", "half a line")
	in.Tail, in.RequestID = true, "one"
	r, err := h.Invoke(t.Context(), in)
	require.NoError(t, err)
	require.Regexp(t, "^START RequestId: one Version: \\$LATEST\nwithout an end\nEND RequestId: one\nREPORT RequestId: one\t", string(r.Log))
	in.Payload, in.RequestID = []byte("crash"), "two"
	r, err = h.Invoke(t.Context(), in)
	require.NoError(t, err)
	require.Contains(t, string(r.Log), `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: two Error: Runtime exited with error: exit status 7"}`)
}

func TestAnswersOnce(t *testing.T) {
	h := open(t)
	h.start(t, "works")
	require.Equal(t, "1", string(invoke(t, h, "works", "twice").Payload))
	invoke(t, h, "works", `"later"`)
	require.Contains(t, logOf(t, h, "works"), "second 400\n")
}

func TestRemovedWhileItRuns(t *testing.T) {
	h := open(t)
	h.start(t, "works", func(d *Definition) { d.Timeout = 300 * time.Millisecond })
	done := later(t, h, "works", "hang")
	awaitLog(t, h, "works", "START", 1)
	require.True(t, h.Remove(key("works")))
	requireFailure(t, <-done, "Sandbox.Timedout", "0.30 seconds")
}

func TestProcessesWithoutEventsEnd(t *testing.T) {
	h := open(t, func(c *Config) { c.Rest = 50 * time.Millisecond })
	h.start(t, "works")
	require.Equal(t, `"a"`, string(invoke(t, h, "works", `"a"`).Payload))
	pool := h.functions[key("works")].target.(*processes)
	require.Eventually(t, func() bool {
		pool.mu.Lock()
		defer pool.mu.Unlock()
		return len(pool.all) == 0
	}, time.Minute, 5*time.Millisecond)
	require.Equal(t, `"b"`, string(invoke(t, h, "works", `"b"`).Payload))
	require.Equal(t, 2, strings.Count(logOf(t, h, "works"), "hello from works"))
}
