package server

import (
	"context"
	"net/http"

	"github.com/go-chi/chi/v5"
)

// Hoses is what the admin paths ask about delivery streams. Methods may be
// called concurrently.
type Hoses interface {
	// Flush delivers all that a delivery stream has taken and tells what that
	// came to. One that is not there is the service's ResourceNotFoundException.
	Flush(ctx context.Context, account, region, name string) (Flushed, error)
	// Measure writes the counts of all delivery streams.
	Measure(m Metrics)
}

// Flushed is what a flush came to.
type Flushed struct {
	// Objects were put; Records of so many Bytes have left the buffers, and
	// Failed of them became error records.
	Objects int `json:"objects"`
	Records int `json:"records"`
	Bytes   int `json:"bytes"`
	Failed  int `json:"failed"`
}

// postFlush answers POST /_sluice/firehose/{name}/flush?account=&region=.
func (s *Server) postFlush(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Admin.Hoses == nil {
		writeProblem(w, &problem{http.StatusBadRequest, "NotAvailable", "there are no delivery streams here", ""})
		return
	}
	who, err := s.callerOf(r.URL.Query(), "account and region")
	if err == nil {
		err = expectNoMembers(w, r)
	}
	if err != nil {
		writeProblem(w, err)
		return
	}
	done, err := s.cfg.Admin.Hoses.Flush(r.Context(), who.Account, who.Region, chi.URLParam(r, "name"))
	writeReport(w, who, done, err)
}
