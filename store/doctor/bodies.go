package doctor

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2"

	"sluice/store"
	"sluice/store/blob"
)

// Owner reads the rows of a room that keeps bodies in files, in the order of
// their keys. One is for one reading of a database.
type Owner interface {
	// Row takes a row, and has at look at everything that the row names.
	Row(key, value []byte, at blob.Looker) error
	// Lost is what is wrong, when all rows were taken.
	Lost() []blob.Lost
	// Name says in words what the row of a key is of, "" where nobody can tell.
	Name(key []byte) string
	// Use is the key of the row without which the next start sweeps a body.
	Use(id blob.ID) []byte
}

// keptBodies are the bodies of a namespace.
type keptBodies struct {
	dir   string // from the data folder on
	disk  *blob.Disk
	bad   map[blob.ID]badBody
	owner Owner // nil where nobody tells who names them
	db    *pebble.DB
	head  []byte // of keys of the namespace's space
	// losses are those of the database.
	losses *losses
}

// badBody is one that is not what was written.
type badBody struct {
	size int64
	err  error
}

// bodies reads all files of bodies.
func (x *examination) bodies(d *database) {
	base := x.fs.PathJoin(d.dir, store.BodiesDir)
	namespaces, err := x.fs.List(x.path(base))
	if oserror.IsNotExist(err) {
		namespaces, err = nil, nil
	}
	for namespace := range x.owners {
		if !slices.Contains(namespaces, namespace) {
			namespaces = append(namespaces, namespace)
		}
	}
	slices.Sort(namespaces)
	for _, namespace := range namespaces {
		if e := x.readBodies(d, x.fs.PathJoin(base, namespace), namespace); err == nil {
			err = e
		}
	}
	if err != nil {
		x.find(Finding{File: base, Severity: Damage, What: "bodies of objects cannot be listed: " + oneLine(err)})
	}
}

func (x *examination) readBodies(d *database, dir, namespace string) error {
	disk, err := blob.OnDisk(blob.Options{FS: x.fs, Dir: x.path(dir)})
	if err != nil {
		return err
	}
	b := &keptBodies{dir: dir, disk: disk, bad: map[blob.ID]badBody{}, losses: d.losses, head: headOf(namespace)}
	if open := x.owners[namespace]; open != nil {
		b.owner = open()
	}
	d.bodies[namespace] = b
	return disk.Verify(func(id blob.ID, size int64, err error) {
		x.report.Bodies++
		x.report.Bytes += size
		if err != nil {
			b.bad[id] = badBody{size, err}
		}
	})
}

// headOf begins the keys of the space of a namespace.
func headOf(namespace string) []byte { return append(append([]byte{'s'}, namespace...), 0) }

// named has the room of a row look at what that names.
func (d *database) named(key, value []byte) error {
	if key[0] != 's' {
		return nil
	}
	for _, b := range d.bodies {
		if b.owner != nil && bytes.HasPrefix(key, b.head) {
			return b.owner.Row(key[len(b.head):], value, b)
		}
	}
	return nil
}

// Body implements blob.Looker.
func (b *keptBodies) Body(id blob.ID, size int64) error {
	if bad, known := b.bad[id]; known {
		return bad.err
	}
	body, err := b.disk.Open(id)
	if err != nil {
		return err
	}
	defer body.Close()
	if body.Size() != size {
		return fmt.Errorf("%w: it has %d bytes of %d", blob.ErrDamaged, body.Size(), size)
	}
	return nil
}

// nameOf says what a key of a room with bodies is of.
func (d *database) nameOf(key []byte) string {
	for _, b := range d.bodies {
		if b.owner != nil && bytes.HasPrefix(key, b.head) {
			return b.owner.Name(key[len(b.head):])
		}
	}
	return ""
}

// Row implements blob.Looker.
func (b *keptBodies) Row(key []byte) (err error) {
	defer recovered(&err)
	key = append(slices.Clone(b.head), key...)
	if b.losses.has(key) {
		return errRowGone
	}
	_, closer, err := b.db.Get(key)
	if err == nil {
		err = closer.Close()
	}
	if errors.Is(err, pebble.ErrNotFound) {
		err = errRowGone
	}
	return err
}

// errRowGone means that a row is not there that another names.
var errRowGone = errors.New("its row is lost")

// tellBodies tells of bodies that are not what their rooms say, and of those
// that are nobody's.
func (x *examination) tellBodies(d *database) {
	for _, namespace := range slices.Sorted(maps.Keys(d.bodies)) {
		b := d.bodies[namespace]
		told := map[blob.ID]bool{}
		if b.owner != nil {
			inside := Finding{File: d.dir, Severity: Damage, What: "bodies of objects are in what cannot be read", Repair: stays}
			for _, l := range b.owner.Lost() {
				if told[l.ID] = true; l.ID == 0 {
					inside.Loses = append(inside.Loses, lostText(l))
				} else {
					x.find(b.lost(x, l))
				}
			}
			x.findInside(inside)
		}
		for _, id := range slices.Sorted(maps.Keys(b.bad)) {
			if !told[id] {
				x.find(b.unnamed(x, d.hopeless == nil, id))
			}
		}
	}
}

// stays is what a repair does about a body.
const stays = "none; put it again, or delete it: until then reading it fails"

// lost is of a body in a file.
func (b *keptBodies) lost(x *examination, l blob.Lost) Finding {
	f := Finding{File: x.fs.PathJoin(b.dir, blob.FileOf(x.fs, l.ID)), Severity: Damage, What: "a body " + oneLine(l.Err), Loses: []string{lostText(l)}, Repair: stays}
	switch {
	case errors.Is(l.Err, blob.ErrNone):
		f.What = "a body is missing"
	case errors.Is(l.Err, blob.ErrUnfinished):
		f.What = "a body is cut short: its end is missing"
	case errors.Is(l.Err, blob.ErrDamaged):
		f.What = "a body is damaged: " + oneLine(l.Err)
	}
	x.report.Unmended++
	return f
}

func lostText(l blob.Lost) string { return fmt.Sprintf("%s (%d bytes)", l.Of, l.Size) }

// findInside tells of bodies that were in the database.
func (x *examination) findInside(f Finding) {
	if n := len(f.Loses); n > 0 {
		if n > linesMax {
			f.Loses = append(f.Loses[:linesMax], fmt.Sprintf("and %d more", n-linesMax))
		}
		x.report.Unmended++
		x.find(f)
	}
}

// unnamed is of a body that no row names, or of which nobody can tell.
func (b *keptBodies) unnamed(x *examination, read bool, id blob.ID) Finding {
	bad := b.bad[id]
	f := Finding{File: x.fs.PathJoin(b.dir, blob.FileOf(x.fs, id)), Severity: Note}
	switch {
	case b.owner != nil && read:
		f.What = "a body that nothing names is not whole; the next start removes it"
	case errors.Is(bad.err, blob.ErrUnfinished):
		f.What = "a body of an object has no end: it was being written when the process ended, and is nobody's, or a power failure has taken it"
	default:
		f.Severity, f.What = Damage, "a body is damaged: "+oneLine(bad.err)
		f.Loses, f.Repair = []string{fmt.Sprintf("the object whose body it is; reading it fails (%d bytes)", bad.size)}, stays
		x.report.Unmended++
	}
	return f
}

// kept has rows of uses made anew while a database is copied, without which the
// next start would sweep bodies that can be read.
type kept struct {
	owner Owner
	head  []byte
	put   func(key, value []byte) error
	err   error
}

// Body implements blob.Looker.
func (k *kept) Body(id blob.ID, _ int64) error {
	if err := k.put(append(slices.Clone(k.head), k.owner.Use(id)...), nil); k.err == nil {
		k.err = err
	}
	return nil
}

// Row implements blob.Looker.
func (*kept) Row([]byte) error { return nil }

// keepers are for all rooms that keep bodies.
func (x *examination) keepers(put func(key, value []byte) error) (all []*kept) {
	for namespace, open := range x.owners {
		all = append(all, &kept{owner: open(), head: headOf(namespace), put: put})
	}
	return all
}

// keepUses has the uses of a row made anew.
func keepUses(all []*kept, key, value []byte) error {
	for _, k := range all {
		if !bytes.HasPrefix(key, k.head) {
			continue
		}
		if err := k.owner.Row(key[len(k.head):], value, k); err != nil {
			return err
		}
		return k.err
	}
	return nil
}
