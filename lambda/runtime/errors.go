package runtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sluice/lambda/function"
)

// Sizes of payloads, as AWS bounds them.
const (
	// MaxEvent is what a synchronous invocation may bring: 6 MiB, and what AWS
	// adds itself.
	MaxEvent = 6<<20 + 100
	// MaxAnswer is what a function may answer.
	MaxAnswer = 6<<20 + 100
)

// ErrClosed means that the host is closed, or about to be.
var ErrClosed = errors.New("functions are closed")

// ErrNoExec refuses what would start a process.
var ErrNoExec error = &hinted{
	"functions that start a process are not allowed",
	"start Sluice with --allow-exec; such functions run with the rights of the user who has started it"}

// hinted is an error that tells what to do.
type hinted struct{ text, hint string }

// Error implements error.
func (e *hinted) Error() string { return e.text }

// Hint says what to do about it.
func (e *hinted) Hint() string { return e.hint }

func errNotFound(k Key) error {
	return &function.NotInvoked{Code: "ResourceNotFoundException", Message: "Function not found: " + k.String()}
}

func errThrottled() error {
	return &function.NotInvoked{Code: "TooManyRequestsException", Message: "Rate Exceeded.", Throttled: true}
}

func errTooLarge(limit int) error {
	return &function.NotInvoked{Code: "RequestEntityTooLargeException",
		Message: fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", limit)}
}

// errUnable is for a function that nothing here can run.
func errUnable(format string, args ...any) error {
	return &function.NotInvoked{Code: "InvalidRuntimeException", Message: fmt.Sprintf(format, args...)}
}

// errUnreachable is for a target that did not take the event.
func errUnreachable(format string, args ...any) error {
	return &function.NotInvoked{Code: "ServiceException", Message: fmt.Sprintf(format, args...)}
}

// failure is the document of a function error.
type failure struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func failed(kind, format string, args ...any) function.Result {
	payload, err := json.Marshal(failure{kind, fmt.Sprintf(format, args...)})
	if err != nil {
		payload = []byte(`{"errorType":"Unknown","errorMessage":""}`)
	}
	return function.Result{Payload: payload, Error: function.Unhandled}
}

func timedOut(id string, after time.Duration) function.Result {
	return failed("Sandbox.Timedout", "RequestId: %s Error: Task timed out after %.2f seconds", id, after.Seconds())
}

// exited is for a process that ended before it answered; how is what the
// operating system says of its end.
func exited(id, how string) function.Result {
	if how == "" {
		return failed("Runtime.ExitError", "RequestId: %s Error: Runtime exited without providing a reason", id)
	}
	return failed("Runtime.ExitError", "RequestId: %s Error: Runtime exited with error: %s", id, how)
}

func answerTooLarge(size int) function.Result {
	return failed("Function.ResponseSizeTooLarge",
		"Response payload size (%d bytes) exceeded maximum allowed payload size (%d bytes).", size, MaxAnswer)
}

// isFailure is true for the error document that runtimes answer: an object
// whose errorType and errorMessage are texts.
func isFailure(payload []byte) bool {
	var doc struct {
		Type    *string `json:"errorType"`
		Message *string `json:"errorMessage"`
	}
	payload = bytes.TrimSpace(payload)
	if len(payload) == 0 || payload[0] != '{' {
		return false
	}
	return json.Unmarshal(payload, &doc) == nil && doc.Type != nil && doc.Message != nil
}
