package store

import (
	"fmt"
	"strconv"

	"github.com/cockroachdb/errors/oserror"

	"sluice/store/engine"
	"sluice/store/log/pebblelog"
)

// upgrade turns a data folder of one format into one of the next, in place.
// It must bear being cut short and run again.
type upgrade func(e *engine.Engine) error

// upgrades has the step from format n at index n-1. The step to a new format
// is added here together with a kept folder of the old one in testdata.
func upgrades() []upgrade {
	return []upgrade{
		// To format 2, which adds bundles and blocks of several runs. What there
		// is stays as it is.
		func(*engine.Engine) error { return nil },
		// To format 3, which adds payload files, and rows of blocks and bundles that
		// point into files. What there is stays as it is.
		func(*engine.Engine) error { return nil },
	}
}

// upgradeFrom runs the steps that lead from an older format to the newest,
// after a snapshot of the folder as it was.
func (f *folder) upgradeFrom(e *engine.Engine, from label, steps []upgrade) error {
	newest := len(steps) + 1
	if from.format == newest {
		return nil
	}
	if err := f.snapshot(e, from); err != nil {
		return fmt.Errorf("snapshot before upgrade from format %d: %w", from.format, err)
	}
	for l := from; l.format < newest; {
		if err := steps[l.format-1](e); err != nil {
			return fmt.Errorf("upgrade from format %d: %w", l.format, err)
		}
		l.format++
		if err := f.write(l); err != nil {
			return err
		}
	}
	return nil
}

// snapshot keeps the folder as it is, once: an upgrade that was cut short has
// changed it since. Its format file is written last, so a snapshot with one
// is whole, and one without is made anew.
func (f *folder) snapshot(e *engine.Engine, l label) error {
	kept := &folder{fs: f.fs, dir: f.path("before-upgrade-" + strconv.Itoa(l.format))}
	_, err := f.fs.Stat(kept.path(formatFile))
	if err == nil || !oserror.IsNotExist(err) {
		return err
	}
	if err := f.fs.RemoveAll(kept.dir); err != nil && !oserror.IsNotExist(err) {
		return err
	}
	return kept.fill(e, f.path(engineDir), l, nil)
}

// taking tells, after the rows were copied, which payload files they may name.
type taking func(namespace string, stream, file uint64) bool

// fill makes a data folder out of a checkpoint of an open one. cut is asked for
// the files to take once the rows were copied; a nil one takes all.
func (f *folder) fill(e *engine.Engine, database string, l label, cut func() taking) error {
	if err := f.fs.MkdirAll(f.dir, 0o755); err != nil {
		return err
	}
	if err := e.Checkpoint(f.path(engineDir)); err != nil {
		return err
	}
	if err := linkBodies(f.fs, database, f.path(engineDir)); err != nil {
		return err
	}
	var takes taking
	if cut != nil {
		takes = cut()
		if err := e.SyncBeside(); err != nil {
			return err
		}
	}
	if err := pebblelog.LinkRecords(f.fs, database, f.path(engineDir), cut == nil, takes); err != nil {
		return err
	}
	if err := f.write(l); err != nil {
		return err
	}
	return engine.SyncDir(f.fs, f.fs.PathDir(f.dir))
}
