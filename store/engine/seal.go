package engine

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// A database that was closed in order, and a checkpoint, has a seal: the sizes
// and checksums of its manifest and of its logs. Pebble takes what is wrong with
// the end of those for what a crash has left, and would serve an older state
// without a word. Whoever opens the database checks the seal and breaks it, so
// after a crash there is none.
const sealFile = "sluice.seal"

const sealTitle = "sluice seal 1"

// sealMax bounds what is read as a seal.
const sealMax = 1 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// writeSeal seals a database that nobody has open. It is durable on return.
func writeSeal(fs vfs.FS, dir string) error {
	about, err := pebble.Peek(dir, fs)
	if err != nil {
		return err
	}
	names, err := fs.List(dir)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	fmt.Fprintln(&b, sealTitle)
	for _, name := range names {
		if kindOf(name) != walFile && name != fs.PathBase(about.ManifestFilename) {
			continue
		}
		size, sum, err := sumOf(fs, fs.PathJoin(dir, name))
		if err != nil {
			return err
		}
		fmt.Fprintln(&b, name, size, sum)
	}
	fmt.Fprintln(&b, "sum", crc32.Checksum(b.Bytes(), castagnoli))
	f, err := fs.Create(fs.PathJoin(dir, sealFile), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return SyncDir(fs, dir)
}

// sumOf reads a file.
func sumOf(fs vfs.FS, path string) (size int64, sum uint32, err error) {
	f, err := fs.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	h := crc32.New(castagnoli)
	size, err = io.Copy(h, f)
	return size, h.Sum32(), err
}

// Sealed is what CheckSeal found.
type Sealed struct {
	// Whole says that there is a seal and that everything is as it says.
	Whole bool
	// Damaged are the files that are not, by name, and what is wrong.
	Damaged map[string]string
}

// CheckSeal compares a database that nobody has open with its seal. One that
// was cut short in being written is none, and neither is that of a manifest
// that is not in force any more.
func CheckSeal(fs vfs.FS, dir string) (s Sealed, err error) {
	lines, err := readSeal(fs, dir)
	if err != nil || lines == nil {
		return s, err
	}
	about, err := pebble.Peek(dir, fs)
	if err != nil {
		return s, err
	}
	s.Damaged = map[string]string{}
	current := false
	for _, line := range lines {
		var name string
		var size int64
		var sum uint32
		if _, err := fmt.Sscan(line, &name, &size, &sum); err != nil {
			return s, fmt.Errorf("read the seal: %w", err)
		}
		current = current || name == fs.PathBase(about.ManifestFilename)
		gotSize, gotSum, err := sumOf(fs, fs.PathJoin(dir, name))
		switch {
		case oserror.IsNotExist(err):
			s.Damaged[name] = "it is missing"
		case err != nil:
			s.Damaged[name] = err.Error()
		case gotSize != size:
			s.Damaged[name] = fmt.Sprintf("it has %d bytes of %d", gotSize, size)
		case gotSum != sum:
			s.Damaged[name] = "its checksum differs"
		}
	}
	if !current {
		return Sealed{}, nil
	}
	s.Whole = len(s.Damaged) == 0
	return s, nil
}

// readSeal reads the lines about files; nil when there is no whole seal.
func readSeal(fs vfs.FS, dir string) (lines []string, err error) {
	f, err := fs.Open(fs.PathJoin(dir, sealFile))
	if oserror.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, sealMax))
	if err != nil {
		return nil, err
	}
	at := bytes.LastIndex(raw, []byte("sum "))
	if at < 0 || string(raw[at:]) != fmt.Sprintln("sum", crc32.Checksum(raw[:at], castagnoli)) {
		return nil, nil
	}
	scan := bufio.NewScanner(bytes.NewReader(raw[:at]))
	for scan.Scan() {
		lines = append(lines, scan.Text())
	}
	if len(lines) < 2 || lines[0] != sealTitle {
		return nil, scan.Err()
	}
	return lines[1:], scan.Err()
}

// breakSeal checks the seal of a database that is about to be opened and
// removes it, durably, before anything else changes. It reports whether there
// was one, and then nothing of the database can be torn.
func breakSeal(fs vfs.FS, dir string) (whole bool, err error) {
	if there, err := exists(fs, fs.PathJoin(dir, sealFile)); err != nil || !there {
		return false, err
	}
	s, err := CheckSeal(fs, dir)
	if err != nil {
		return false, err
	}
	if len(s.Damaged) > 0 {
		var all []string
		for name, what := range s.Damaged {
			all = append(all, name+": "+what)
		}
		return false, fmt.Errorf("%w: %s", ErrDamaged, strings.Join(all, "; "))
	}
	if err := fs.Remove(fs.PathJoin(dir, sealFile)); err != nil {
		return false, err
	}
	return s.Whole, SyncDir(fs, dir)
}
