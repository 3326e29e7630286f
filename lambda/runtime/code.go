package runtime

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
)

// Bounds of code. AWS unpacks 250 MiB at most.
const (
	maxUnpacked = 250 << 20
	maxEntries  = 50_000
	maxLink     = 4 << 10
)

// ErrBadZip means that code is no zip file that can be unpacked.
var ErrBadZip = errors.New("could not unzip uploaded file")

// shelf is where code is unpacked: a folder per content, shared by the
// functions that have the same.
type shelf struct {
	mu   sync.Mutex
	dir  string // empty until there is one
	temp bool
	refs map[string]int
}

// clear removes all that is unpacked.
func (s *shelf) clear() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" {
		return nil
	}
	err := os.RemoveAll(s.dir)
	if s.temp {
		s.dir, s.temp = "", false
	}
	return err
}

func (s *shelf) folder(sum string) string { return filepath.Join(s.dir, sum) }

// take unpacks code that is not there yet. release lets go of it.
func (s *shelf) take(sum string, file []byte) (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" {
		if s.dir, err = os.MkdirTemp("", "sluice-functions-"); err != nil {
			return nil, err
		}
		s.temp = true
	}
	if s.refs == nil {
		s.refs = map[string]int{}
	}
	if s.refs[sum] == 0 {
		if err := unzip(s.folder(sum), file); err != nil {
			_ = os.RemoveAll(s.folder(sum))
			return nil, err
		}
	}
	s.refs[sum]++
	return func() { s.drop(sum) }, nil
}

func (s *shelf) drop(sum string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refs[sum]--; s.refs[sum] > 0 {
		return
	}
	delete(s.refs, sum)
	if s.dir != "" {
		_ = os.RemoveAll(s.folder(sum))
	}
}

// unpack unpacks the code of a definition, when there is some and processes
// are allowed; nothing could use it otherwise.
func (h *Host) unpack(d *Definition) (release func(), err error) {
	release = func() {}
	if d.Code == nil {
		return release, nil
	}
	if d.Code.Zip != nil {
		sum := sha256.Sum256(d.Code.Zip)
		d.Code.SHA256 = hex.EncodeToString(sum[:])
	}
	if h.cfg.AllowExec {
		release, err = h.shelf.take(d.Code.SHA256, d.Code.Zip)
	}
	d.Code.Zip = nil
	return release, err
}

// targetOfCode finds out how code is run: as the settings say for its runtime,
// else by the bootstrap it brings.
func (h *Host) targetOfCode(f *hosted) target {
	d := &f.def
	if !h.cfg.AllowExec {
		return unable{errUnable("%s: its code would be run as a process, and %s. Start Sluice with --allow-exec.", d.Name, ErrNoExec)}
	}
	dir := h.shelf.folder(d.Code.SHA256)
	if command := h.cfg.Runtimes[d.Runtime]; len(command) > 0 {
		command = slices.Clone(command)
		if d.Handler != "" {
			command = append(command, d.Handler)
		}
		return newProcesses(h, f, command, dir, d.Code.Concurrency)
	}
	if i, err := os.Stat(filepath.Join(dir, "bootstrap")); err == nil && i.Mode().IsRegular() {
		return newProcesses(h, f, []string{"./bootstrap"}, dir, d.Code.Concurrency)
	}
	if strings.HasPrefix(d.Runtime, "provided") || d.Runtime == "" {
		return unable{errUnable("%s: its code has no file bootstrap at the top, which the runtime %q would run.", d.Name, or(d.Runtime, "provided"))}
	}
	return unable{errUnable("%s: its code has no file bootstrap, and the settings do not say how to run %s. "+
		"Add a line such as %s under runtimes.", d.Name, d.Runtime, exampleOf(d.Runtime))}
}

func exampleOf(runtime string) string {
	if strings.HasPrefix(runtime, "nodejs") {
		return runtime + `: ["npx", "aws-lambda-ric"]`
	}
	return runtime + `: ["python3", "-m", "awslambdaric"]`
}

// unzip unpacks a file into a new folder. Names and links that lead out of it
// are refused, and so is what would be larger than Lambda allows.
func unzip(dir string, file []byte) error {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBadZip, err)
	}
	if len(z.File) > maxEntries {
		return fmt.Errorf("%w: it has %d entries, more than %d", ErrBadZip, len(z.File), maxEntries)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	left := int64(maxUnpacked)
	for _, f := range z.File {
		n, err := unzipOne(root, f, left)
		if err != nil {
			if hostFails(err) {
				return fmt.Errorf("unpack the code: %w", err)
			}
			return fmt.Errorf("%w: %s: %w", ErrBadZip, f.Name, err)
		}
		left -= n
	}
	return nil
}

// hostFails tells errors of the disk from those of a zip file.
func hostFails(err error) bool {
	for _, one := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EROFS, syscall.EMFILE, syscall.ENFILE, fs.ErrPermission} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

// unzipOne unpacks an entry of at most left bytes. The root keeps it inside,
// whatever its name and the links before it say.
func unzipOne(root *os.Root, f *zip.File, left int64) (int64, error) {
	name := strings.TrimSuffix(strings.ReplaceAll(f.Name, `\`, "/"), "/")
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return 0, errors.New("the name leads out of the folder")
	}
	if f.FileInfo().IsDir() {
		return 0, root.MkdirAll(name, 0o755)
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return 0, err
	}
	in, err := f.Open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = in.Close() }()
	if f.Mode()&fs.ModeSymlink != 0 {
		return makeLink(root, name, in)
	}
	if !f.Mode().IsRegular() {
		return 0, errors.New("it is neither file nor folder nor link")
	}
	mode := fs.FileMode(0o644)
	if f.Mode()&0o111 != 0 || name == "bootstrap" { // zips made on Windows know no such bit
		mode = 0o755
	}
	n, err := writeFile(root, name, mode, io.LimitReader(in, left+1))
	if n > left {
		err = fmt.Errorf("all together is larger than %d bytes", maxUnpacked)
	}
	return n, err
}

// writeFile writes a file that may be a program. No process is begun meanwhile:
// until it has become another program it would hold the file open for writing
// too, and the system runs none that somebody holds so ("text file busy").
func writeFile(root *os.Root, name string, mode fs.FileMode, in io.Reader) (int64, error) {
	if mode&0o111 != 0 {
		syscall.ForkLock.RLock()
		defer syscall.ForkLock.RUnlock()
	}
	out, err := root.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, mode)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(out, in)
	return n, errors.Join(err, out.Close())
}

// makeLink makes the link that in holds the target of.
func makeLink(root *os.Root, name string, in io.Reader) (int64, error) {
	to, err := io.ReadAll(io.LimitReader(in, maxLink))
	if err != nil {
		return 0, err
	}
	if at := path.Join(path.Dir(name), string(to)); path.IsAbs(string(to)) || !filepath.IsLocal(filepath.FromSlash(at)) {
		return 0, errors.New("the link leads out of the folder")
	}
	return int64(len(to)), root.Symlink(string(to), name)
}
