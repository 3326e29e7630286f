package doctor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/record"
	"github.com/cockroachdb/pebble/v2/sstable"
	"github.com/cockroachdb/pebble/v2/sstable/blob"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"

	"sluice/store"
	"sluice/store/engine"
)

// database is one that was looked at.
type database struct {
	dir  string // from the data folder on
	view *view  // in which what is damaged does not stop the rest from being read
	// mayBeTorn says that its newest log may have holes after a power failure, and
	// cut where it ends because of one.
	mayBeTorn bool
	cut       *engine.Cut
	// hopeless says why nothing of it can be read.
	hopeless error
	losses   *losses
	// bad are tables and files of values that are damaged, by name, and how;
	// live are the tables in use, nil if nobody can tell.
	bad  map[string]string
	live map[string]bool
	// beside are files beside the database that do not hold what it names, by path.
	beside map[string]*lostFile
	// bodies are those of rooms, by namespace.
	bodies map[string]*keptBodies
}

// database examines every file of a database, and then what they hold together.
func (x *examination) database(dir string, mayBeTorn bool) *database {
	d := &database{dir: dir, mayBeTorn: mayBeTorn, view: newView(x.fs), losses: newLosses(), bad: map[string]string{},
		beside: map[string]*lostFile{}, bodies: map[string]*keptBodies{}}
	names, err := x.fs.List(x.path(dir))
	if err != nil {
		d.hopeless = fmt.Errorf("the database is missing: %w", err)
		x.find(Finding{File: dir, Severity: Damage, What: d.hopeless.Error()})
		return d
	}
	slices.Sort(names)
	d.hopeless = x.manifest(dir)
	for _, name := range names {
		switch {
		case strings.HasSuffix(name, ".sst"):
			x.check(d, name, checkTable)
		case strings.HasSuffix(name, ".blob"):
			x.check(d, name, checkBlob)
		}
	}
	x.logs(d, x.seal(d), mayBeTorn)
	x.bodies(d)
	if d.hopeless == nil {
		x.pairs(d)
	}
	x.tellBad(d)
	x.tellBeside(d)
	x.tellBodies(d)
	return d
}

// seal compares the manifest and the logs with what was noted of them when the
// database was closed.
func (x *examination) seal(d *database) engine.Sealed {
	s, err := engine.CheckSeal(x.fs, x.path(d.dir))
	if err != nil {
		return s // of a database whose manifest cannot be found, which was told
	}
	for name, what := range s.Damaged {
		f := Finding{File: x.fs.PathJoin(d.dir, name), Severity: Damage, What: "not as it was when the database was closed: " + what}
		if strings.HasPrefix(name, "MANIFEST-") {
			d.hopeless = errors.New("the list of tables is not whole")
			f.Loses = []string{"everything; " + hopelessHint}
		} else {
			f.Loses, f.Repair = []string{"writes in it"}, "what can be read of it is kept; "+goesOn
			d.losses.blind = true
		}
		x.find(f)
	}
	return s
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
func (x *examination) check(d *database, name string, look func(f vfs.File) error) {
	f, err := x.fs.Open(x.path(d.dir, name))
	if err == nil {
		x.count(f)
		err = look(f) // which closes it
	}
	if err == nil && strings.HasSuffix(name, ".blob") {
		if err = x.checkNumber(d, name); err != nil {
			d.view.cut(x.path(d.dir, name), 1) // so that none of its values passes for another
		}
	}
	if err != nil {
		d.bad[name] = oneLine(err)
	}
}

// The end of a file of values, as Pebble writes it: a checksum, the place of the
// index, two types, the number of the file, and a mark.
const (
	valuesTail   = 38
	valuesNumber = 22
)

// checkNumber looks whether a file of values is the one that its name says: no
// checksum tells two whole ones from each other.
func (x *examination) checkNumber(d *database, name string) error {
	f, err := x.fs.Open(x.path(d.dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() < valuesTail {
		return err
	}
	var tail [valuesTail]byte
	if _, err := f.ReadAt(tail[:], info.Size()-valuesTail); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	number := binary.LittleEndian.Uint64(tail[valuesNumber:])
	if fmt.Sprintf("%06d.blob", number) != name {
		return fmt.Errorf("it is %06d.blob by what stands in it", number)
	}
	return nil
}

// tellBad tells of damaged tables and files of values. Those that a killed
// process was still writing, or was about to remove, are nobody's.
func (x *examination) tellBad(d *database) {
	for _, name := range slices.Sorted(maps.Keys(d.bad)) {
		f := Finding{File: x.fs.PathJoin(d.dir, name), Severity: Damage, What: "a table is damaged: " + d.bad[name], Repair: copied}
		if strings.HasSuffix(name, ".blob") {
			f.What = "a file of values is damaged: " + d.bad[name]
			if d.live != nil && d.losses.none() {
				f.Severity, f.What, f.Repair = Note, f.What+"; nothing in use is in that place", ""
			}
		} else if d.live != nil && !d.live[name] {
			continue
		}
		x.find(f)
	}
}

const (
	// copied is what a repair does about most damage.
	copied = "what can be read is copied to a new database"
	// goesOn is what it does besides where the ends of logs of records may be lost.
	goesOn = "every shard goes on far behind, so that no number is given again"
)

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

// logs reads the write-ahead logs. The newest may be torn after a power failure,
// and under "process" have holes; what precedes the tear is what was promised.
func (x *examination) logs(d *database, sealed engine.Sealed, mayBeTorn bool) {
	logs, err := wal.Scan(wal.Dir{FS: x.fs, Dirname: x.path(d.dir)})
	if err != nil {
		x.find(Finding{File: d.dir, Severity: Damage, What: "the logs cannot be listed: " + oneLine(err)})
		return
	}
	for i, log := range logs {
		size, _ := log.PhysicalSize()
		x.report.Files++
		x.report.Bytes += int64(size)
		if sealed.Whole {
			continue // it is as it was
		}
		_, path := log.SegmentLocation(0)
		name := x.fs.PathBase(path)
		good, err := readLog(log)
		ended := i == len(logs)-1 && (err == nil || errors.Is(err, record.ErrUnexpectedEOF))
		if ended {
			err = x.end(path, uint32(log.Num), &good)
		}
		if err == nil {
			continue
		}
		f := Finding{File: x.fs.PathJoin(d.dir, name), Severity: Damage, What: "a log is damaged: " + oneLine(err),
			Loses:  []string{fmt.Sprintf("the writes in the last %d of %d bytes of it", int64(size)-good, size)},
			Repair: "what precedes the damage is kept; " + goesOn}
		if i == len(logs)-1 && sealed.Damaged == nil && x.excused(d, mayBeTorn, ended, err) {
			f.Severity, f.What, f.Repair = Note, "the newest log is torn, as a power failure or a kill may leave it: "+oneLine(err), "the next start keeps what precedes the tear"
		} else if i < len(logs)-1 {
			f.Loses = append(f.Loses, "all writes in the logs after it")
		}
		x.find(f)
		d.losses.blind = true // also where the next start would cut: a repair is no start
		d.view.cut(path, good)
		for _, later := range logs[i+1:] {
			_, path := later.SegmentLocation(0)
			d.view.hide(path)
		}
		return
	}
}

// excused tells whether a start takes what is wrong with the newest log for what a
// kill, or a power failure, has left of the last writes. ended says that Pebble
// takes it for the end.
func (x *examination) excused(d *database, mayBeTorn, ended bool, err error) bool {
	if store.Restarted(x.fs, x.fs.PathDir(x.path(d.dir)), x.boot) {
		return mayBeTorn || ended
	}
	return mayBeTorn && ended && !errors.Is(err, errGoesOn)
}

// errGoesOn means that good writes follow damage in a log.
var errGoesOn = errors.New("a chunk is damaged, and good ones follow")

// readLog reads a log and says up to where it is good.
func readLog(l wal.LogicalLog) (good int64, err error) {
	defer recovered(&err)
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
	at, how, err := engine.TornAt(f, info.Size(), number)
	switch {
	case err != nil || how == engine.Fits:
		return err
	case how == engine.GoesOn:
		err = errGoesOn
	default:
		err = errors.New("a chunk is torn or damaged")
	}
	*good = at
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

// What Pebble says of a block.
var (
	inFile = regexp.MustCompile(`^file (\d+): block (\d+)/(\d+): .*checksum mismatch`)
	alone  = regexp.MustCompile(`^block (\d+)/(\d+): .*checksum mismatch`)
	// itself is the file that was read by itself.
	itself = strings.NewReplacer("pebble: ", "", "pebble/table: ", "", "file 000000: ", "", " 000000", "", "on-disk corruption: ", "", engine.ErrDamaged.Error()+": ", "")
)

// oneLine is what people need of an error. Pebble's have traces, and say what
// the finding says.
func oneLine(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	text = itself.Replace(text)
	if m := alone.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("the checksum of its block of %s bytes at %s differs", m[2], m[1])
	}
	if m := inFile.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("the checksum of the block of %s bytes at %s in the file %s differs", m[3], m[2], m[1])
	}
	return text
}
