package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"
)

// The cut.
//
// The kernel writes to the disk in an order of its own. After a power failure
// the write-ahead log may have rows whose payload beside the database is gone,
// and holes. So a database that was not closed in order is looked at before
// Pebble reads its logs, record by record, in the order of writing. A row that
// names what is not there is bad, until a later one removes or replaces it. The
// log ends for Pebble behind the last record at which nothing was bad, or at a
// hole before that: so of all writes, whatever they were to, the first ones are
// left. Rows in tables name what was synced before (beside.go), and payload
// is removed or written over only once the removal of its rows is on the disk, and
// behind it a place at which nothing is bad (Harden), so no cut comes before either.
//
// The disk is not touched for it. Pebble is shown its logs up to the cut, writes
// what they hold to tables at once, as at each opening, and is done with the
// files. Cut short, it happens again: whether the machine was started anew is
// written down by who opens the engine, afterwards.
//
// Where no power failure can have been, the same reading tells which files
// the log names that may still be the kernel's alone. They are synced before
// Pebble makes tables of the rows.

// Rows tells about rows that point to what is beside the database, while a
// database is opened that was not closed in order. One goroutine uses it.
type Rows interface {
	// Name is told every row of the logs.
	Name(key, value []byte)
	// Intact tells whether all that a row points to is there. It is asked after a
	// power failure only.
	Intact(key, value []byte) (bool, error)
	// Sync makes durable what the rows that it was told point to.
	Sync() error
}

// noRows are rows that point nowhere.
type noRows struct{}

func (noRows) Name(_, _ []byte)                 {}
func (noRows) Intact(_, _ []byte) (bool, error) { return true, nil }
func (noRows) Sync() error                      { return nil }

// Cut is where the logs of a database end because of a power failure.
type Cut struct {
	// Log is the number of a log, of which Size bytes are left.
	Log  uint64
	Size int64
	// Records behind it were read that are whole by themselves.
	Records int
}

// look looks at the logs of a database that was not closed in order, and shows
// them to Pebble up to the cut.
type look struct {
	fs        vfs.FS
	dir       string
	rows      Rows
	restarted bool // rows may be bad
	torn      bool // the newest log may have holes
	logger    *slog.Logger

	done bool
	err  error
	cut  *Cut // nil: everything is shown

	bad  map[string]struct{} // keys of rows that are bad at present
	good Cut                 // the last place at which there were none
}

// open opens a log for reading, the oldest of those that Pebble reads first.
func (l *look) open(name string, f func() (vfs.File, error)) (vfs.File, error) {
	n, ok := logNumber(l.fs.PathBase(name))
	if !ok {
		return f()
	}
	if !l.done {
		l.done, l.err = true, l.run(n)
	}
	switch {
	case l.err != nil:
		return nil, l.err
	case l.cut == nil || n < l.cut.Log:
		return f()
	case n > l.cut.Log:
		return vfs.NewMemFile(nil), nil
	}
	file, err := f()
	if err != nil {
		return nil, err
	}
	return &beginning{File: file, left: l.cut.Size}, nil
}

// run looks at the logs from a number on.
func (l *look) run(from uint64) error {
	logs, err := wal.Scan(wal.Dir{FS: l.fs, Dirname: l.dir})
	if err != nil {
		return err
	}
	for len(logs) > 0 && uint64(logs[0].Num) < from {
		logs = logs[1:]
	}
	l.bad, l.good = map[string]struct{}{}, Cut{Log: from}
	for i, one := range logs {
		readable, err := l.log(one, i == len(logs)-1)
		if err != nil {
			return fmt.Errorf("look at write-ahead log %d: %w", one.Num, err)
		}
		if !readable {
			return nil // Pebble comes to the same place, and refuses
		}
	}
	if len(l.bad) > 0 {
		l.cut = &l.good
	}
	if l.cut != nil {
		l.logger.Warn("a power failure has taken the newest writes; kept all that precede them",
			"log", l.cut.Log, "offset", l.cut.Size, "records", l.cut.Records)
	}
	if err := l.rows.Sync(); err != nil {
		return fmt.Errorf("sync what the write-ahead log names: %w", err)
	}
	return nil
}

// log looks at one log. It is not readable when Pebble will refuse it, which then
// says why.
func (l *look) log(one wal.LogicalLog, newest bool) (readable bool, err error) {
	r := one.OpenForRead()
	defer r.Close()
	from := int64(0) // where the last good record begins
	for {
		in, at, err := r.NextRecord()
		if len(l.bad) == 0 {
			l.good = Cut{Log: uint64(one.Num), Size: at.Physical}
		}
		switch {
		case newest && (errors.Is(err, io.EOF) || errors.Is(err, record.ErrUnexpectedEOF)):
			return true, l.after(one, from) // what was being written when the process ended
		case errors.Is(err, io.EOF):
			return true, nil
		case errors.Is(err, record.ErrUnexpectedEOF):
			return false, nil
		case errors.Is(err, record.ErrInvalidChunk), errors.Is(err, record.ErrZeroedChunk):
			// Pebble was told that what follows was synced. Under "process" that was
			// only handed to the kernel, which had not written it all.
			if !newest || !l.torn {
				return false, nil
			}
			if len(l.bad) == 0 {
				l.cut = &l.good
			}
			return true, l.after(one, from)
		case pebble.IsCorruptionError(err):
			return false, nil
		case err != nil:
			return false, err
		}
		b, err := io.ReadAll(in)
		if err != nil {
			return false, err
		}
		from = at.Physical
		l.good.Records++
		if err := eachChange(b, l.change); err != nil {
			return false, unless(errMalformed, err)
		}
	}
}

// after looks whether good writes follow the place at which Pebble will take the
// newest log to end, the last good record of which begins at from. Pebble looks for
// them too, but only believes in those that say by what was synced before them that
// there is a hole, which the last 32 KiB never do.
//
// A kill leaves no hole, so that one is damage then. A power failure may leave one
// in what was not synced; under "disk" none of that was acknowledged.
func (l *look) after(one wal.LogicalLog, from int64) error {
	fs, path := one.SegmentLocation(one.NumSegments() - 1)
	f, err := fs.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	end, _, more, err := endOf(f, from, info.Size(), uint32(one.Num))
	switch {
	case err != nil || !more:
		return err
	case !l.restarted:
		return fmt.Errorf("%w: %s: a chunk at %d is damaged, and good ones follow", ErrDamaged, fs.PathBase(path), end)
	case !l.torn:
		l.logger.Warn("the newest log has a hole, as a power failure leaves one in what was not acknowledged; what follows it is not taken",
			"log", uint64(one.Num), "offset", end)
	case len(l.bad) == 0:
		l.cut = &l.good
	}
	return nil
}

// unless is err, unless it is that one.
func unless(that, err error) error {
	if errors.Is(err, that) {
		return nil
	}
	return err
}

// change takes in what a record changes.
func (l *look) change(kind pebble.InternalKeyKind, key, value []byte) error {
	switch kind {
	case pebble.InternalKeyKindSet, pebble.InternalKeyKindSetWithDelete:
		l.rows.Name(key, value)
		intact := true
		if l.restarted {
			var err error
			if intact, err = l.rows.Intact(key, value); err != nil {
				return err
			}
		}
		if !intact {
			l.bad[string(key)] = struct{}{}
			return nil
		}
		delete(l.bad, string(key))
	case pebble.InternalKeyKindDelete, pebble.InternalKeyKindSingleDelete, pebble.InternalKeyKindDeleteSized:
		delete(l.bad, string(key))
	case pebble.InternalKeyKindRangeDelete:
		for bad := range l.bad {
			if bad >= string(key) && bad < string(value) {
				delete(l.bad, bad)
			}
		}
	}
	return nil
}

// errMalformed means that a record is not a batch. Pebble refuses it.
var errMalformed = errors.New("malformed batch")

// batchHead is what precedes the changes in a batch: sequence number, count.
const batchHead = 8 + 4

// eachChange calls f for the changes in a batch as it is written to the log.
// Pebble's own reader takes for granted that its input is whole.
func eachChange(b []byte, f func(kind pebble.InternalKeyKind, key, value []byte) error) error {
	if len(b) < batchHead {
		return errMalformed
	}
	for b = b[batchHead:]; len(b) > 0; {
		kind := pebble.InternalKeyKind(b[0])
		key, rest, ok := text(b[1:])
		if !ok {
			return errMalformed
		}
		var value []byte
		if hasValue(kind) {
			if value, rest, ok = text(rest); !ok {
				return errMalformed
			}
		}
		if err := f(kind, key, value); err != nil {
			return err
		}
		b = rest
	}
	return nil
}

// hasValue tells whether a change has a value besides its key.
func hasValue(kind pebble.InternalKeyKind) bool {
	switch kind {
	case pebble.InternalKeyKindSet, pebble.InternalKeyKindMerge, pebble.InternalKeyKindRangeDelete, pebble.InternalKeyKindDeleteSized,
		pebble.InternalKeyKindRangeKeySet, pebble.InternalKeyKindRangeKeyUnset, pebble.InternalKeyKindRangeKeyDelete, pebble.InternalKeyKindExcise:
		return true
	}
	return false
}

// text takes a text with its length off a batch.
func text(b []byte) (s, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, false
	}
	return b[n : n+int(size)], b[n+int(size):], true
}

// beginning is a log of which only the beginning is shown.
type beginning struct {
	vfs.File
	left int64
}

// Read implements vfs.File.
func (f *beginning) Read(p []byte) (int, error) {
	if f.left <= 0 {
		return 0, io.EOF
	}
	n, err := f.File.Read(p[:min(int64(len(p)), f.left)])
	f.left -= int64(n)
	return n, err
}
