package doctor

import (
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// view shows the files of a damaged database so that Pebble opens it: those
// that are too short or missing are as long as they were, with zeros, which no
// checksum takes for data; logs end where they are good. It is read-only.
type view struct {
	vfs.FS
	sizes  map[string]int64 // by path: as long as that
	hidden map[string]bool
}

func newView(fs vfs.FS) *view {
	return &view{FS: fs, sizes: map[string]int64{}, hidden: map[string]bool{}}
}

// cut shows a file up to an offset.
func (v *view) cut(path string, size int64) { v.sizes[path] = size }

// hide shows no file.
func (v *view) hide(path string) { v.hidden[path] = true }

// Unwrap implements vfs.FS.
func (v *view) Unwrap() vfs.FS { return v.FS }

// List implements vfs.FS.
func (v *view) List(dir string) ([]string, error) {
	names, err := v.FS.List(dir)
	if err != nil {
		return nil, err
	}
	kept, seen := names[:0:0], map[string]bool{}
	for _, name := range names {
		if !v.hidden[v.FS.PathJoin(dir, name)] {
			kept, seen[name] = append(kept, name), true
		}
	}
	for path := range v.sizes {
		if name := v.FS.PathBase(path); v.FS.PathDir(path) == dir && !seen[name] {
			kept = append(kept, name)
		}
	}
	return kept, nil
}

// Open implements vfs.FS.
func (v *view) Open(path string, o ...vfs.OpenOption) (vfs.File, error) {
	if v.hidden[path] {
		return nil, os.ErrNotExist
	}
	size, given := v.sizes[path]
	f, err := v.FS.Open(path, o...)
	if !given {
		return f, err
	}
	if oserror.IsNotExist(err) {
		f, err = vfs.NewMemFile(nil), nil
	}
	if err != nil {
		return nil, err
	}
	return &shown{File: f, size: size}, nil
}

// Stat implements vfs.FS.
func (v *view) Stat(path string) (vfs.FileInfo, error) {
	f, err := v.Open(path)
	if err != nil || v.sizes[path] == 0 {
		if err == nil {
			_ = f.Close()
		}
		return v.FS.Stat(path)
	}
	defer f.Close()
	return f.Stat()
}

// Lock implements vfs.FS. The data folder is locked already.
func (v *view) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }

// shown is a file of another length.
type shown struct {
	vfs.File
	size, at int64
}

// Read implements vfs.File.
func (s *shown) Read(p []byte) (int, error) {
	n, err := s.ReadAt(p, s.at)
	s.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// ReadAt implements vfs.File.
func (s *shown) ReadAt(p []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, io.EOF
	}
	short := int64(len(p)) > s.size-off
	p = p[:min(int64(len(p)), s.size-off)]
	n, err := s.File.ReadAt(p, off)
	if err != nil && err != io.EOF { //nolint:errorlint // as io.ReaderAt has it
		return n, err
	}
	clear(p[n:])
	if short {
		return len(p), io.EOF
	}
	return len(p), nil
}

// Stat implements vfs.File.
func (s *shown) Stat() (vfs.FileInfo, error) {
	info, err := s.File.Stat()
	if err != nil {
		return nil, err
	}
	return sized{info, s.size}, nil
}

type sized struct {
	vfs.FileInfo
	size int64
}

// Size implements vfs.FileInfo.
func (s sized) Size() int64 { return s.size }

// What Pebble says of tables that are missing or of another length.
var (
	mismatch = regexp.MustCompile(`(\d{6,}): object size mismatch \([^)]*\): \d+ \(disk\) != (\d+) \(MANIFEST\)`)
	unknown  = regexp.MustCompile(`file (\d{6,}) \(type (sstable|blob)\) unknown to the objstorage provider`)
)

// endings of files by what Pebble calls them.
var endings = map[string]string{"sstable": ".sst", "blob": ".blob"}

// learn takes from an error of opening how files should be. It reports whether
// that was news.
func (v *view) learn(dir string, err error) (news bool) {
	for _, m := range mismatch.FindAllStringSubmatch(err.Error(), -1) {
		size, _ := strconv.ParseInt(m[2], 10, 64)
		path := v.FS.PathJoin(dir, m[1]+".sst")
		news = news || v.sizes[path] != size
		v.sizes[path] = size
	}
	for _, m := range unknown.FindAllStringSubmatch(err.Error(), -1) {
		path := v.FS.PathJoin(dir, m[1]+endings[m[2]])
		if _, there := v.sizes[path]; !there {
			v.sizes[path], news = 1, true
		}
	}
	return news
}

// missing are the files that a database needs and does not have.
func (v *view) missing() (names []string) {
	for path := range v.sizes {
		if _, err := v.FS.Stat(path); oserror.IsNotExist(err) && !strings.HasSuffix(path, ".log") {
			names = append(names, path)
		}
	}
	return names
}

// resized are the files that are there and are not as long as a database says,
// and how long they are by it.
func (v *view) resized() map[string]int64 {
	all := map[string]int64{}
	for path, size := range v.sizes {
		if info, err := v.FS.Stat(path); err == nil && info.Size() != size && !strings.HasSuffix(path, ".log") {
			all[v.FS.PathBase(path)] = size
		}
	}
	return all
}
