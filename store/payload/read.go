package payload

import (
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/errors/oserror"
)

// ReadAt reads a block into dst, which is as long as the block, and checks it.
// ErrGone says that there is no such file; engine.ErrDamaged, with the name of
// the file, that it holds something else.
func (f *Files) ReadAt(stream uint64, ref Ref, dst []byte) error {
	if err := f.Fetch(stream, ref.File, int64(ref.Offset), dst); err != nil {
		return err
	}
	if !ref.Fits(dst) {
		return f.Damaged(stream, ref)
	}
	return nil
}

// Fetch reads bytes of a file and checks nothing: for who reads neighbouring
// blocks at once and checks each.
func (f *Files) Fetch(stream, file uint64, offset int64, dst []byte) error {
	path := func() string { return f.Path(stream, file) }
	h, err := f.handles.take(handleKey{stream, file}, path, false)
	if oserror.IsNotExist(err) {
		return fmt.Errorf("%w: %s", ErrGone, path())
	}
	if err != nil {
		return err
	}
	n, err := h.file.ReadAt(dst, offset)
	_ = f.handles.put(h)
	if n == len(dst) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return damaged(path(), fmt.Sprintf("it ends at %d; %d bytes were written at %d", offset+int64(n), len(dst), offset))
	}
	return fmt.Errorf("read %s: %w", path(), err)
}

// Damaged is the error for a block that is not what it should be.
func (f *Files) Damaged(stream uint64, ref Ref) error {
	return damaged(f.Path(stream, ref.File), fmt.Sprintf("the checksum of %d bytes at %d differs", ref.Length, ref.Offset))
}
