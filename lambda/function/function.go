// Package function holds the nouns that callers of functions and those who run
// them share: an invocation, its result, and why there was none.
package function

import "time"

// Invocation is one call of a function.
type Invocation struct {
	// Account, Region and Name say which function; Qualifier is a version or
	// alias, empty for $LATEST.
	Account, Region, Name, Qualifier string
	// RequestID is the id of the call; the runtime makes one when it is empty.
	RequestID string
	// Payload is the event, a JSON document of at most 6 MiB. Callees must not change it.
	Payload []byte
	// ClientContext is what X-Amz-Client-Context held, as base64; often empty.
	ClientContext string
	// TraceID is handed to the function as its X-Ray trace; often empty.
	TraceID string
	// Tail asks for the end of the log.
	Tail bool
}

// The values of Result.Error. AWS gives Unhandled to nearly everything.
const (
	Handled   = "Handled"
	Unhandled = "Unhandled"
)

// Result is what a function that was invoked has answered.
type Result struct {
	// Payload is the answer, or the error document when Error is set.
	Payload []byte
	// Error is empty for success, else Handled or Unhandled: the function ran
	// and failed, crashed or overran its time.
	Error string
	// Version is the version that ran, "$LATEST" for most.
	Version string
	// Log is the end of the log, at most 4 KiB, when it was asked for.
	Log []byte
	// Took is how long the function ran, in host time.
	Took time.Duration
}

// NotInvoked is the error of an invocation that never reached the function:
// nothing ran, so it may be tried again without being counted.
type NotInvoked struct {
	// Code is Lambda's error code: TooManyRequestsException,
	// ResourceNotFoundException, ServiceException and others.
	Code string
	// Message says what was wrong.
	Message string
	// Throttled is set when the function had no free place.
	Throttled bool
}

// Error implements error.
func (e *NotInvoked) Error() string { return e.Code + ": " + e.Message }
