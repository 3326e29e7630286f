package engine

import (
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// NewSuffix marks the folder in which a database is being made.
const NewSuffix = ".new"

// Create makes an empty database where there is none. Pebble climbs from its
// oldest format to the newest and makes and syncs files at each step, which
// takes longer than all the rest of a first start. So the database is made in
// memory, what came of it is written beside its place and synced, and then
// moved there. One cut short is made anew.
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
	memory := vfs.NewMem()
	db, err := pebble.Open(dir, e.options(newGuard(memory, false)))
	if err == nil {
		err = db.Close()
	}
	if err == nil {
		err = copyOut(memory, c.FS, dir)
	}
	if err != nil {
		return classify(fmt.Errorf("make a database: %w", err))
	}
	if err := c.FS.Rename(dir, c.Dir); err != nil {
		return err
	}
	return SyncDir(c.FS, c.FS.PathDir(c.Dir))
}

// copyOut writes a folder of one file system to the same place in another and
// makes it durable.
func copyOut(from, to vfs.FS, dir string) error {
	names, err := from.List(dir)
	if err != nil {
		return err
	}
	if err := to.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range names {
		name = to.PathJoin(dir, name)
		content, err := contents(from, name)
		if err == nil {
			err = writeSynced(to, name, content)
		}
		if err != nil {
			return err
		}
	}
	return SyncDir(to, dir)
}

func contents(fs vfs.FS, name string) ([]byte, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// writeSynced makes a file. Markers and the lock are their names, and need no
// sync but that of the folder.
func writeSynced(fs vfs.FS, name string, content []byte) error {
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	if len(content) > 0 {
		if _, err = f.Write(content); err == nil {
			err = f.Sync()
		}
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
