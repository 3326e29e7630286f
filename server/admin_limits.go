package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	"github.com/go-chi/chi/v5"

	"sluice/internal/caller"
)

// Traffic is what the admin paths ask about limits and load. All methods may
// be called at any time and concurrently.
type Traffic interface {
	// Limits is the setting in force: "aws", "off" or "xN".
	Limits() string
	// SetLimits changes it. An error means that the setting is none; it may
	// have a method Hint() string.
	SetLimits(setting string) error
	// Heat returns the heat report of a stream of the caller in ctx, ready to
	// be written as JSON. A stream that is not there is the service's
	// ResourceNotFoundException.
	Heat(ctx context.Context, stream string, window time.Duration) (any, error)
	// Measure writes what was counted.
	Measure(m Metrics)
}

// Metrics takes values in the Prometheus form: a family, then its samples.
// Labels are names and values in turn.
type Metrics interface {
	Family(name, kind, help string)
	Sample(name string, value float64, labels ...string)
}

// Family implements Metrics.
func (b *exposition) Family(name, kind, help string) { b.family(name, kind, help) }

// Sample implements Metrics.
func (b *exposition) Sample(name string, value float64, labels ...string) {
	b.sample(name, value, labels...)
}

// The windows of a heat report: a minute if nothing is said.
const (
	heatWindow     = time.Minute
	shortestWindow = time.Second
	longestWindow  = 15 * time.Minute
)

func (s *Server) getLimits(w http.ResponseWriter, _ *http.Request) {
	if s.cfg.Admin.Traffic == nil {
		writeProblem(w, noTraffic())
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"limits": s.cfg.Admin.Traffic.Limits()})
}

func (s *Server) postLimits(w http.ResponseWriter, r *http.Request) {
	var order struct {
		Limits *string `json:"limits"`
	}
	if err := readJSON(w, r, &order); err != nil {
		writeProblem(w, err)
		return
	}
	switch {
	case order.Limits == nil:
		writeProblem(w, badRequest("limits is missing", `send {"limits":"aws"}, {"limits":"off"} or {"limits":"x10"}`))
		return
	case s.cfg.Admin.Traffic == nil:
		writeProblem(w, noTraffic())
		return
	}
	if err := s.cfg.Admin.Traffic.SetLimits(*order.Limits); err != nil {
		hint := hintOf(err)
		if hint == "" {
			hint = `the settings are "aws", "off" and "xN" such as "x10"`
		}
		writeProblem(w, badRequest(err.Error(), hint))
		return
	}
	s.getLimits(w, r)
}

func noTraffic() *problem {
	return &problem{http.StatusBadRequest, "NotAvailable", "nothing here has limits", ""}
}

// getHeat answers GET /_sluice/streams/{name}/heat?window=60s&account=&region=.
func (s *Server) getHeat(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Admin.Traffic == nil {
		writeProblem(w, noTraffic())
		return
	}
	window, who, err := s.heatQuery(r)
	if err != nil {
		writeProblem(w, err)
		return
	}
	name := chi.URLParam(r, "name")
	report, err := s.cfg.Admin.Traffic.Heat(caller.With(r.Context(), who), name, window)
	writeReport(w, who, report, err)
}

// writeReport answers with what is told about a stream of the caller.
func writeReport(w http.ResponseWriter, who caller.Caller, report any, err error) {
	var api smithy.APIError
	if errors.As(err, &api) && strings.HasPrefix(api.ErrorCode(), "ResourceNotFound") {
		writeProblem(w, &problem{http.StatusNotFound, "NotFound", api.ErrorMessage(),
			"say ?account= and ?region= if it is not one of " + who.Account + " in " + who.Region})
		return
	}
	if err != nil {
		writeProblem(w, err)
		return
	}
	writeJSON(w, http.StatusOK, report)
}

func (s *Server) heatQuery(r *http.Request) (window time.Duration, who caller.Caller, err error) {
	window = heatWindow
	query := r.URL.Query()
	if query.Has("window") {
		window, err = time.ParseDuration(query.Get("window"))
		if err != nil || window < shortestWindow || window > longestWindow {
			return 0, who, badRequest(fmt.Sprintf("window %q is not a duration from 1s to 15m", query.Get("window")), "leave it out for 60s")
		}
		query.Del("window")
	}
	who, err = s.callerOf(query, "window, account and region")
	return window, who, err
}

// callerOf reads ?account=&region= and refuses anything else; known are the
// parameters that there are.
func (s *Server) callerOf(query url.Values, known string) (caller.Caller, error) {
	who := caller.Caller{Account: s.cfg.Account, Region: s.cfg.Region}
	for name, values := range query {
		value := values[0]
		switch name {
		case "account":
			if who.Account = value; !accountForm.MatchString(value) {
				return who, badRequest(fmt.Sprintf("%q is not an account of 12 digits", value), "")
			}
		case "region":
			if who.Region = value; !regionForm.MatchString(value) {
				return who, badRequest(fmt.Sprintf("%q is not a region", value), "")
			}
		default:
			return who, badRequest(fmt.Sprintf("there is no parameter %q", name), "the parameters are "+known)
		}
	}
	return who, nil
}
