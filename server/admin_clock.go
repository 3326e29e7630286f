package server

import (
	"errors"
	"net/http"
	"time"

	"sluice/internal/clock"
)

// clockDocument is what GET /_sluice/clock answers.
type clockDocument struct {
	Now    time.Time  `json:"now"`
	Mode   string     `json:"mode"`
	Offset string     `json:"offset"`
	Next   *time.Time `json:"next"`
}

// movedDocument adds what a POST has done.
type movedDocument struct {
	clockDocument
	Fired     int      `json:"fired"`
	Settled   bool     `json:"settled"`
	WaitingOn []string `json:"waitingOn"`
}

// clockOrder is the body of a POST: exactly one of the first four.
type clockOrder struct {
	Freeze  *bool   `json:"freeze"`
	Resume  *bool   `json:"resume"`
	Set     *string `json:"set"`
	Advance *string `json:"advance"`
	Wait    *string `json:"wait"`
}

const (
	defaultClockWait = 10 * time.Second
	nextTimer        = "next"
)

func (s *Server) clockState() clockDocument {
	st := s.cfg.Service.State()
	doc := clockDocument{Now: st.Now.UTC(), Mode: st.Mode, Offset: st.Offset.String()}
	if st.Next != nil {
		next := st.Next.UTC()
		doc.Next = &next
	}
	return doc
}

func (s *Server) getClock(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.clockState())
}

func (s *Server) postClock(w http.ResponseWriter, r *http.Request) {
	var order clockOrder
	if err := readJSON(w, r, &order); err != nil {
		writeProblem(w, err)
		return
	}
	report, err := s.moveClock(r, &order)
	if err != nil {
		writeProblem(w, err)
		return
	}
	waiting := listOf(report.WaitingOn).Items
	writeJSON(w, http.StatusOK, movedDocument{s.clockState(), report.Fired, report.Settled, waiting})
}

func (s *Server) moveClock(r *http.Request, order *clockOrder) (report clock.Report, err error) {
	if err := order.check(); err != nil {
		return report, err
	}
	wait := defaultClockWait
	if order.Wait != nil {
		if wait, err = time.ParseDuration(*order.Wait); err != nil || wait < 0 {
			return report, badRequest("wait is not a duration", `durations are written like "10s"`)
		}
	}
	still := clock.Report{Settled: true}
	service := s.cfg.Service
	switch {
	case order.Freeze != nil:
		return still, clockProblem(service.Freeze())
	case order.Resume != nil:
		return still, clockProblem(service.Resume())
	case order.Set != nil:
		t, err := time.Parse(time.RFC3339Nano, *order.Set)
		if err != nil {
			return report, badRequest("set is not a time", `times are written like "2027-01-31T12:00:00Z"`)
		}
		report, err = service.Set(r.Context(), t, wait)
		return report, clockProblem(err)
	case *order.Advance == nextTimer:
		report, err = service.AdvanceNext(r.Context(), wait)
		return report, clockProblem(err)
	}
	d, err := time.ParseDuration(*order.Advance)
	if err != nil {
		return report, badRequest("advance is not a duration", `durations are written like "25h" or "1m30s"; "next" goes to the next timer`)
	}
	report, err = service.Advance(r.Context(), d, wait)
	return report, clockProblem(err)
}

// check wants exactly one order.
func (o *clockOrder) check() error {
	given := 0
	for _, there := range []bool{o.Freeze != nil, o.Resume != nil, o.Set != nil, o.Advance != nil} {
		if there {
			given++
		}
	}
	switch {
	case given != 1:
		return badRequest("exactly one of freeze, resume, set and advance is needed", `for example {"advance":"25h"}`)
	case o.Freeze != nil && !*o.Freeze, o.Resume != nil && !*o.Resume:
		return badRequest("freeze and resume can only be true", `{"resume":true} undoes {"freeze":true}`)
	}
	return nil
}

func clockProblem(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, clock.ErrBack):
		return badRequest(err.Error(), "only later times can be set")
	case errors.Is(err, clock.ErrFar):
		return badRequest(err.Error(), "the last instant is before "+clock.Horizon.Format(time.RFC3339))
	}
	return err
}
