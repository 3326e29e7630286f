package store

import (
	"io"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
)

// What store/doctor has to know of a data folder.
const (
	// FormatFile says what the folder is.
	FormatFile = formatFile
	// DatabaseDir is the folder of the database, BodiesDir that of bodies inside
	// it, and ReplacedDir where an Exchange puts the database that it replaced.
	DatabaseDir = engineDir
	BodiesDir   = bodiesDir
	ReplacedDir = replacedDir
)

// ReadLabel reads what a data folder says of itself. A missing or unreadable
// one is an error, and so is one of a later version, whose format it tells.
func ReadLabel(fs vfs.FS, dir string) (format int, d Durability, err error) {
	f := &folder{fs: fs, dir: dir}
	l, err := f.read()
	if err == nil && l.format == 0 {
		err = &Hinted{Err: oserror.ErrNotExist, Hint: "its " + formatFile + " file is missing"}
	}
	return l.format, l.durability, err
}

// Restarted tells whether the machine may have been started since a data folder
// was written to, so that a power failure may have taken something of it. boot is
// as in Options.
func Restarted(fs vfs.FS, dir, boot string) bool {
	if boot == "" {
		boot = bootOf(fs)
	}
	l, err := (&folder{fs: fs, dir: dir}).read()
	return err != nil || boot == "" || l.boot != boot
}

// WriteLabel writes what a data folder says of itself, whole or not at all.
func WriteLabel(fs vfs.FS, dir string, format int, d Durability) error {
	return (&folder{fs: fs, dir: dir}).write(label{format: format, durability: d})
}

// LockFolder locks a data folder that exists, as Open does.
func LockFolder(fs vfs.FS, dir string) (io.Closer, error) {
	f, err := openFolder(fs, dir)
	if err != nil {
		return nil, err
	}
	return f.lock, nil
}

// LinkBodies gives the folder of another database the bodies of this one.
func LinkBodies(fs vfs.FS, from, to string) error { return linkBodies(fs, from, to) }

// SyncFolder makes the entries of a folder durable.
func SyncFolder(fs vfs.FS, dir string) error { return engine.SyncDir(fs, dir) }
