package runtime

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

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
	h := open(t)
	h.start(t, "works", func(d *Definition) { d.Timeout = 700 * time.Millisecond })
	requireFailure(t, invoke(t, h, "works", "hang"), "Sandbox.Timedout", "Error: Task timed out after 0.70 seconds")
	require.Equal(t, `"next"`, string(invoke(t, h, "works", `"next"`).Payload), "a fresh process takes the next event")
	require.Equal(t, `"done"`, string(invoke(t, h, "works", "linger").Payload))
	require.Equal(t, `"next"`, string(invoke(t, h, "works", `"next"`).Payload), "one that does not come back is replaced at its deadline")
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
	h := open(t)
	h.start(t, "works", func(d *Definition) { d.Exec.Concurrency, d.Timeout = 2, time.Second })
	var wg sync.WaitGroup
	results := make([]function.Result, 4)
	for i := range results {
		wg.Go(func() {
			event := "hang"
			if i >= 2 {
				time.Sleep(100 * time.Millisecond)
				event = `"waits"`
			}
			results[i], _ = h.Invoke(t.Context(), invocation("works", event))
		})
	}
	wg.Wait()
	for i, r := range results {
		require.Equal(t, i < 2, r.Error != "", string(r.Payload))
	}
	hellos := strings.Count(logOf(t, h, "works"), "hello from works")
	require.True(t, hellos == 3 || hellos == 4, "two at a time; they were killed and replaced: %d", hellos)
}

func TestQueueIsBounded(t *testing.T) {
	h := open(t)
	h.start(t, "works", func(d *Definition) { d.Timeout = 500 * time.Millisecond })
	var wg sync.WaitGroup
	var mu sync.Mutex
	throttled := 0
	for range maxWaiting + 20 {
		wg.Go(func() {
			_, err := h.Invoke(t.Context(), invocation("works", "hang"))
			var refused *function.NotInvoked
			if errors.As(err, &refused) && refused.Throttled {
				mu.Lock()
				defer mu.Unlock()
				throttled++
			}
		})
	}
	time.AfterFunc(1200*time.Millisecond, func() { _ = h.Close() })
	wg.Wait()
	require.GreaterOrEqual(t, throttled, 19)
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
	done := make(chan function.Result)
	go func() {
		r, _ := h.Invoke(t.Context(), invocation("works", "hang"))
		done <- r
	}()
	require.Eventually(t, func() bool { return strings.Contains(logOf(t, h, "works"), "START") }, time.Minute, time.Millisecond)
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
