package store

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/engine"
)

// A data folder holds
//
//	FORMAT    what the folder is, its format, the durability it is written
//	          with, and the machine's start; written last when a folder is made
//	LOCK      locked while a process has the folder open
//	pebble/   the database
//	before-upgrade-N/  the folder as it was in format N, made by an upgrade
const (
	formatFile = "FORMAT"
	lockFile   = "LOCK"
	engineDir  = "pebble"
)

// The lines of the format file after its title.
const (
	formatTitle    = "sluice data folder"
	formatLine     = "format "
	durabilityLine = "durability "
	bootLine       = "boot "
)

// Format is the version of the layout that this program writes. Anything
// that an older program would misread makes it grow.
const Format = 3

// recordsFormat is the first format that has payload files.
const recordsFormat = 3

// bootFormat is the first format whose file always has a line for the machine's
// start, empty when that is not known.
const bootFormat = 3

// Hinted is an error that knows what its reader can do about it.
type Hinted struct {
	Err  error
	Hint string
}

// Error implements error.
func (h *Hinted) Error() string { return h.Err.Error() + ": " + h.Hint }

// Unwrap gives the cause.
func (h *Hinted) Unwrap() error { return h.Err }

// Errors of Open. They come as *Hinted; test with errors.Is.
var (
	// ErrLocked means that another process has the data folder open.
	ErrLocked = errors.New("data folder is in use")
	// ErrNewerFormat means that a later version wrote the data folder.
	ErrNewerFormat = errors.New("data folder has a newer format")
	// ErrNotOurs means that the folder holds something else.
	ErrNotOurs = errors.New("not a data folder")
)

// folder is a locked data folder.
type folder struct {
	fs   vfs.FS
	dir  string
	lock io.Closer
}

func (f *folder) path(elem ...string) string {
	return f.fs.PathJoin(append([]string{f.dir}, elem...)...)
}

// openFolder locks a data folder, making it when there is none.
func openFolder(fs vfs.FS, dir string) (*folder, error) {
	f := &folder{fs: fs, dir: dir}
	if err := makeDir(fs, dir); err != nil {
		return nil, &Hinted{Err: fmt.Errorf("make data folder: %w", err), Hint: "choose another with --data, or --memory to keep nothing"}
	}
	lock, err := fs.Lock(f.path(lockFile))
	if err != nil {
		if oserror.IsPermission(err) {
			return nil, &Hinted{Err: fmt.Errorf("lock data folder: %w", err), Hint: "make " + dir + " writable for this user, or choose another with --data"}
		}
		return nil, &Hinted{Err: fmt.Errorf("%w: %s", ErrLocked, dir), Hint: "stop the other sluice, or give this one another folder with --data"}
	}
	f.lock = lock
	return f, nil
}

// makeDir makes a folder and the missing ones above it, durably.
func makeDir(fs vfs.FS, dir string) error {
	var parents []string
	for d := dir; ; d = fs.PathDir(d) {
		if _, err := fs.Stat(d); err == nil || fs.PathDir(d) == d {
			break
		}
		parents = append(parents, fs.PathDir(d))
	}
	if err := fs.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, d := range parents {
		if err := engine.SyncDir(fs, d); err != nil {
			return err
		}
	}
	return nil
}

// Exists tells whether a folder is a data folder already.
func Exists(dir string) bool {
	_, err := vfs.Default.Stat(vfs.Default.PathJoin(dir, formatFile))
	return err == nil
}

func (f *folder) close() error { return f.lock.Close() }

// label is what the format file says.
type label struct {
	format int
	// durability the folder was last written with. It matters after a power
	// failure, when only "process" may have left a torn log.
	durability Durability
	// boot names the start of the machine after which all that the database names
	// was there; empty when that is not known. After another one it is looked for.
	boot string
}

// read reads the format file. The format is 0 when there is none and the
// folder may become a data folder.
func (f *folder) read() (label, error) {
	b, err := readFile(f.fs, f.path(formatFile))
	if oserror.IsNotExist(err) {
		return label{}, f.checkEmpty()
	}
	if err != nil {
		return label{}, err
	}
	lines := strings.Split(string(b), "\n")
	if len(lines) < 2 || lines[0] != formatTitle || !strings.HasPrefix(lines[1], formatLine) {
		return label{}, f.notOurs("its " + formatFile + " file reads differently")
	}
	n, err := strconv.Atoi(lines[1][len(formatLine):])
	if err != nil || n < 1 {
		return label{}, f.notOurs("its " + formatFile + " file names no format")
	}
	if n > Format {
		return label{}, &Hinted{
			Err:  fmt.Errorf("%w: %s is of format %d, this version reads up to %d", ErrNewerFormat, f.dir, n, Format),
			Hint: "use the version of sluice that wrote it or a later one, or another folder with --data",
		}
	}
	l := label{format: n}
	if len(lines) > 2 {
		l.durability = Durability(strings.TrimPrefix(lines[2], durabilityLine))
	}
	if len(lines) > 3 && strings.HasPrefix(lines[3], bootLine) {
		l.boot = lines[3][len(bootLine):]
	}
	if n >= 2 && (len(lines) < 4 || l.durability != Process && l.durability != Disk) {
		return label{}, f.notOurs("its " + formatFile + " file names no durability, or was cut off")
	}
	if n >= bootFormat && !wholeBoot(lines[3:]) {
		return label{}, f.notOurs("its " + formatFile + " file is damaged where it names the machine's start, or was cut off")
	}
	return l, nil
}

// wholeBoot tells whether the end of a format file is the line of the machine's
// start as write writes it.
func wholeBoot(rest []string) bool {
	if len(rest) != 2 || rest[1] != "" || !strings.HasPrefix(rest[0], bootLine) {
		return false
	}
	return !strings.ContainsFunc(rest[0], func(r rune) bool { return r < ' ' || r > '~' })
}

// checkEmpty refuses a folder that holds what is not ours. A database without
// a format file is a first start that was cut short.
func (f *folder) checkEmpty() error {
	names, err := f.fs.List(f.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		switch name {
		case lockFile, engineDir, engineDir + engine.NewSuffix, formatFile + ".tmp", "lost+found":
		default:
			return f.notOurs("it holds " + name)
		}
	}
	return nil
}

func (f *folder) notOurs(why string) error {
	return &Hinted{Err: fmt.Errorf("%w: %s: %s", ErrNotOurs, f.dir, why), Hint: "choose an empty folder with --data"}
}

// write writes the format file, whole or not at all.
func (f *folder) write(l label) error {
	text := fmt.Sprintf("%s\n%s%d\n%s%s\n", formatTitle, formatLine, l.format, durabilityLine, l.durability)
	if l.boot != "" || l.format >= bootFormat {
		text += bootLine + l.boot + "\n"
	}
	tmp := f.path(formatFile + ".tmp")
	file, err := f.fs.Create(tmp, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = file.Write([]byte(text))
	if err == nil {
		err = file.Sync()
	}
	if e := file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = f.fs.Rename(tmp, f.path(formatFile))
	}
	if err != nil {
		return err
	}
	return engine.SyncDir(f.fs, f.dir)
}

func readFile(fs vfs.FS, name string) ([]byte, error) {
	file, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}
