package server

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
)

// maxAdminBody bounds the body of an admin call.
const maxAdminBody = 1 << 20

// problem is an error of the admin API.
type problem struct {
	status  int
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// Error implements error.
func (p *problem) Error() string { return p.Code + ": " + p.Message }

func badRequest(message, hint string) *problem {
	return &problem{http.StatusBadRequest, "BadRequest", message, hint}
}

// notAvailable answers for parts of the admin API that other versions have.
func notAvailable(what string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, &problem{http.StatusBadRequest, "NotAvailable", "this version of Sluice has no " + what,
			"GET /_sluice/ops and the README list what it has"})
	}
}

// adminRouter serves /_sluice/ and /_localstack/.
func (s *Server) adminRouter() http.Handler {
	r := chi.NewRouter()
	r.Use(s.guardAdmin)
	r.NotFound(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, &problem{http.StatusNotFound, "NotFound", "there is no " + r.URL.Path, "the paths are listed in the README"})
	})
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, &problem{http.StatusMethodNotAllowed, "MethodNotAllowed", r.Method + " is not possible on " + r.URL.Path, ""})
	})
	r.Get("/_sluice/health", s.serveHealth)
	r.Get("/_localstack/health", s.serveLocalstackHealth)
	r.Get("/_sluice/clock", s.getClock)
	r.Post("/_sluice/clock", s.postClock)
	r.Get("/_sluice/limits", s.getLimits)
	r.Post("/_sluice/limits", s.postLimits)
	r.Get("/_sluice/streams/{name}/heat", s.getHeat)
	r.Get("/_sluice/streams/{name}/scaling", s.scaling(Scaling.Scaling))
	r.Put("/_sluice/streams/{name}/scaling", s.putScaling)
	r.Delete("/_sluice/streams/{name}/scaling", s.scaling(Scaling.ClearScaling))
	r.Get("/_sluice/ops", s.getOps)
	r.Get("/_sluice/requests", s.getRequests)
	r.Get("/_sluice/metrics", s.serveMetrics)
	r.Get(metricsAlias, s.serveMetrics)
	r.Get("/_sluice/ca.pem", s.getCA)
	r.Post("/_sluice/reload", s.postReload)
	s.adminFaults(r)
	s.adminSnapshots(r)
	s.adminMappings(r)
	r.Post("/_sluice/firehose/{name}/flush", s.postFlush)
	s.adminFunctions(r)
	return r
}

// serveBackdoor serves the admin paths on their own listener, and nothing else.
func (s *Server) serveBackdoor(w http.ResponseWriter, r *http.Request) {
	s.admin.ServeHTTP(w, r)
}

// guardAdmin lets in who may move clocks: no web page from elsewhere, nobody
// who came by a name that is not this machine's (names can be rebound), and
// with a token set only who has it. The health checks need no token.
func (s *Server) guardAdmin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		origin, crossSite := pageOf(r)
		local := localAddress(r)
		if r.ContentLength != 0 {
			control := http.NewResponseController(w)
			_ = control.SetReadDeadline(s.cfg.Host.Now().Add(s.cfg.BodyTimeout))
			r.Body = &patientBody{r.Body, control, s}
		}
		switch {
		case !s.origins.hosts.know(r.Host, local):
			writeProblem(w, &problem{http.StatusForbidden, "UnknownHost", fmt.Sprintf("%q is not a name of this server", r.Host),
				"call it by localhost or a listen address, or start it with --host-name"})
			return
		case origin != "" && !s.origins.allows(origin, r.Host, local),
			origin == "" && crossSite:
			writeProblem(w, &problem{http.StatusForbidden, "ForeignOrigin", "web pages of this origin may not call",
				"allow the origin with --cors-origins"})
			return
		case origin != "":
			h.Set("Access-Control-Allow-Origin", origin)
			h.Add("Vary", "Origin")
		}
		if origin != "" && r.Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
			h.Set("Access-Control-Max-Age", "172800")
			return
		}
		if !s.tokenFits(r) {
			h.Set("WWW-Authenticate", "Bearer")
			writeProblem(w, &problem{http.StatusUnauthorized, "TokenRequired", "the admin token is missing or wrong",
				"send Authorization: Bearer with the value of --admin-token"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) tokenFits(r *http.Request) bool {
	if s.cfg.AdminToken == "" || r.URL.Path == "/_sluice/health" || strings.HasPrefix(r.URL.Path, localstackPrefix) {
		return true
	}
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return subtle.ConstantTimeCompare([]byte(token), []byte(s.cfg.AdminToken)) == 1
}

// readJSON reads a body strictly: one object, no unknown members, nothing after.
func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxAdminBody))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return badRequest("the body is not the JSON object expected: "+strings.TrimPrefix(err.Error(), "json: "), "")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badRequest("there is something after the JSON object", "")
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":{"code":"InternalFailure","message":"the answer cannot be written","hint":""}}`)
	}
	w.Header().Set("Content-Type", plainJSON)
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}

func writeProblem(w http.ResponseWriter, err error) {
	p := &problem{http.StatusInternalServerError, "InternalFailure", err.Error(), hintOf(err)}
	if own := (*problem)(nil); errors.As(err, &own) {
		p = own
	}
	writeJSON(w, p.status, map[string]*problem{"error": p})
}

func hintOf(err error) string {
	var with interface{ Hint() string }
	if errors.As(err, &with) {
		return with.Hint()
	}
	return ""
}

// list is how the admin API shows several things.
type list[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next"`
}

func listOf[T any](items []T) list[T] {
	if items == nil {
		items = []T{}
	}
	return list[T]{Items: items}
}

func (s *Server) getOps(w http.ResponseWriter, _ *http.Request) {
	var rows []Operation
	if m := s.gate.current.Load(); m != nil {
		rows = m.Operations()
	}
	writeJSON(w, http.StatusOK, listOf(rows))
}

func (s *Server) getRequests(w http.ResponseWriter, r *http.Request) {
	limit := ringSize
	if text := r.URL.Query().Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			writeProblem(w, badRequest("limit must be a number from 1", ""))
			return
		}
		limit = min(n, ringSize)
	}
	writeJSON(w, http.StatusOK, listOf(s.watch.recent(limit)))
}

func (s *Server) getCA(w http.ResponseWriter, _ *http.Request) {
	if s.ca == nil {
		writeProblem(w, &problem{http.StatusNotFound, "NotFound", "there is no local certificate authority",
			"the certificate was given by --tls-cert; trust its issuer"})
		return
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(s.ca.pem)
}

func (s *Server) postReload(w http.ResponseWriter, r *http.Request) {
	if err := expectNoMembers(w, r); err != nil {
		writeProblem(w, err)
		return
	}
	if s.cfg.Admin.Reload == nil {
		writeProblem(w, &problem{http.StatusBadRequest, "NothingToReload", "this server was started without a settings file",
			"start it with --config FILE"})
		return
	}
	done, err := s.cfg.Admin.Reload(r.Context())
	if err != nil {
		writeProblem(w, &problem{http.StatusBadRequest, "BadSettings", err.Error(), hintOf(err)})
		return
	}
	writeJSON(w, http.StatusOK, map[string][]string{
		"applied": listOf(done.Applied).Items, "needsRestart": listOf(done.NeedsRestart).Items,
	})
}

// expectNoMembers accepts an empty body or an empty object.
func expectNoMembers(w http.ResponseWriter, r *http.Request) error {
	if r.ContentLength == 0 {
		return nil
	}
	return readJSON(w, r, &struct{}{})
}
