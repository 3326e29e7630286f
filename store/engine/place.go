package engine

import "github.com/cockroachdb/pebble/v2/vfs"

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
