package engine

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// cutLog removes from the write-ahead log what lies behind m: records whose
// callers were told that they failed. Logs begun after m's go altogether.
func cutLog(fs vfs.FS, dir string, m mark) error {
	if m.path == "" {
		return nil
	}
	last, ok := logNumber(fs.PathBase(m.path))
	if !ok {
		return fmt.Errorf("%s is no write-ahead log", m.path)
	}
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if n, ok := logNumber(name); ok && n > last {
			if err := fs.Remove(fs.PathJoin(dir, name)); err != nil {
				return err
			}
		}
	}
	there, err := exists(fs, m.path)
	if err != nil {
		return err
	}
	if !there { // flushed and gone: nothing of it was in doubt
		return SyncDir(fs, dir)
	}
	return truncate(fs, dir, m.path, m.size)
}

// keepManifest makes the manifest durable as it is read now, and the names of the
// files that it is about. Its last sync may have failed, or was not tried any
// more, after it was written; Pebble would go by what the kernel has of it, and
// remove logs whose tables a power failure would then take away. A sync alone is
// not enough: after one that failed the kernel may take its pages for written.
func keepManifest(fs vfs.FS, dir string) error {
	about, err := pebble.Peek(dir, fs)
	if err != nil {
		return err
	}
	if !about.Exists {
		return nil
	}
	info, err := fs.Stat(about.ManifestFilename)
	if err != nil {
		return err
	}
	if err := SyncDir(fs, dir); err != nil { // of the tables first
		return err
	}
	return truncate(fs, dir, about.ManifestFilename, info.Size())
}

// logNumber parses the name of a write-ahead log.
func logNumber(name string) (uint64, bool) {
	base, ok := strings.CutSuffix(name, ".log")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(base, 10, 64)
	return n, err == nil
}

// truncate shortens a file by writing its beginning anew beside it, which any
// vfs.FS can do and which a crash in between leaves undone, not half done.
func truncate(fs vfs.FS, dir, path string, size int64) error {
	from, err := fs.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	tmp := path + ".cut"
	to, err := fs.Create(tmp, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = io.CopyN(to, from, size)
	if errors.Is(err, io.EOF) {
		err = nil // shorter than that already
	}
	if err == nil {
		err = to.Sync()
	}
	if e := to.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = fs.Rename(tmp, path)
	}
	if err != nil {
		_ = fs.Remove(tmp)
		return err
	}
	return SyncDir(fs, dir)
}

// SyncDir makes the entries of a folder durable.
func SyncDir(fs vfs.FS, dir string) error {
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if e := d.Close(); err == nil {
		err = e
	}
	return err
}
