package engine

import (
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// OpenReadOnly opens a database for those who only look, and changes nothing
// on the disk: its logs are read into memory, up to where Open would cut them.
// Of the configuration FS, Dir, Rows, Restarted, MayBeTorn and Logger count. cut
// tells of what is not shown; nil when all is.
func OpenReadOnly(c Config) (db *pebble.DB, cut *Cut, err error) {
	c.CacheBytes, c.MemTableBytes = 8<<20, 64<<20
	c.fill()
	e := &Engine{config: c}
	g := newGuard(c.FS, false)
	g.lazy = true
	o := e.options(g)
	l := c.look()
	l.rows, l.logger = watched{l.rows}, slog.New(slog.DiscardHandler)
	o.FS, o.ReadOnly, o.DisableAutomaticCompactions = c.FS, true, true
	sealed, err := exists(c.FS, c.FS.PathJoin(c.Dir, sealFile))
	if err != nil {
		return nil, nil, err
	}
	if !sealed {
		o.FS = looking{c.FS, l}
	}
	db, err = pebble.Open(c.Dir, o)
	return db, l.cut, err
}

// watched are rows of which nothing is changed.
type watched struct{ Rows }

// Sync implements Rows.
func (watched) Sync() error { return nil }

// looking shows logs up to the cut.
type looking struct {
	vfs.FS
	look *look
}

// Open implements vfs.FS.
func (l looking) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	f := func() (vfs.File, error) { return l.FS.Open(name, o...) }
	if kindOf(name) != walFile {
		return f()
	}
	return l.look.open(name, f)
}

// Unwrap implements vfs.FS.
func (l looking) Unwrap() vfs.FS { return l.FS }
