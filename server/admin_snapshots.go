package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"
)

// Snapshots keeps named copies of the state of all services. Methods may be
// called concurrently.
type Snapshots interface {
	// Save makes one while calls go on.
	Save(ctx context.Context, name string) (Snapshot, error)
	// List returns all, by name.
	List(ctx context.Context) ([]Snapshot, error)
	// Get returns one.
	Get(ctx context.Context, name string) (Snapshot, error)
	// Delete removes one.
	Delete(ctx context.Context, name string) (Snapshot, error)
	// Restore makes one the state, by Server.Replace.
	Restore(ctx context.Context, name string) (Snapshot, error)
}

// Archives moves snapshots in and out as files.
type Archives interface {
	// Export writes one, streaming. An error before the first byte is answered
	// as such; one later breaks the answer off.
	Export(ctx context.Context, name string, w io.Writer) error
	// Import reads one to its end. After an error nothing is left of it.
	Import(ctx context.Context, name string, r io.Reader) (Snapshot, error)
}

// Snapshot describes a snapshot.
type Snapshot struct {
	Name        string    `json:"name"`
	Created     time.Time `json:"created"`
	ServiceTime time.Time `json:"serviceTime"`
	Bytes       int64     `json:"bytes"`
	Format      int       `json:"format"`
}

// NewProblem returns an error that the admin API answers as it is.
func NewProblem(status int, code, message, hint string) error {
	return &problem{status, code, message, hint}
}

func (s *Server) adminSnapshots(r chi.Router) {
	r.Post("/_sluice/reset", s.postReset)
	if s.cfg.Admin.Snapshots == nil || s.cfg.Admin.Archives == nil {
		r.HandleFunc("/_sluice/snapshots", notAvailable("snapshots"))
		r.HandleFunc("/_sluice/snapshots/*", notAvailable("snapshots"))
		return
	}
	shelf, files := s.cfg.Admin.Snapshots, s.cfg.Admin.Archives
	const one = "/_sluice/snapshots/{name}"
	r.Get("/_sluice/snapshots", func(w http.ResponseWriter, r *http.Request) {
		all, err := shelf.List(r.Context())
		if err != nil {
			writeProblem(w, err)
			return
		}
		writeJSON(w, http.StatusOK, listOf(all))
	})
	r.Put(one, orderSnapshot(shelf.Save, http.StatusCreated))
	r.Get(one, orderSnapshot(shelf.Get, http.StatusOK))
	r.Delete(one, orderSnapshot(shelf.Delete, http.StatusOK))
	r.Post(one+"/restore", orderSnapshot(shelf.Restore, http.StatusOK))
	r.Get(one+"/export", exportSnapshot(files))
	r.Put(one+"/import", s.importSnapshot(files))
}

// snapshotName is the name in the path; whoever keeps snapshots checks it.
func snapshotName(r *http.Request) string {
	raw := chi.URLParam(r, "name")
	if name, err := url.PathUnescape(raw); err == nil && r.URL.RawPath != "" {
		return name
	}
	return raw
}

// orderSnapshot answers with the document of the snapshot that f is about.
func orderSnapshot(f func(ctx context.Context, name string) (Snapshot, error), status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := expectNoMembers(w, r); err != nil {
			writeProblem(w, err)
			return
		}
		doc, err := f(r.Context(), snapshotName(r))
		showSnapshot(w, doc, status, err)
	}
}

func showSnapshot(w http.ResponseWriter, doc Snapshot, status int, err error) {
	if err != nil {
		writeProblem(w, err)
		return
	}
	writeJSON(w, status, doc)
}

func exportSnapshot(files Archives) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := snapshotName(r)
		out := &lateHead{w: w, name: name}
		err := files.Export(r.Context(), name, out)
		switch {
		case err == nil:
		case out.begun:
			// Nothing but a broken connection tells the client now.
			panic(http.ErrAbortHandler)
		default:
			writeProblem(w, err)
		}
	}
}

// lateHead sends the head of a file with its first byte.
type lateHead struct {
	w     http.ResponseWriter
	name  string
	begun bool
}

// Write implements io.Writer.
func (l *lateHead) Write(p []byte) (int, error) {
	if !l.begun {
		l.begun = true
		l.w.Header().Set("Content-Type", "application/zstd")
		l.w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.tar.zst"`, l.name))
	}
	return l.w.Write(p)
}

func (s *Server) importSnapshot(files Archives) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if len(s.cfg.Makers) > 0 && fromPage(r) {
			writeProblem(w, &problem{http.StatusForbidden, "ForeignOrigin", "web pages may not import snapshots, which may hold functions", "call it from a program"})
			return
		}
		doc, err := files.Import(r.Context(), snapshotName(r), r.Body)
		showSnapshot(w, doc, http.StatusCreated, err)
	}
}

func (s *Server) postReset(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Admin.Reset == nil {
		notAvailable("reset")(w, r)
		return
	}
	var scope struct {
		Service, Account, Region string
	}
	if r.ContentLength != 0 {
		if err := readJSON(w, r, &scope); err != nil {
			writeProblem(w, err)
			return
		}
	}
	switch {
	case scope.Account != "" && !accountForm.MatchString(scope.Account):
		writeProblem(w, badRequest(fmt.Sprintf("%q is not an account of 12 digits", scope.Account), "leave it out for all accounts"))
		return
	case scope.Region != "" && !regionForm.MatchString(scope.Region):
		writeProblem(w, badRequest(fmt.Sprintf("%q is not a region", scope.Region), "leave it out for all regions"))
		return
	}
	removed, err := s.cfg.Admin.Reset(r.Context(), scope.Service, scope.Account, scope.Region)
	var own *problem
	if err != nil && !errors.As(err, &own) {
		err = fmt.Errorf("not everything could be removed: %w", err)
	}
	if err != nil {
		writeProblem(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"removed": removed})
}
