package sluice

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sluice/companions/s3"
	"sluice/store"
	"sluice/store/doctor"
	"sluice/store/engine"
)

// BodyOwners reads for an examination of a data folder which bodies in files the
// rows of the rooms name, by the namespace of a room.
func BodyOwners() map[string]func() doctor.Owner {
	return map[string]func() doctor.Owner{s3ID: func() doctor.Owner { return s3.NewRows() }}
}

// adviseOn gives advice about a folder that cannot be opened because of damage:
// where a store refuses it as no data folder although a database is in it, its
// label is damaged; where a table is of another length, or a room cannot read what
// it begins with, nobody has said yet that there is a doctor.
func (s *Sluice) adviseOn(err error) error {
	dir := s.config.Data
	var hinted *store.Hinted
	told := errors.As(err, &hinted)
	switch {
	case err == nil || s.config.Memory || dir == "":
		return err
	case errors.Is(err, store.ErrNotOurs) && told:
		if found, _ := filepath.Glob(filepath.Join(dir, store.DatabaseDir, "marker.manifest.*")); len(found) == 0 {
			return err
		}
		file, what := filepath.Join(dir, store.FormatFile), "is damaged"
		if _, e := os.Stat(file); errors.Is(e, os.ErrNotExist) {
			what = "is missing"
		}
		return &store.Hinted{Err: hinted.Err, Hint: "a database is in it, so " + file + " " + what + "; `sluice doctor " + dir + " --repair` writes it anew"}
	case !told && (engine.IsDamage(err) || strings.Contains(err.Error(), "object size mismatch") || strings.Contains(err.Error(), "unknown to the objstorage provider")):
		return &store.Hinted{Err: brief{err}, Hint: "`sluice doctor " + dir + "` says what is damaged and what can be saved"}
	}
	return err
}

// errUnmarked means that nothing names the list of tables of a database.
var errUnmarked = errors.New("a data file is damaged: no marker.manifest file names the list of tables")

// refuseUnmarked refuses a folder with a label and a database that nothing marks
// as one, in whose place an empty one would be made: FORMAT is written after
// the first marker, and there is always one.
func refuseUnmarked(dir string) error {
	for _, name := range []string{store.FormatFile, store.DatabaseDir} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return nil //nolint:nilerr // which the store looks into
		}
	}
	if found, err := filepath.Glob(filepath.Join(dir, store.DatabaseDir, "marker.manifest.*")); err != nil || len(found) > 0 {
		return err
	}
	return &store.Hinted{Err: fmt.Errorf("open data folder %s: %w", dir, errUnmarked), Hint: "`sluice doctor " + dir + "` says what is damaged and what can be saved"}
}

// brief is an error without the lines that Pebble adds to the first.
type brief struct{ error }

// Error implements error.
func (b brief) Error() string {
	line, _, _ := strings.Cut(b.error.Error(), "\n")
	return line
}

// Unwrap gives the cause.
func (b brief) Unwrap() error { return b.error }
