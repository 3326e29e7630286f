package snapshot

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store"
	"sluice/store/engine"
	"sluice/store/log/pebblelog"
)

const (
	// shelfDir is where snapshots are below a data folder.
	shelfDir = "snapshots"
	// documentFile describes a snapshot inside its folder. It is written last.
	documentFile = "snapshot.json"
	// unfinished begins the names of folders that are being made. No snapshot
	// is called that, and the next start removes them.
	unfinished = "."
)

// disk keeps snapshots as data folders below the one they are of.
type disk struct {
	fs      vfs.FS
	dir     string // the shelf
	data    string // the data folder
	options store.Options
	serial  atomic.Int64 // of folders being made
	mu      sync.Mutex   // held while names change
}

// OnDisk returns the shelf below the data folder of options, which the caller
// has open: nobody else may use the shelf at the same time.
func OnDisk(options store.Options) (Shelf, error) {
	d := &disk{fs: options.FS, data: options.Dir, options: options}
	if d.fs == nil {
		d.fs = vfs.Default
	}
	d.dir = d.fs.PathJoin(options.Dir, shelfDir)
	if err := d.fs.MkdirAll(d.dir, 0o755); err != nil {
		return nil, err
	}
	names, err := d.fs.List(d.dir)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasPrefix(name, unfinished) {
			if err := d.fs.RemoveAll(d.path(name)); err != nil {
				return nil, fmt.Errorf("remove an unfinished snapshot: %w", err)
			}
		}
	}
	return d, engine.SyncDir(d.fs, options.Dir)
}

func (d *disk) path(elem ...string) string { return d.fs.PathJoin(append([]string{d.dir}, elem...)...) }

// fresh is a folder to make something in.
func (d *disk) fresh(what string) string {
	return d.path(fmt.Sprint(unfinished, what, "-", d.serial.Add(1)))
}

// Save implements Shelf.
func (d *disk) Save(st *store.Store, name string, times func() (created, service time.Time)) (Document, error) {
	if err := checkName(name); err != nil {
		return Document{}, err
	}
	all, err := d.List()
	if err == nil {
		err = checkFree(name, all) // before the work; put looks again
	}
	if err != nil {
		return Document{}, err
	}
	dir := d.fresh("save")
	if err := st.Checkpoint(dir); err != nil {
		d.discard(dir)
		return Document{}, explain(err)
	}
	created, service := times()
	return d.put(dir, Document{Name: name, Created: created, ServiceTime: service, Format: store.Format})
}

// put gives a finished folder its document and its name, or removes it.
func (d *disk) put(dir string, doc Document) (Document, error) {
	size, err := d.size(dir)
	doc.Bytes = size
	if err == nil {
		err = d.describe(dir, doc)
	}
	if err == nil {
		err = d.rename(dir, doc.Name)
	}
	if err != nil {
		d.discard(dir)
		return Document{}, explain(err)
	}
	return doc, nil
}

func (d *disk) rename(dir, name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	all, err := d.list()
	if err != nil {
		return err
	}
	if err := checkFree(name, all); err != nil {
		return err
	}
	if _, err := d.fs.Stat(d.path(name)); err == nil {
		return &Error{Kind: Exists, Message: "something else is called " + name, Advice: "choose another name, or look into " + d.dir}
	}
	if err := d.fs.Rename(dir, d.path(name)); err != nil {
		return err
	}
	return engine.SyncDir(d.fs, d.dir)
}

func (d *disk) discard(dir string) { _ = d.fs.RemoveAll(dir) } // else the next start does

// describe writes the document of a folder.
func (d *disk) describe(dir string, doc Document) error {
	raw, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	f, err := d.fs.Create(d.fs.PathJoin(dir, documentFile), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(append(raw, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = engine.SyncDir(d.fs, dir)
	}
	return err
}

// size adds up the files of a database, its bodies and its records.
func (d *disk) size(dir string) (total int64, err error) {
	inner := d.fs.PathJoin(dir, "pebble")
	if total, err = store.BodyBytes(d.fs, inner); err != nil {
		return 0, err
	}
	records, err := pebblelog.RecordBytes(d.fs, inner)
	if err != nil {
		return 0, err
	}
	total += records
	names, err := d.fs.List(inner)
	for _, name := range names {
		info, err := d.fs.Stat(d.fs.PathJoin(inner, name))
		if err != nil {
			return 0, err
		}
		if !info.IsDir() {
			total += info.Size()
		}
	}
	return total, err
}

// List implements Shelf.
func (d *disk) List() ([]Document, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.list()
}

func (d *disk) list() ([]Document, error) {
	names, err := d.fs.List(d.dir)
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	all := []Document{}
	for _, name := range names {
		if !nameForm.MatchString(name) {
			continue
		}
		doc, err := d.document(name)
		if oserror.IsNotExist(err) {
			continue // something of the user's
		}
		if err != nil {
			return nil, err
		}
		all = append(all, doc)
	}
	return all, nil
}

func (d *disk) document(name string) (doc Document, err error) {
	f, err := d.fs.Open(d.path(name, documentFile))
	if err != nil {
		return doc, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxHead))
	if err == nil {
		err = json.Unmarshal(raw, &doc)
	}
	if err != nil {
		return doc, fmt.Errorf("read snapshot %s: %w", name, err)
	}
	doc.Name = name
	return doc, nil
}

func (d *disk) get(name string) (Document, error) {
	if err := checkName(name); err != nil {
		return Document{}, err
	}
	doc, err := d.document(name)
	if oserror.IsNotExist(err) {
		return doc, notFound(name)
	}
	return doc, err
}

// Delete implements Shelf. One rename makes it unseen.
func (d *disk) Delete(name string) (Document, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	doc, err := d.get(name)
	if err != nil {
		return doc, err
	}
	gone := d.fresh("delete")
	if err := d.fs.Rename(d.path(name), gone); err != nil {
		return doc, err
	}
	if err := engine.SyncDir(d.fs, d.dir); err != nil {
		return doc, err
	}
	d.discard(gone)
	return doc, nil
}

// copied makes a data folder of its own out of a snapshot.
func (d *disk) copied(name, what string) (Document, string, error) {
	d.mu.Lock() // so that it is not deleted meanwhile
	defer d.mu.Unlock()
	doc, err := d.get(name)
	if err != nil {
		return doc, "", err
	}
	dir := d.fresh(what)
	if err := store.Stage(d.fs, d.path(name), dir); err != nil {
		d.discard(dir)
		return doc, "", explain(fmt.Errorf("stage snapshot %s: %w", name, err))
	}
	return doc, dir, nil
}

// ownReserve is the free space that an import leaves alone, so that a file
// that is too large, or made to be, does not stop those who write meanwhile.
const ownReserve = 256 << 20

// open opens a folder that is being made, with little memory.
func (d *disk) open(dir string) (*store.Store, error) {
	o := d.options
	o.Dir, o.CacheBytes = dir, 1<<20
	if o.ReserveBytes >= 0 {
		o.ReserveBytes = max(ownReserve, 4*o.ReserveBytes)
	}
	return store.Open(o)
}

// Export implements Archive. It reads a copy, so that it neither changes the
// snapshot nor stands in the way of anybody.
func (d *disk) Export(name string, w io.Writer) error {
	doc, dir, err := d.copied(name, "export")
	if err != nil {
		return err
	}
	defer d.discard(dir)
	st, err := d.open(dir)
	if err != nil {
		return err
	}
	doc.Format = st.Format()
	err = write(w, doc, st.Pairs)
	if e := st.Close(); err == nil {
		err = e
	}
	return err
}

// Import implements Archive.
func (d *disk) Import(name string, r io.Reader) (Document, error) {
	if err := checkName(name); err != nil {
		return Document{}, err
	}
	all, err := d.List()
	if err == nil {
		err = checkFree(name, all)
	}
	if err != nil {
		return Document{}, err
	}
	dir := d.fresh("import")
	doc, err := d.unpack(dir, r)
	if err != nil {
		d.discard(dir)
		return Document{}, explain(err)
	}
	doc.Name = name
	return d.put(dir, doc)
}

// unpack makes a data folder of a file.
func (d *disk) unpack(dir string, r io.Reader) (doc Document, err error) {
	st, err := d.open(dir)
	if err != nil {
		return doc, err
	}
	doc, err = fill(st, r)
	if e := st.Close(); err == nil {
		err = e
	}
	return doc, err
}

// fill writes what a file holds.
func fill(st *store.Store, r io.Reader) (Document, error) {
	to := st.Fill()
	doc, err := read(r, to.Add)
	if err != nil {
		return doc, err
	}
	return doc, to.Flush()
}

// Unpack makes a new data folder, that of options, of a file: how an instance
// starts with a fixture.
func Unpack(options store.Options, r io.Reader) error {
	return explain(store.Found(options, func(st *store.Store) error {
		_, err := fill(st, r)
		return err
	}))
}

// Stage implements Shelf.
func (d *disk) Stage(name string) (Staged, error) {
	doc, dir, err := d.copied(name, "restore")
	if err != nil {
		return nil, err
	}
	return &stagedFolder{disk: d, doc: doc, dir: dir}, nil
}

// stagedFolder is a data folder about to be exchanged for the one in use.
type stagedFolder struct {
	disk    *disk
	doc     Document
	dir     string
	decided bool
}

// Document implements Staged.
func (s *stagedFolder) Document() Document { return s.doc }

// Adjust implements Staged. It also proves that the folder can be opened, and
// leaves it in the newest format, while the state in use is not touched yet.
func (s *stagedFolder) Adjust(change func(*store.Store) error) error {
	st, err := s.disk.open(s.dir)
	if err != nil {
		return err
	}
	err = change(st)
	if e := st.Close(); err == nil {
		err = e
	}
	return err
}

// Open implements Staged.
func (s *stagedFolder) Open() (*store.Store, error) {
	var err error
	if s.decided, err = store.Exchange(s.disk.fs, s.disk.data, s.dir); err != nil {
		return nil, err
	}
	return store.Open(s.disk.options)
}

// TakeBack implements Staged.
func (s *stagedFolder) TakeBack() error {
	if !s.decided {
		return nil
	}
	return store.TakeBack(s.disk.fs, s.disk.data)
}

// Drop implements Staged.
func (s *stagedFolder) Drop() error {
	s.disk.discard(s.dir)
	return store.DropReplaced(s.disk.fs, s.disk.data)
}
