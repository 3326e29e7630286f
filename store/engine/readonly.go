package engine

import (
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// OpenReadOnly opens a database for those who only look, and changes nothing
// on the disk: its logs are read into memory.
func OpenReadOnly(fs vfs.FS, dir string, logger *slog.Logger) (*pebble.DB, error) {
	e := &Engine{config: Config{FS: fs, Dir: dir, CacheBytes: 8 << 20, MemTableBytes: 64 << 20, Logger: logger}}
	g := newGuard(fs, false)
	g.lazy = true
	o := e.options(g)
	o.FS, o.ReadOnly, o.DisableAutomaticCompactions = fs, true, true
	return pebble.Open(dir, o)
}
