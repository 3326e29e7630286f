package http

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

// Patience is how long an endpoint may take to answer, in host time.
const Patience = 3 * time.Minute

const (
	// maxAnswer is how many bytes an answer may have.
	maxAnswer = 1 << 20
	// maxMessage is how much of an error message is kept.
	maxMessage = 8192
)

// Failure is why an attempt failed.
type Failure struct {
	// Code is as in error records, HttpEndpoint.DestinationException and others.
	Code    string
	Message string
	// Final tells that the endpoint will never take this request: it is not
	// sent again, and its records are dropped.
	Final bool
}

// Error implements error.
func (f *Failure) Error() string { return f.Code + ": " + f.Message }

// Client sends requests. Its methods may be called concurrently.
type Client struct{ http http.Client }

// New makes a client.
func New() *Client {
	return &Client{http.Client{
		// The service follows no redirects and asks for no packed answers.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
			DialContext: (&net.Dialer{Timeout: 30 * time.Second}).DialContext, TLSHandshakeTimeout: 30 * time.Second},
	}}
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Send makes one attempt. A *Failure is what the endpoint did; any other error
// that ctx ended, or that the request could not be made.
func (c *Client) Send(ctx context.Context, r *Request) error {
	limited, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	out, err := r.build(limited)
	if err != nil {
		return err
	}
	res, err := c.http.Do(out)
	if err == nil {
		defer res.Body.Close()
		err = check(res, r.ID)
	}
	var known *Failure
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return failureOf(err)
}

// answer is what an endpoint says.
type answer struct {
	ID        *string  `json:"requestId"`
	Timestamp *float64 `json:"timestamp"`
	Message   string   `json:"errorMessage"`
}

// check reads an answer.
func check(res *http.Response, id string) error {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return err
	}
	if len(body) > maxAnswer {
		return &Failure{Code: "HttpEndpoint.ResponseTooLarge",
			Message: "The response size received from the endpoint is too large. Contact the owner of the endpoint to resolve this issue."}
	}
	var a answer
	wrong := json.Unmarshal(body, &a)
	if res.StatusCode != http.StatusOK {
		text := a.Message
		if text == "" {
			text = string(body)
		}
		return &Failure{Code: "HttpEndpoint.DestinationException", Final: res.StatusCode == http.StatusRequestEntityTooLarge,
			Message: cut("Received the following response from the endpoint destination. " + res.Status + ": " + text)}
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	why := ""
	switch {
	case wrong != nil:
		why = "its body is not the JSON document of the protocol"
	case kind != "application/json":
		why = "its Content-Type is not application/json"
	case res.ContentLength < 0:
		why = "it has no Content-Length"
	case res.Header.Get("Content-Encoding") != "":
		why = "it has a Content-Encoding"
	case a.ID == nil || *a.ID != id:
		why = "its requestId is not that of the request"
	case a.Timestamp == nil:
		why = "its timestamp is not a number"
	default:
		return nil
	}
	return &Failure{Code: "HttpEndpoint.InvalidResponseFromDestination",
		Message: "The response received from the specified endpoint is invalid: " + why + ". Contact the owner of the endpoint to resolve the issue."}
}

func cut(text string) string {
	if len(text) > maxMessage {
		return text[:maxMessage]
	}
	return text
}

// failureOf tells what kept an answer from coming.
func failureOf(err error) error {
	var late net.Error
	var dial *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return &Failure{Code: "HttpEndpoint.RequestTimeout", Message: "The request timed out before a response was received and will be retried."}
	case isHandshake(err):
		return &Failure{Code: "HttpEndpoint.SSLHandshakeFailure", Message: cut("The SSL handshake with the endpoint failed: " + err.Error())}
	case errors.As(err, &dial) && dial.Op == "dial":
		return &Failure{Code: "HttpEndpoint.ConnectionFailed", Message: cut("A connection to the endpoint could not be made: " + err.Error())}
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE):
		return &Failure{Code: "HttpEndpoint.ConnectionReset", Message: cut("The connection with the endpoint was reset: " + err.Error())}
	}
	return &Failure{Code: "HttpEndpoint.ConnectionFailed", Message: cut("The endpoint could not be reached: " + err.Error())}
}

func isHandshake(err error) bool {
	var header tls.RecordHeaderError
	var alert tls.AlertError
	var verification *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	return errors.As(err, &header) || errors.As(err, &alert) || errors.As(err, &verification) || errors.As(err, &unknown)
}
