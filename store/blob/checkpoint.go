package blob

import (
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
)

// Hold keeps every body that exists from now on until release is called, so
// that a checkpoint of what names them can be made first and the bodies be
// linked after it.
func (d *Disk) Hold() (release func() error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.paused++
	return func() error {
		d.mu.Lock()
		var due []ID
		if d.paused--; d.paused == 0 {
			due, d.due = d.due, nil
		}
		d.mu.Unlock()
		return d.unlink(due)
	}
}

// LinkAll gives another folder all bodies of this one, durably. Bodies that
// are being written at the moment may come along; nobody names them.
func LinkAll(fs vfs.FS, from, to string) error {
	folders, err := list(fs, from)
	if err != nil || len(folders) == 0 {
		return err
	}
	for _, folder := range folders {
		source, target := fs.PathJoin(from, folder), fs.PathJoin(to, folder)
		if err := fs.MkdirAll(target, 0o755); err != nil {
			return err
		}
		names, err := list(fs, source)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := vfs.LinkOrCopy(fs, fs.PathJoin(source, name), fs.PathJoin(target, name)); err != nil {
				return err
			}
		}
		if err := engine.SyncDir(fs, target); err != nil {
			return err
		}
	}
	return engine.SyncDir(fs, to)
}

// Bytes adds up the bodies in a folder.
func Bytes(fs vfs.FS, dir string) (total int64, err error) {
	folders, err := list(fs, dir)
	for _, folder := range folders {
		names, err := list(fs, fs.PathJoin(dir, folder))
		if err != nil {
			return 0, err
		}
		for _, name := range names {
			info, err := fs.Stat(fs.PathJoin(dir, folder, name))
			if err != nil {
				return 0, err
			}
			total += info.Size()
		}
	}
	return total, err
}

// exportChunk is how much of a body travels as one piece.
const exportChunk = 1 << 20

// Each gives all bodies in order, in pieces of at most 1 MiB, which put may keep.
func (d *Disk) Each(put func(id ID, off int64, piece []byte) error) error {
	folders, err := list(d.o.FS, d.o.Dir)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		ids, err := d.numbers(folder)
		if err != nil {
			return err
		}
		for _, id := range ids {
			b, err := d.Open(id)
			if err == nil {
				err = pieces(id, b, put)
				_ = b.Close()
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Pieces gives a body in memory as Each does.
func (h *Held) Pieces(id ID, put func(id ID, off int64, piece []byte) error) error {
	return pieces(id, h, put)
}

func pieces(id ID, b Body, put func(id ID, off int64, piece []byte) error) error {
	for off := int64(0); off < b.Size(); off += exportChunk {
		piece := make([]byte, min(exportChunk, b.Size()-off))
		if _, err := b.ReadAt(piece, off); err != nil && err != io.EOF { //nolint:errorlint // as io.ReaderAt has it
			return err
		}
		if err := put(id, off, piece); err != nil {
			return err
		}
	}
	return nil
}

// Gather makes a body in memory of pieces that come in order. It reports
// whether this one fits where the last one ended.
func (h *Held) Gather(off int64, piece []byte) bool {
	if h.unit == 0 {
		h.unit = memoryChunk
	}
	if off != h.size {
		return false
	}
	h.append(piece)
	return true
}

// Filler writes bodies under numbers that are given, into a folder that is not
// in use yet.
type Filler struct {
	disk *Disk
	id   ID
	file vfs.File
	sums sums
}

// Fill begins to write bodies.
func (d *Disk) Fill() *Filler { return &Filler{disk: d} }

// Add writes a piece. Pieces of a body come in order, one body after another;
// fits is false for one that does not.
func (f *Filler) Add(id ID, off int64, piece []byte) (fits bool, err error) {
	if f.file == nil || f.id != id {
		if off != 0 {
			return false, nil
		}
		if err := f.Flush(); err != nil {
			return true, err
		}
		if err := f.begin(id); err != nil {
			return true, err
		}
	}
	if off != f.sums.size {
		return false, nil
	}
	if err := f.disk.admit(int64(len(piece))); err != nil {
		return true, err
	}
	f.sums.add(piece)
	_, err = f.file.Write(piece)
	return true, err
}

func (f *Filler) begin(id ID) (err error) {
	d := f.disk
	if err := d.o.FS.MkdirAll(d.o.FS.PathJoin(d.o.Dir, folderOf(id)), 0o755); err != nil {
		return err
	}
	f.id, f.sums = id, sums{}
	f.file, err = d.o.FS.Create(d.path(id), vfs.WriteCategoryUnspecified)
	return err
}

// Flush makes durable what was added.
func (f *Filler) Flush() error {
	if f.file == nil {
		return nil
	}
	_, err := f.file.Write(f.sums.trailer())
	if err == nil {
		err = f.file.Sync()
	}
	if e := f.file.Close(); err == nil {
		err = e
	}
	f.file = nil
	d := f.disk.o
	for _, dir := range []string{d.FS.PathJoin(d.Dir, folderOf(f.id)), d.Dir} {
		if err == nil {
			err = engine.SyncDir(d.FS, dir)
		}
	}
	return err
}
