package streams

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Error is a failed call as it is told to people: the service's own text, and
// what to do next.
type Error struct {
	// Text is what happened.
	Text string
	// Advice is what to do about it, or empty.
	Advice string
	// Unreachable means that nobody answered.
	Unreachable bool

	cause error
}

// Error implements error.
func (e *Error) Error() string { return e.Text }

// Hint says what to do next.
func (e *Error) Hint() string { return e.Advice }

// Unwrap returns the SDK's error.
func (e *Error) Unwrap() error { return e.cause }

// Explain turns an error of the SDK, which names every layer it went through,
// into one for people. Other errors stay as they are.
func Explain(err error, at Endpoint) error {
	var told *Error
	if errors.As(err, &told) {
		return told // what the SDK wrapped around it says nothing
	}
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		text := api.ErrorCode()
		if m := api.ErrorMessage(); m != "" {
			text += ": " + m
		}
		return &Error{Text: prefix(err) + text, Advice: advice(api.ErrorCode(), at), cause: err}
	}
	var untrusted x509.UnknownAuthorityError
	if errors.As(err, &untrusted) {
		return &Error{Text: "the certificate of " + at.String() + " is not trusted: " + untrusted.Error(), cause: err,
			Advice: "for Sluice's own authority: curl http://HOST:PORT/_sluice/ca.pem >ca.pem; export AWS_CA_BUNDLE=ca.pem"}
	}
	var send *smithyhttp.RequestSendError
	if errors.As(err, &send) {
		return &Error{Text: "nobody answers at " + at.String() + ": " + innermost(send.Err).Error(), Unreachable: true, cause: err,
			Advice: "start it with `sluice`, or say where it is with --endpoint URL or AWS_ENDPOINT_URL"}
	}
	return err
}

// located puts a place before an error; Explain keeps it.
type located struct {
	place string
	error
}

func (l located) Error() string { return l.place + ": " + l.error.Error() }
func (l located) Unwrap() error { return l.error }

func prefix(err error) string {
	var l located
	if errors.As(err, &l) {
		return l.place + ": "
	}
	return ""
}

// innermost drops the layers that repeat URL and address.
func innermost(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op
	}
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}

func advice(code string, at Endpoint) string {
	switch code {
	case "ResourceNotFoundException":
		return "`sluice streams --region " + at.Region + "` lists the streams of this account there"
	case "ResourceInUseException":
		return "it exists already, or is being changed: `sluice streams NAME` shows its status"
	case "LimitExceededException":
		return "a quota or a rate of calls is used up: wait, or delete what is not needed"
	case "ProvisionedThroughputExceededException":
		return "give the stream more shards with `sluice scale STREAM COUNT`, or ask for less"
	case "AccessDeniedException":
		return "these keys are known, and may not do that: their policies decide, or those of what is asked for"
	case "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException",
		"InvalidClientTokenId", "MissingAuthenticationToken", "IncompleteSignature":
		return "check the keys: AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN"
	case "InternalFailure", "InternalFailureException":
		return "the server's log says more"
	}
	return ""
}

// throttled is true for a refusal that passes with time.
func throttled(code string) bool {
	switch code {
	case "ProvisionedThroughputExceededException", "LimitExceededException", "KMSThrottlingException", "ThrottlingException", "Throttling",
		"RequestLimitExceeded", "TooManyRequestsException", "SlowDown":
		return true
	}
	return false
}

// transient is true for an error after which the same call may succeed:
// throttling, an error of the server's, a broken connection.
func transient(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) {
		return false
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		return throttled(api.ErrorCode()) || api.ErrorFault() == smithy.FaultServer || status(err) >= 500
	}
	var send *smithyhttp.RequestSendError
	var network net.Error
	return errors.As(err, &send) || errors.As(err, &network) || errors.Is(err, syscall.ECONNRESET)
}

func status(err error) int {
	var answer *smithyhttp.ResponseError
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}

// code names an error in a word or two.
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(innermost(err))
}
