package server

import (
	"errors"
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"

	"sluice/server/fault"
)

func (s *Server) adminFaults(r chi.Router) {
	r.Get("/_sluice/faults", s.getFaults)
	r.Post("/_sluice/faults", s.postFault)
	r.Delete("/_sluice/faults", s.deleteFaults)
	r.Get("/_sluice/faults/{id}", s.getFault)
	r.Delete("/_sluice/faults/{id}", s.deleteFault)
}

func (s *Server) getFaults(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, listOf(s.faults.List()))
}

func (s *Server) postFault(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAdminBody))
	if err != nil {
		writeProblem(w, badRequest("the body cannot be read: "+err.Error(), ""))
		return
	}
	rule, err := fault.Parse(raw)
	if err == nil {
		rule, err = s.faults.Add(rule)
	}
	if err != nil {
		writeProblem(w, faultProblem(err))
		return
	}
	writeJSON(w, http.StatusCreated, rule)
}

func faultProblem(err error) error {
	var refused *fault.Refusal
	if errors.As(err, &refused) {
		return &problem{http.StatusBadRequest, refused.Code, refused.Message, refused.Advice}
	}
	return err
}

// deleteFaults ends every rule.
func (s *Server) deleteFaults(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]int{"removed": s.faults.Clear()})
}

func (s *Server) getFault(w http.ResponseWriter, r *http.Request) {
	rule, ok := s.faults.Get(chi.URLParam(r, "id"))
	showFault(w, r, rule, ok)
}

// deleteFault answers the rule with its last counts.
func (s *Server) deleteFault(w http.ResponseWriter, r *http.Request) {
	rule, ok := s.faults.Delete(chi.URLParam(r, "id"))
	showFault(w, r, rule, ok)
}

func showFault(w http.ResponseWriter, r *http.Request, rule fault.Rule, ok bool) {
	if !ok {
		writeProblem(w, &problem{http.StatusNotFound, "NoSuchRule", "there is no fault rule " + chi.URLParam(r, "id"),
			"GET /_sluice/faults lists them"})
		return
	}
	writeJSON(w, http.StatusOK, rule)
}

// faults writes what the rules have done.
func (b *exposition) faults(rules []fault.Rule) {
	b.family("sluice_fault_seen_total", "counter", "Calls that matched a fault rule.")
	for _, r := range rules {
		b.sample("sluice_fault_seen_total", float64(r.Seen), "rule", r.ID)
	}
	b.family("sluice_fault_fired_total", "counter", "Calls that a fault rule met.")
	for _, r := range rules {
		b.sample("sluice_fault_fired_total", float64(r.Fired), "rule", r.ID)
	}
}
