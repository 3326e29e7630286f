package engine

import (
	"fmt"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// NewSuffix marks the folder in which a database is being made.
const NewSuffix = ".new"

// Create makes an empty database where there is none. Pebble climbs from its
// oldest format to the newest and syncs several files at each step, which
// takes longer than all the rest of a first start. So the database is made
// beside its place without syncs, then synced once and moved there. One cut
// short is made anew.
func Create(c Config) error {
	c.fill()
	if there, err := exists(c.FS, c.Dir); err != nil || there {
		return err
	}
	e := &Engine{config: c}
	dir := c.Dir + NewSuffix
	if there, err := exists(c.FS, dir); err != nil || there {
		if err == nil {
			err = c.FS.RemoveAll(dir)
		}
		if err != nil {
			return err
		}
	}
	g := newGuard(c.FS, false)
	g.lazy = true
	db, err := pebble.Open(dir, e.options(g))
	if err != nil {
		return err
	}
	g.release()
	err = db.Close()
	if failure := g.failure(); failure != nil {
		err = failure
	}
	if err != nil {
		return classify(fmt.Errorf("make a database: %w", err))
	}
	if err := syncAll(c.FS, dir); err != nil {
		return err
	}
	if err := c.FS.Rename(dir, c.Dir); err != nil {
		return err
	}
	return SyncDir(c.FS, c.FS.PathDir(c.Dir))
}

// syncAll makes the files of a folder durable, and the folder.
func syncAll(fs vfs.FS, dir string) error {
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		info, err := fs.Stat(fs.PathJoin(dir, name))
		if err != nil {
			return err
		}
		if info.Size() == 0 {
			continue // markers and the lock are their names
		}
		f, err := fs.OpenReadWrite(fs.PathJoin(dir, name), vfs.WriteCategoryUnspecified)
		if err != nil {
			return err
		}
		err = f.Sync()
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			return err
		}
	}
	return SyncDir(fs, dir)
}
