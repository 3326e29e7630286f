package server

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"

	"sluice/internal/caller"
)

// Mappings is what the admin paths ask about event source mappings. What is
// told is ready to be written as JSON; mappings are those of the caller in
// ctx. Methods may be called concurrently.
type Mappings interface {
	// Mapping tells what a mapping is doing now. One that is not there is the
	// service's ResourceNotFoundException.
	Mapping(ctx context.Context, uuid string) (any, error)
	// Mappings lists at most limit mappings after one of its own marks; next is
	// empty at the end.
	Mappings(ctx context.Context, after string, limit int) (items []any, next string, err error)
	// Failures lists what the built-in sink has, oldest first, of one mapping
	// or of all.
	Failures(ctx context.Context, mapping, after string, limit int) (items []any, next string, err error)
	// Measure writes what was counted.
	Measure(m Metrics)
}

// The sizes of pages of the admin API.
const (
	adminPage    = 100
	adminPageMax = 1000
)

// adminMappings adds the paths of mappings and of the failure sink.
func (s *Server) adminMappings(r chi.Router) {
	if s.cfg.Admin.Mappings == nil {
		r.HandleFunc("/_sluice/mappings", notAvailable("event source mappings"))
		r.HandleFunc("/_sluice/mappings/*", notAvailable("event source mappings"))
		r.HandleFunc("/_sluice/failures", notAvailable("failure sink"))
		return
	}
	r.Get("/_sluice/mappings", s.listing([]string{"after", "limit"}, func(ctx context.Context, q url.Values, limit int) ([]any, string, error) {
		return s.cfg.Admin.Mappings.Mappings(ctx, q.Get("after"), limit)
	}))
	r.Get("/_sluice/failures", s.listing([]string{"after", "limit", "mapping"}, func(ctx context.Context, q url.Values, limit int) ([]any, string, error) {
		return s.cfg.Admin.Mappings.Failures(ctx, q.Get("mapping"), q.Get("after"), limit)
	}))
	r.Get("/_sluice/mappings/{uuid}", s.getMapping)
}

// getMapping answers GET /_sluice/mappings/{uuid}?account=&region=.
func (s *Server) getMapping(w http.ResponseWriter, r *http.Request) {
	who, err := s.callerOf(r.URL.Query(), "account and region")
	if err != nil {
		writeProblem(w, err)
		return
	}
	report, err := s.cfg.Admin.Mappings.Mapping(caller.With(r.Context(), who), chi.URLParam(r, "uuid"))
	writeReport(w, who, report, err)
}

// listing answers with a page of a list.
func (s *Server) listing(known []string, page func(ctx context.Context, q url.Values, limit int) ([]any, string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		limit, err := pageLimit(q.Get("limit"))
		if err != nil {
			writeProblem(w, err)
			return
		}
		rest := url.Values{}
		for name, values := range q {
			rest[name] = values
		}
		for _, name := range known {
			rest.Del(name)
		}
		who, err := s.callerOf(rest, "account, region and "+known[0])
		if err != nil {
			writeProblem(w, err)
			return
		}
		items, next, err := page(caller.With(r.Context(), who), q, limit)
		if err != nil {
			writeProblem(w, err)
			return
		}
		out := struct {
			Items []any   `json:"items"`
			Next  *string `json:"next"`
		}{Items: items}
		if next != "" {
			out.Next = &next
		}
		if out.Items == nil {
			out.Items = []any{}
		}
		writeJSON(w, http.StatusOK, out)
	}
}

func pageLimit(text string) (int, error) {
	if text == "" {
		return adminPage, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > adminPageMax {
		return 0, badRequest("limit is not a number from 1 to "+strconv.Itoa(adminPageMax), "")
	}
	return n, nil
}
