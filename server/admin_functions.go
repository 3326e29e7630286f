package server

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"sluice/internal/caller"
)

// Functions is what the admin paths ask about functions. What is told is ready
// to be written as JSON; functions are those of the caller in ctx. Errors may
// come from NewProblem. Methods may be called concurrently.
type Functions interface {
	// Functions lists all functions by name.
	Functions(ctx context.Context) []any
	// Function tells how a function is defined.
	Function(ctx context.Context, name string) (any, error)
	// PutFunction defines a function, given as JSON, or defines it anew.
	PutFunction(ctx context.Context, name string, entry []byte) (any, error)
	// DeleteFunction forgets a function.
	DeleteFunction(ctx context.Context, name string) error
	// FunctionLogs tells the lines of a function's log that are numbered above
	// after. It waits for the first one for as long as wait.
	FunctionLogs(ctx context.Context, name string, after uint64, limit int, wait time.Duration) (any, error)
}

// longestLogWait bounds how long a reader of a log is kept waiting.
const longestLogWait = 30 * time.Second

func (s *Server) adminFunctions(r chi.Router) {
	if s.cfg.Admin.Functions == nil {
		r.HandleFunc("/_sluice/functions", notAvailable("functions"))
		r.HandleFunc("/_sluice/functions/*", notAvailable("functions"))
		return
	}
	r.Get("/_sluice/functions", s.function(func(ctx context.Context, _ string, _ *http.Request) (any, error) {
		return listOf(s.cfg.Admin.Functions.Functions(ctx)), nil
	}))
	r.Get("/_sluice/functions/{name}", s.function(func(ctx context.Context, name string, _ *http.Request) (any, error) {
		return s.cfg.Admin.Functions.Function(ctx, name)
	}))
	r.Put("/_sluice/functions/{name}", s.function(func(ctx context.Context, name string, r *http.Request) (any, error) {
		entry, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxAdminBody))
		if err != nil {
			return nil, badRequest("the body cannot be read: "+err.Error(), "")
		}
		return s.cfg.Admin.Functions.PutFunction(ctx, name, entry)
	}))
	r.Delete("/_sluice/functions/{name}", s.function(func(ctx context.Context, name string, _ *http.Request) (any, error) {
		return map[string]int{"removed": 1}, s.cfg.Admin.Functions.DeleteFunction(ctx, name)
	}))
	r.Get("/_sluice/functions/{name}/logs", s.getFunctionLogs)
}

// function answers calls about functions. What changes them is not for web
// pages at all, those that --cors-origins lets in included: a function can be
// a process.
func (s *Server) function(do func(ctx context.Context, name string, r *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && fromPage(r) {
			writeProblem(w, &problem{http.StatusForbidden, "ForeignOrigin", "web pages may not change functions", "call it from a program"})
			return
		}
		who, err := s.callerOf(r.URL.Query(), "account and region")
		var report any
		if err == nil {
			report, err = do(caller.With(r.Context(), who), chi.URLParam(r, "name"), r)
		}
		writeReport(w, who, report, err)
	}
}

// getFunctionLogs answers GET /_sluice/functions/{name}/logs?after=&limit=&wait=.
func (s *Server) getFunctionLogs(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	after, limit, wait, err := logQuery(query)
	if err != nil {
		writeProblem(w, err)
		return
	}
	who, err := s.callerOf(query, "after, limit, wait, account and region")
	var report any
	if err == nil {
		report, err = s.cfg.Admin.Functions.FunctionLogs(caller.With(r.Context(), who), chi.URLParam(r, "name"), after, limit, wait)
	}
	writeReport(w, who, report, err)
}

// logQuery takes its parameters out of the query.
func logQuery(query url.Values) (after uint64, limit int, wait time.Duration, err error) {
	limit = adminPageMax
	if text := query.Get("after"); text != "" {
		if after, err = strconv.ParseUint(text, 10, 64); err != nil {
			return 0, 0, 0, badRequest("after must be the seq of a line", "leave it out to begin with the oldest line")
		}
	}
	if text := query.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > adminPageMax {
			return 0, 0, 0, badRequest("limit must be a number from 1 to "+strconv.Itoa(adminPageMax), "")
		}
	}
	if text := query.Get("wait"); text != "" {
		if wait, err = time.ParseDuration(text); err != nil || wait < 0 {
			return 0, 0, 0, badRequest("wait must be a duration such as 10s", "")
		}
	}
	for _, own := range []string{"after", "limit", "wait"} {
		query.Del(own)
	}
	return after, limit, min(wait, longestLogWait), nil
}
