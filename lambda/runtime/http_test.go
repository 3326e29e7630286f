package runtime

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
)

// strictEmulator behaves as the sources of the Runtime Interface Emulator say:
// one path, one event at a time, status 200 for function errors and timeouts.
// An event is {"do": …}.
type strictEmulator struct {
	t       *testing.T
	busy    atomic.Bool
	clashes atomic.Int64
	events  atomic.Int64
}

func (e *strictEmulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/2015-03-31/functions/function/invocations" {
		http.NotFound(w, r)
		return
	}
	if !e.busy.CompareAndSwap(false, true) {
		e.clashes.Add(1)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	defer e.busy.Store(false)
	e.events.Add(1)
	var event struct{ Do, Body string }
	raw, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(raw, &event)
	status := 0
	switch _, err := fmt.Sscanf(event.Do, "status %d", &status); {
	case err == nil:
		w.WriteHeader(status)
		_, _ = io.WriteString(w, event.Body)
	case event.Do == "say":
		_, _ = io.WriteString(w, event.Body)
	case event.Do == "large":
		_, _ = io.WriteString(w, strings.Repeat("x", 7<<20))
	case event.Do == "hang":
		<-r.Context().Done()
	case event.Do == "die":
		panic(http.ErrAbortHandler)
	case event.Do == "error type":
		w.Header().Set("Error-Type", "MyError")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, event.Body)
	case event.Do == "headers":
		_ = json.NewEncoder(w).Encode(r.Header)
	default:
		time.Sleep(time.Millisecond)
		_, _ = w.Write(raw)
	}
}

func emulated(t *testing.T, h *Host, change ...func(*Definition)) *strictEmulator {
	t.Helper()
	e := &strictEmulator{t: t}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	d := Definition{Key: key("rie"), HTTP: &HTTP{URL: server.URL + "/2015-03-31/functions/function/invocations"}}
	for _, f := range change {
		f(&d)
	}
	h.mustRegister(t, d)
	return e
}

func event(do, body string) string {
	raw, _ := json.Marshal(map[string]string{"do": do, "body": body})
	return string(raw)
}

func TestEmulatorAnswers(t *testing.T) {
	h := open(t)
	e := emulated(t, h)
	for _, body := range []string{`"ok"`, ``, `null`, `{"batchItemFailures":[`, `not json`, `{"errorType":"only half"}`,
		`{"errorType":1,"errorMessage":2}`, `"Task timed out after 3.00 seconds"`} {
		r := invoke(t, h, "rie", event("say", body))
		require.Empty(t, r.Error, body)
		require.Equal(t, body, string(r.Payload))
	}
	for _, body := range []string{`{"errorMessage":"sour","errorType":"MyError"}`, ` {"errorType":"MyError","errorMessage":"sour","stackTrace":["a"]}`} {
		r := invoke(t, h, "rie", event("say", body))
		require.Equal(t, function.Unhandled, r.Error, "an error comes with status 200 and without a header")
		require.Equal(t, body, string(r.Payload))
	}
	requireFailure(t, invoke(t, h, "rie", event("say", "Task timed out after 3.00 seconds")), "Sandbox.Timedout", "Error: Task timed out after 3.00 seconds")
	requireFailure(t, invoke(t, h, "rie", event("large", "")), "Function.ResponseSizeTooLarge", "exceeded")
	require.Eventually(t, func() bool { return !e.busy.Load() }, time.Minute, time.Millisecond, "it has seen that nobody reads the rest")
	requireFailure(t, invoke(t, h, "rie", event("error type", "sour")), "MyError", "sour")
	requireFailure(t, invoke(t, h, "rie", event("error type", `{"errorType":"Own","errorMessage":"doc"}`)), "Own", "doc")
	requireFailure(t, invoke(t, h, "rie", event("status 500", "oh no")), "Http.500", "oh no")
	requireFailure(t, invoke(t, h, "rie", event("status 502", `{"errorType":"Runtime.ExitError","errorMessage":"exit status 7"}`)), "Runtime.ExitError", "exit status 7")
	requireFailure(t, invoke(t, h, "rie", event("die", "")), "Runtime.ExitError", "the connection broke")
}

func TestEmulatorDoesNotTakeTheEvent(t *testing.T) {
	h := open(t)
	emulated(t, h)
	for status, throttled := range map[int]bool{400: true, 429: true, 503: true, 502: false, 504: false, 404: false, 403: false, 302: false} {
		_, err := h.Invoke(t.Context(), invocation("rie", event(fmt.Sprint("status ", status), "why")))
		require.Error(t, err, status)
		var code = map[bool]string{true: "TooManyRequestsException", false: "ServiceException"}[throttled]
		refused := requireRefused(t, err, code)
		require.Equal(t, throttled, refused.Throttled)
		require.Contains(t, refused.Message, fmt.Sprintf("status %d, why", status))
	}
}

func TestTargetIsDown(t *testing.T) {
	h := open(t)
	const url = "http://127.0.0.1:1/" // no system gives that port to those who ask for any
	h.mustRegister(t, Definition{Key: key("http"), HTTP: &HTTP{URL: url}})
	h.mustRegister(t, Definition{Key: key("endpoint"), Endpoint: &Endpoint{URL: url}})
	for _, name := range []string{"http", "endpoint"} {
		_, err := h.Invoke(t.Context(), invocation(name, `{}`))
		require.Contains(t, requireRefused(t, err, "ServiceException").Message, "does not answer")
	}
}

func TestEmulatorTakesOneEventAtATime(t *testing.T) {
	h := open(t)
	e := emulated(t, h)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			r, err := h.Invoke(t.Context(), invocation("rie", event("echo", "")))
			require.NoError(t, err)
			require.Empty(t, r.Error)
		})
	}
	wg.Wait()
	require.Zero(t, e.clashes.Load())
	require.EqualValues(t, 50, e.events.Load())
}

func TestEmulatorHangs(t *testing.T) {
	h := open(t)
	emulated(t, h, func(d *Definition) { d.Timeout = 100 * time.Millisecond })
	r, err := h.Invoke(t.Context(), invocation("rie", event("hang", "")))
	for err != nil { // on a machine so busy that the event was not sent within its time
		requireRefused(t, err, "ServiceException")
		r, err = h.Invoke(t.Context(), invocation("rie", event("hang", "")))
	}
	requireFailure(t, r, "Sandbox.Timedout", "Task timed out after 0.10 seconds")
	require.Eventually(t, func() bool {
		r, err := h.Invoke(t.Context(), invocation("rie", event("echo", "")))
		return err == nil && r.Error == ""
	}, time.Minute, 10*time.Millisecond, "its place is free again")
}

func TestEmulatorHeaders(t *testing.T) {
	h := open(t)
	emulated(t, h)
	in := invocation("rie", event("headers", ""))
	in.ClientContext, in.TraceID = "e30=", "Root=1"
	r, err := h.Invoke(t.Context(), in)
	require.NoError(t, err)
	require.Contains(t, string(r.Payload), `"X-Amz-Client-Context":["e30="]`)
	require.Contains(t, string(r.Payload), `"X-Amzn-Trace-Id":["Root=1"]`)
}

// strictSAM refuses what "sam local start-lambda" refuses.
func strictSAM(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/2015-03-31/functions/LegacyFn/invocations":
			w.Header().Set("x-amzn-errortype", "ResourceNotFound")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"Type":"User","Message":"Function not found: arn:aws:lambda:us-west-2:012345678901:function:x"}`)
		case r.URL.RawQuery != "":
			w.Header().Set("x-amzn-errortype", "InvalidRequestContent")
			w.WriteHeader(http.StatusBadRequest)
		case r.Header.Get("X-Amz-Log-Type") != "" && r.Header.Get("X-Amz-Log-Type") != "None":
			w.Header().Set("x-amzn-errortype", "NotImplemented")
			w.WriteHeader(http.StatusNotImplemented)
		default:
			answer(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestEndpoint(t *testing.T) {
	h := open(t)
	url := strictSAM(t, func(w http.ResponseWriter, r *http.Request) {
		require.Equal(t, "RequestResponse", r.Header.Get("X-Amz-Invocation-Type"))
		require.Contains(t, r.Header.Get("Authorization"), "/eu-west-1/lambda/aws4_request")
		raw, _ := io.ReadAll(r.Body)
		switch string(raw) {
		case `"error"`:
			w.Header().Set("x-amz-function-error", "Unhandled")
			_, _ = io.WriteString(w, `{"errorMessage":"sour","errorType":"MyError"}`)
		case `"four members"`: // SAM local takes an error with more than three members for an answer
			_, _ = io.WriteString(w, `{"errorMessage":"sour","errorType":"MyError","requestId":"1","stackTrace":[]}`)
		case `"handled"`:
			w.Header().Set("x-amz-function-error", "Handled")
		case `"nothing"`:
		case `"busy"`:
			w.Header().Set("x-amzn-errortype", "TooManyRequestsException:http://internal.amazon.com/")
			w.WriteHeader(http.StatusTooManyRequests)
		case `"broken"`:
			w.WriteHeader(http.StatusInternalServerError)
		case `"die"`:
			panic(http.ErrAbortHandler)
		default:
			_, _ = w.Write(raw)
		}
	})
	h.mustRegister(t, Definition{Key: key("legacy"), Endpoint: &Endpoint{URL: url + "/", Function: "LegacyFn"}})
	h.mustRegister(t, Definition{Key: key("unknown"), Endpoint: &Endpoint{URL: url}})
	in := invocation("legacy", `"echo"`)
	in.Qualifier, in.Tail = "prod", true
	r, err := h.Invoke(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, `"echo"`, string(r.Payload))
	requireFailure(t, invoke(t, h, "legacy", `"error"`), "MyError", "sour")
	requireFailure(t, invoke(t, h, "legacy", `"four members"`), "MyError", "sour")
	requireFailure(t, invoke(t, h, "legacy", `"nothing"`), "Sandbox.Timedout", "answered nothing")
	requireFailure(t, invoke(t, h, "legacy", `"die"`), "Runtime.ExitError", "the connection broke")
	require.Equal(t, function.Handled, invoke(t, h, "legacy", `"handled"`).Error)
	_, err = h.Invoke(t.Context(), invocation("legacy", `"busy"`))
	require.True(t, requireRefused(t, err, "TooManyRequestsException").Throttled)
	_, err = h.Invoke(t.Context(), invocation("legacy", `"broken"`))
	requireRefused(t, err, "ServiceException")
	_, err = h.Invoke(t.Context(), invocation("unknown", `{}`))
	require.Contains(t, requireRefused(t, err, "ResourceNotFound").Message, "knows no such function")
}
