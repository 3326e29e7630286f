package sluice

import (
	"context"
	"errors"
	"io"
	"net/http"

	"sluice/server"
	"sluice/store/snapshot"
)

// snapshots answers the admin paths about snapshots.
type snapshots struct{ *Sluice }

// Save implements server.Snapshots.
func (a snapshots) Save(_ context.Context, name string) (server.Snapshot, error) {
	doc, err := a.saveSnapshot(name)
	return server.Snapshot(doc), problemOf(err)
}

// List implements server.Snapshots.
func (a snapshots) List(context.Context) ([]server.Snapshot, error) {
	all, err := a.shelf.List()
	var out []server.Snapshot
	for _, doc := range all {
		out = append(out, server.Snapshot(doc))
	}
	return out, problemOf(err)
}

// Get implements server.Snapshots.
func (a snapshots) Get(ctx context.Context, name string) (server.Snapshot, error) {
	all, err := a.List(ctx)
	for _, doc := range all {
		if doc.Name == name {
			return doc, nil
		}
	}
	if err == nil {
		err = problemOf(&SnapshotError{Kind: snapshot.NotFound, Message: "there is no snapshot " + name, Advice: "GET /_sluice/snapshots lists them"})
	}
	return server.Snapshot{}, err
}

// Delete implements server.Snapshots.
func (a snapshots) Delete(_ context.Context, name string) (server.Snapshot, error) {
	doc, err := a.deleteSnapshot(name)
	return server.Snapshot(doc), problemOf(err)
}

// Restore implements server.Snapshots.
func (a snapshots) Restore(ctx context.Context, name string) (server.Snapshot, error) {
	doc, err := a.restore(ctx, name)
	return server.Snapshot(doc), problemOf(err)
}

// archives answers the admin paths that move snapshots as files.
type archives struct{ *Sluice }

// Export implements server.Archives.
func (a archives) Export(ctx context.Context, name string, w io.Writer) error {
	return problemOf(a.ExportSnapshot(ctx, name, w))
}

// Import implements server.Archives.
func (a archives) Import(ctx context.Context, name string, r io.Reader) (server.Snapshot, error) {
	doc, err := a.importSnapshot(ctx, name, r)
	return server.Snapshot(doc), problemOf(err)
}

// problemOf gives errors about snapshots their status and code.
func problemOf(err error) error {
	var e *SnapshotError
	if !errors.As(err, &e) {
		return err
	}
	status, code := http.StatusBadRequest, "BadRequest"
	switch e.Kind {
	case snapshot.NotFound:
		status, code = http.StatusNotFound, "NotFound"
	case snapshot.Exists:
		status, code = http.StatusConflict, "SnapshotExists"
	case snapshot.TooMany:
		status, code = http.StatusConflict, "TooManySnapshots"
	case snapshot.BadFile:
		code = "BadSnapshotFile"
	case snapshot.NewerFile:
		code = "NewerSnapshotFile"
	case snapshot.NoSpace:
		status, code = http.StatusInsufficientStorage, "NoSpace"
	}
	return server.NewProblem(status, code, e.Message, e.Advice)
}

// resetHook is what POST /_sluice/reset calls.
func (s *Sluice) resetHook(ctx context.Context, service, account, region string) (map[string]int, error) {
	removed, err := s.Reset(ctx, service, account, region)
	var usage *UsageError
	if errors.As(err, &usage) {
		return nil, server.NewProblem(http.StatusBadRequest, "BadRequest", usage.Problem, "leave "+usage.Setting+" out for all of them")
	}
	return removed, err
}
