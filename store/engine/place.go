package engine

import (
	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Place is where files beside the database are kept, and how.
type Place struct {
	FS vfs.FS
	// Dir is the folder of the database, which is exchanged as one thing.
	Dir string
	// Synced says that a write is durable only once it was synced.
	Synced bool
}

// Place returns where to keep files that rows of the database point to.
func (e *Engine) Place() Place {
	return Place{FS: e.config.FS, Dir: e.config.Dir, Synced: !e.config.Process}
}

// Warn logs what a user should know of.
func (e *Engine) Warn(text string, about ...any) { e.config.Logger.Warn(text, about...) }

// EachFolder calls f for what is in a folder that has one for each namespace, up
// to the first error. A folder that does not exist is empty.
func EachFolder(fs vfs.FS, base string, f func(namespace, dir string) error) error {
	names, err := fs.List(base)
	if oserror.IsNotExist(err) {
		return nil
	}
	for _, name := range names {
		if err == nil {
			err = f(name, fs.PathJoin(base, name))
		}
	}
	return err
}
