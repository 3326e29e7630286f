package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"sluice/lambda/function"
)

// maxRefusal bounds what is read of an answer that is no result.
const maxRefusal = 64 << 10

// poster sends the events of one function to an address, so many at a time.
type poster struct {
	host      *Host
	url       string
	places    *places
	client    *http.Client
	transport *http.Transport
}

func newPoster(h *Host, url string, concurrency int) poster {
	t := &http.Transport{
		// No proxy: the target is where the user has said.
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		MaxIdleConnsPerHost: concurrency,
		IdleConnTimeout:     30 * time.Second,
	}
	return poster{host: h, url: url, places: newPlaces(concurrency), transport: t,
		// A target that sends elsewhere is not one that runs functions.
		client: &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   []byte
	size   int // of the body, which is cut off beyond MaxAnswer
}

// errLost is for an event that was sent and not answered: the function may
// have run.
var errLost = errors.New("the connection broke before the answer was there")

// post sends the event. Its error is errLost, context.DeadlineExceeded when the
// function's time is over, or says why the target never had the event.
func (t *poster) post(ctx context.Context, c *call, header http.Header) (*reply, error) {
	if err := t.places.take(ctx, c); err != nil {
		return nil, err
	}
	defer t.places.give()
	t.host.begin(c)
	ctx, cancel := context.WithTimeout(c.life, c.def.Timeout)
	defer cancel()
	r, reused, err := t.once(ctx, c, header)
	if errors.Is(err, errLost) && reused {
		// The target may have closed the connection while it was idle. If it
		// did have the event it is one that breaks connections, and will again.
		r, _, err = t.once(ctx, c, header)
	}
	if err != nil && c.life.Err() != nil {
		return nil, ErrClosed
	}
	return r, err
}

// once sends the event over a connection, and tells whether that was used before.
func (t *poster) once(ctx context.Context, c *call, header http.Header) (r *reply, reused bool, err error) {
	var written, old atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(i httptrace.GotConnInfo) { old.Store(i.Reused) },
		WroteHeaders: func() { written.Store(true) },
	})
	req, err := http.NewRequestWithContext(traced, http.MethodPost, t.url, bytes.NewReader(c.Payload))
	if err != nil {
		return nil, false, err
	}
	// Without GetBody the transport sends nothing twice by itself.
	req.GetBody = nil
	req.Header = header
	resp, err := t.client.Do(req)
	if err == nil {
		defer func() { _ = resp.Body.Close() }()
		r, err = read(resp)
	}
	switch {
	case err == nil:
		return r, old.Load(), nil
	case ctx.Err() != nil && written.Load():
		return nil, false, context.DeadlineExceeded
	case written.Load():
		return nil, old.Load(), fmt.Errorf("%w: %w", errLost, err)
	}
	return nil, false, errUnreachable("%s does not answer: %v", t.url, errors.Unwrap(err))
}

func read(resp *http.Response) (*reply, error) {
	limit := int64(MaxAnswer)
	if resp.StatusCode != http.StatusOK {
		limit = maxRefusal
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return nil, err
	}
	r := &reply{status: resp.StatusCode, header: resp.Header, body: body, size: len(body)}
	if int64(len(body)) > limit {
		r.body = body[:limit]
		r.size = max(len(body), int(resp.ContentLength))
	}
	return r, nil
}

func (t *poster) close() { t.transport.CloseIdleConnections() }

// settled turns the errors of post into results where the function may have
// run; other errors stay.
func settled(c *call, err error) (function.Result, error) {
	switch {
	case errors.Is(err, errLost):
		return exited(c.RequestID, err.Error()), nil
	case errors.Is(err, context.DeadlineExceeded):
		return timedOut(c.RequestID, c.def.Timeout), nil
	}
	return function.Result{}, err
}

// plainHeader is what every target is told about an event.
func plainHeader(c *call) http.Header {
	h := http.Header{"Content-Type": {"application/json"}, "User-Agent": {"sluice"}}
	if c.ClientContext != "" {
		h.Set("X-Amz-Client-Context", c.ClientContext)
	}
	if c.TraceID != "" {
		h.Set("X-Amzn-Trace-Id", c.TraceID)
	}
	return h
}

// excerpt is the beginning of an answer, for people.
func excerpt(body []byte) string {
	const most = 200
	body = bytes.TrimSpace(body)
	if len(body) > most {
		return string(bytes.ToValidUTF8(body[:most], nil)) + "…"
	}
	return string(body)
}
