package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/sstable/blob"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"

	"sluice/store/engine"
)

// database is one that was looked at.
type database struct {
	dir  string // from the data folder on
	view *view  // in which what is damaged does not stop the rest from being read
	// hopeless says why nothing of it can be read.
	hopeless error
	losses   *losses
}

// database examines every file of a database, and then what they hold together.
func (x *examination) database(dir string, mayBeTorn bool) *database {
	d := &database{dir: dir, view: newView(x.fs), losses: newLosses()}
	names, err := x.fs.List(x.path(dir))
	if err != nil {
		d.hopeless = fmt.Errorf("the database is missing: %w", err)
		x.find(Finding{File: dir, Severity: Damage, What: d.hopeless.Error()})
		return d
	}
	slices.Sort(names)
	before := len(x.report.Findings)
	d.hopeless = x.manifest(dir)
	for _, name := range names {
		switch {
		case strings.HasSuffix(name, ".sst"):
			x.check(dir, name, "a table", checkTable)
		case strings.HasSuffix(name, ".blob"):
			x.check(dir, name, "a file of values", checkBlob)
		}
	}
	sealed := x.seal(d)
	x.logs(d, mayBeTorn && !sealed)
	if d.hopeless != nil {
		return d
	}
	x.pairs(d, len(x.report.Findings) > before)
	x.bodies(dir)
	return d
}

// seal compares the manifest and the logs with what was noted of them when the
// database was closed. It reports whether there is such a note.
func (x *examination) seal(d *database) bool {
	s, err := engine.CheckSeal(x.fs, x.path(d.dir))
	if err != nil {
		return false // of a database whose manifest cannot be found, which was told
	}
	for name, what := range s.Damaged {
		f := Finding{File: x.fs.PathJoin(d.dir, name), Severity: Damage, What: "not as it was when the database was closed: " + what}
		if strings.HasPrefix(name, "MANIFEST-") {
			d.hopeless = errors.New("the list of tables is not whole")
			f.Loses = []string{"everything; " + hopelessHint}
		} else {
			f.Loses, f.Repair = []string{"writes in it"}, "what can be read of it is kept"
		}
		x.find(f)
	}
	return s.Whole || len(s.Damaged) > 0
}

// hopelessHint is what is left to do when nothing helps.
const hopelessHint = "a snapshot is a data folder of its own: copy FOLDER/snapshots/NAME elsewhere and serve it with --data"

// manifest reads the list of tables, without which nothing can be read.
func (x *examination) manifest(dir string) (err error) {
	about, err := pebble.Peek(x.path(dir), x.fs)
	file := dir
	if err == nil && !about.Exists {
		err = errors.New("no marker names a manifest")
	}
	if err == nil {
		file = x.fs.PathJoin(dir, x.fs.PathBase(about.ManifestFilename))
		err = x.records(about.ManifestFilename)
	}
	if err != nil {
		x.find(Finding{File: file, Severity: Damage, What: "the list of tables cannot be read: " + oneLine(err), Loses: []string{"everything; " + hopelessHint}})
	}
	return err
}

// records reads a file of records to its end.
func (x *examination) records(path string) (err error) {
	f, err := x.fs.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	x.count(f)
	r := record.NewReader(f, 0)
	n := 0
	for ; ; n++ {
		one, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			_, err = io.Copy(io.Discard, one)
		}
		if err != nil {
			return err
		}
	}
	if n == 0 {
		return errors.New("it is empty")
	}
	return nil
}

func (x *examination) count(f vfs.File) {
	x.report.Files++
	if info, err := f.Stat(); err == nil {
		x.report.Bytes += info.Size()
	}
}

// check looks at a file that is written once.
func (x *examination) check(dir, name, what string, look func(f vfs.File) error) {
	f, err := x.fs.Open(x.path(dir, name))
	if err == nil {
		x.count(f)
		err = look(f) // which closes it
	}
	if err != nil {
		x.find(Finding{File: x.fs.PathJoin(dir, name), Severity: Damage, What: what + " is damaged: " + oneLine(err), Repair: copied})
	}
}

// copied is what a repair does about most damage.
const copied = "what can be read is copied to a new database"

// checkTable reads all blocks of a table, which have checksums.
func checkTable(f vfs.File) (err error) {
	defer recovered(&err)
	r, err := sstable.NewSimpleReadable(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	o := &pebble.Options{}
	o.EnsureDefaults()
	table, err := sstable.NewReader(context.Background(), r, o.MakeReaderOptions())
	if err != nil {
		return errors.Join(err, r.Close())
	}
	return errors.Join(table.ValidateBlockChecksums(), table.Close())
}

// checkBlob reads all blocks of a file of values, which have checksums.
func checkBlob(f vfs.File) (err error) {
	defer recovered(&err)
	r, err := sstable.NewSimpleReadable(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	o := &pebble.Options{}
	o.EnsureDefaults()
	values, err := blob.NewFileReader(context.Background(), r, blob.FileReaderOptions{ReaderOptions: o.MakeReaderOptions().ReaderOptions})
	if err != nil {
		return errors.Join(err, r.Close())
	}
	_, err = values.Layout() // reads every block
	return errors.Join(err, values.Close())
}

// recovered makes an error of a panic: damage makes Pebble panic here and there.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%v", r)
	}
}

// logs reads the write-ahead logs. The newest may be torn after a power failure
// under "process"; what precedes the tear is what was promised.
func (x *examination) logs(d *database, mayBeTorn bool) {
	logs, err := wal.Scan(wal.Dir{FS: x.fs, Dirname: x.path(d.dir)})
	if err != nil {
		x.find(Finding{File: d.dir, Severity: Damage, What: "the logs cannot be listed: " + oneLine(err)})
		return
	}
	for i, log := range logs {
		_, path := log.SegmentLocation(0)
		name := x.fs.PathBase(path)
		good, err := x.log(log)
		if i == len(logs)-1 && (err == nil || errors.Is(err, record.ErrUnexpectedEOF)) {
			err = x.end(path, uint32(log.Num), &good)
		}
		if err == nil {
			continue
		}
		size, _ := log.PhysicalSize()
		f := Finding{File: x.fs.PathJoin(d.dir, name), Severity: Damage, What: "a log is damaged: " + oneLine(err),
			Loses:  []string{fmt.Sprintf("the writes in the last %d of %d bytes of it", int64(size)-good, size)},
			Repair: "what precedes the damage is kept"}
		if i == len(logs)-1 && mayBeTorn {
			f.Severity, f.What, f.Repair = Note, "the newest log is torn, as a power failure may leave it under process: "+oneLine(err), "the next start keeps what precedes the tear"
		} else if i < len(logs)-1 {
			f.Loses = append(f.Loses, "all writes in the logs after it")
		}
		x.find(f)
		d.view.cut(path, good)
		for _, later := range logs[i+1:] {
			_, path := later.SegmentLocation(0)
			d.view.hide(path)
		}
		return
	}
}

// log reads a log and says up to where it is good.
func (x *examination) log(l wal.LogicalLog) (good int64, err error) {
	defer recovered(&err)
	if size, err := l.PhysicalSize(); err == nil {
		x.report.Files++
		x.report.Bytes += int64(size)
	}
	r := l.OpenForRead()
	defer r.Close()
	for {
		one, offset, err := r.NextRecord()
		if errors.Is(err, io.EOF) {
			return good, nil
		}
		if err == nil {
			_, err = io.Copy(io.Discard, one)
		}
		if err != nil {
			return offset.Physical, err
		}
		good = offset.Physical
	}
}

// end looks how the newest log ends, which Pebble's reader does not tell.
func (x *examination) end(path string, number uint32, good *int64) error {
	f, err := x.fs.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	at, how, err := tornAt(f, info.Size(), number)
	if how != "" {
		*good, err = at, errors.New(how)
	}
	return err
}

// snapshots examines those inside the folder.
func (x *examination) snapshots() {
	names, err := x.fs.List(x.path(snapshotsDir))
	if err != nil && !oserror.IsNotExist(err) {
		x.find(Finding{File: snapshotsDir, Severity: Damage, What: oneLine(err)})
	}
	slices.Sort(names)
	for _, name := range names {
		if strings.HasPrefix(name, ".") {
			x.find(Finding{File: x.fs.PathJoin(snapshotsDir, name), Severity: Note, What: "a snapshot that was being made; the next start removes it"})
			continue
		}
		x.snapshot(name)
	}
}

// oneLine is the first line of an error: Pebble's have traces.
func oneLine(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}
