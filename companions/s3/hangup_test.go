package s3

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	lent "sluice/internal/page"
)

// brittle is a response as HTTP/2 has them: of no use after its handler.
type brittle struct {
	*httptest.ResponseRecorder
	gone   atomic.Bool   // the handler has returned
	late   atomic.Bool   // it was used after that
	broken chan struct{} // its body was broken off
}

// SetReadDeadline is for http.ResponseController.
func (b *brittle) SetReadDeadline(at time.Time) error {
	if at.Equal(time.Unix(1, 0)) {
		close(b.broken)
		for range 10_000 { // the handler may go meanwhile, if nothing keeps it
			runtime.Gosched()
		}
		b.late.Store(b.gone.Load())
	}
	return nil
}

// stalled is a body of which nothing comes.
type stalled struct {
	hangUp func()
	broken chan struct{}
	wrong  any // thrown by the read, nil for an error
}

func (s *stalled) Read([]byte) (int, error) {
	if s.wrong != nil {
		panic(s.wrong)
	}
	s.hangUp()
	<-s.broken
	return 0, errors.New("broken off")
}

// brokenBody ends as bodies of HTTP/2 do.
type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, errors.New("client disconnected") }

// A body that breaks off is no failure of the service, in whatever words the
// protocol says so.
func TestBodiesThatBreakOff(t *testing.T) {
	w := begin(t).bucket("uploads")
	for _, target := range []string{"/uploads/key", "/uploads?cors"} {
		r := httptest.NewRequestWithContext(w.ctx(), http.MethodPut, "http://localhost:4566"+target, io.NopCloser(brokenBody{}))
		r.ContentLength = 100
		out := httptest.NewRecorder()
		w.ServeHTTP(out, r)
		require.Equal(t, 400, out.Code, out.Body)
		require.Contains(t, out.Body.String(), "<Code>IncompleteBody</Code>")
	}
}

// shares counts what requests hold of a budget.
type shares struct {
	held   []int64
	refuse error
}

// Resize implements page.Share.
func (s *shares) Resize(_ context.Context, n int64) error {
	s.held = append(s.held, n)
	return s.refuse
}

// What a body takes while it comes counts in the memory budget: a piece of an
// upload, a document as a whole.
func TestBodiesCountInTheBudget(t *testing.T) {
	w := begin(t).bucket("uploads")
	for name, c := range map[string]struct {
		method, target string
		size           int64
		holds          int64
	}{
		"a large upload": {http.MethodPut, "/uploads/key", 1 << 20, copyBytes + uploadRoom},
		"a small upload": {http.MethodPut, "/uploads/key", 1000, 1000 + uploadRoom},
		"a document":     {http.MethodPost, "/uploads?delete", 1000, 2000},
	} {
		t.Run(name, func(t *testing.T) {
			for _, refuse := range []error{nil, errors.New("no room")} {
				s := &shares{refuse: refuse}
				ctx := lent.With(w.ctx(), &lent.Lease{Share: s})
				r := httptest.NewRequestWithContext(ctx, c.method, "http://localhost:4566"+c.target, io.NopCloser(brokenBody{}))
				r.ContentLength = c.size
				r.Header.Set("Content-Md5", "1B2M2Y8AsgTpgAmY7PhCfg==")
				out := httptest.NewRecorder()
				w.ServeHTTP(out, r)
				require.Equal(t, []int64{c.holds}, s.held)
				require.Equal(t, refuse != nil, out.Code == 503, out.Body)
			}
		})
	}
}

// A client that hangs up within a body has nobody use the response once its
// handler has returned, which over HTTP/2 would be the end of the process.
func TestHangupWithinABody(t *testing.T) {
	for name, wrong := range map[string]any{"while it is read": nil, "and the read panics": http.ErrAbortHandler} {
		t.Run(name, func(t *testing.T) {
			w := begin(t).bucket("uploads")
			ctx, hangUp := context.WithCancel(w.ctx())
			out := &brittle{ResponseRecorder: httptest.NewRecorder(), broken: make(chan struct{})}
			r := httptest.NewRequestWithContext(ctx, http.MethodPut, "http://localhost:4566/uploads/key", io.NopCloser(&stalled{hangUp, out.broken, wrong}))
			r.ContentLength = 100
			func() {
				defer func() { _ = recover() }()
				defer out.gone.Store(true)
				w.ServeHTTP(out, r)
			}()
			hangUp()
			for range 10_000 {
				runtime.Gosched()
			}
			require.False(t, out.late.Load())
			if wrong != nil {
				select {
				case <-out.broken:
					require.Fail(t, "the response was used after its handler")
				default:
				}
			}
		})
	}
}
