package sluice

import (
	"errors"
	"os"
	"path/filepath"

	"sluice/companions/s3"
	"sluice/store"
	"sluice/store/doctor"
)

// BodyOwners reads for an examination of a data folder which bodies in files the
// rows of the rooms name, by the namespace of a room.
func BodyOwners() map[string]func() doctor.Owner {
	return map[string]func() doctor.Owner{s3ID: func() doctor.Owner { return s3.NewRows() }}
}

// unlabelled gives another advice about a folder that is refused as no data
// folder, although a database is in it: then its label is damaged.
func unlabelled(err error, dir string) error {
	var hinted *store.Hinted
	if !errors.Is(err, store.ErrNotOurs) || !errors.As(err, &hinted) {
		return err
	}
	if found, _ := filepath.Glob(filepath.Join(dir, store.DatabaseDir, "marker.manifest.*")); len(found) == 0 {
		return err
	}
	file, what := filepath.Join(dir, store.FormatFile), "is damaged"
	if _, e := os.Stat(file); errors.Is(e, os.ErrNotExist) {
		what = "is missing"
	}
	return &store.Hinted{Err: hinted.Err, Hint: "a database is in it, so " + file + " " + what + "; `sluice doctor " + dir + " --repair` writes it anew"}
}
