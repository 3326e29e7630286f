package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"sluice/internal/caller"
)

// Scaling is what the admin paths ask about streams that scale by themselves.
// Every answer is how the stream scales from then on, ready to be written as
// JSON. Streams are those of the caller in ctx; one that is not there is the
// service's ResourceNotFoundException. Methods may be called concurrently.
type Scaling interface {
	// Scaling tells how a stream scales.
	Scaling(ctx context.Context, stream string) (any, error)
	// SetScaling sets a policy, given as JSON. What cannot be followed is
	// refused with an error that has a method Hint() string.
	SetScaling(ctx context.Context, stream string, policy json.RawMessage) (any, error)
	// ClearScaling takes back what SetScaling did.
	ClearScaling(ctx context.Context, stream string) (any, error)
}

// scaling answers GET and DELETE /_sluice/streams/{name}/scaling?account=&region=.
func (s *Server) scaling(do func(Scaling, context.Context, string) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.answerScaling(w, r, func(ctx context.Context, stream string) (any, error) {
			if err := expectNoMembers(w, r); err != nil {
				return nil, err
			}
			return do(s.cfg.Admin.Scaling, ctx, stream)
		})
	}
}

// putScaling answers PUT /_sluice/streams/{name}/scaling?account=&region=.
func (s *Server) putScaling(w http.ResponseWriter, r *http.Request) {
	s.answerScaling(w, r, func(ctx context.Context, stream string) (any, error) {
		var policy json.RawMessage
		if err := readJSON(w, r, &policy); err != nil {
			return nil, err
		}
		return s.cfg.Admin.Scaling.SetScaling(ctx, stream, policy)
	})
}

func (s *Server) answerScaling(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, stream string) (any, error)) {
	if s.cfg.Admin.Scaling == nil {
		writeProblem(w, &problem{http.StatusBadRequest, "NotAvailable", "nothing here scales", ""})
		return
	}
	who, err := s.callerOf(r.URL.Query(), "account and region")
	if err != nil {
		writeProblem(w, err)
		return
	}
	report, err := do(caller.With(r.Context(), who), chi.URLParam(r, "name"))
	var own *problem
	if hint := hintOf(err); hint != "" && !errors.As(err, &own) {
		err = &problem{http.StatusBadRequest, "BadPolicy", err.Error(), hint}
	}
	writeReport(w, who, report, err)
}
