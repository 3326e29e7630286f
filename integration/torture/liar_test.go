package torture

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Lies of a connection.
const (
	lieDrop   = "a record is acknowledged and dropped"
	lieTwice  = "a record is written twice"
	lieNumber = "a number is told twice"
	lieFails  = "a write is answered with 500, once"
	lieKinds  = "a table of the catalog and an event of a function are acknowledged and dropped"
)

// liar stands between a writer and the server, and lies now and then,
// about PutRecord or other kinds of change.
type liar struct {
	http.RoundTripper
	what string

	mu   sync.Mutex
	n    int
	last []byte // an answer that was given
	// failed says that one was answered with 500.
	failed bool
	// tables and events count what was dropped.
	tables, events int
}

// RoundTrip implements http.RoundTripper.
func (l *liar) RoundTrip(r *http.Request) (*http.Response, error) {
	if l.what == lieKinds {
		return l.dropKinds(r)
	}
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".PutRecord") {
		return l.RoundTripper.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.n++
	lie, last := l.n%9 == 0 && l.last != nil, l.last
	fail := lie && l.what == lieFails && !l.failed
	l.failed = l.failed || fail
	l.mu.Unlock()
	if fail {
		return forged(r, http.StatusInternalServerError, []byte(`{"__type":"InternalFailure"}`)), nil
	}
	send := func() (*http.Response, []byte, error) {
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		a, err := l.RoundTripper.RoundTrip(again)
		if err != nil {
			return nil, nil, err
		}
		text, err := io.ReadAll(a.Body)
		_ = a.Body.Close()
		a.Body = io.NopCloser(bytes.NewReader(text))
		return a, text, err
	}
	if lie && l.what == lieDrop {
		return forged(r, http.StatusOK, last), nil
	}
	if lie && l.what == lieTwice {
		if _, _, err := send(); err != nil {
			return nil, err
		}
	}
	a, text, err := send()
	if err != nil {
		return nil, err
	}
	if lie && l.what == lieNumber {
		a.Body, a.ContentLength = io.NopCloser(bytes.NewReader(last)), int64(len(last))
		a.Header.Del("Content-Length")
		return a, nil
	}
	l.mu.Lock()
	l.last = text
	l.mu.Unlock()
	return a, nil
}

// dropKinds drops the second table that is made, and the third event.
func (l *liar) dropKinds(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	drop, status := false, http.StatusOK
	switch {
	case r.Header.Get("X-Amz-Target") == "AWSGlue.CreateTable":
		l.tables++
		drop = l.tables == 2
	case r.Header.Get("X-Amz-Invocation-Type") == "Event":
		l.events++
		drop, status = l.events == 3, http.StatusAccepted
	}
	l.mu.Unlock()
	if !drop {
		return l.RoundTripper.RoundTrip(r)
	}
	return forged(r, status, []byte("{}")), nil
}

// dropped tells what was not dropped yet.
func (l *liar) dropped() (missing string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.tables < 2:
		return "the lie about a table", nil
	case l.events < 3:
		return "the lie about an event", nil
	}
	return "", nil
}

// forged is an answer that nobody gave.
func forged(r *http.Request, status int, body []byte) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)), Request: r}
}
