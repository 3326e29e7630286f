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
