package doctor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/errors/oserror"

	"sluice/store"
	"sluice/store/blob"
)

const (
	snapshotsDir = "snapshots"
	// documentFile describes a snapshot inside its folder; store/snapshot has it.
	documentFile = "snapshot.json"
	documentMax  = 64 << 10
)

// snapshot examines one: a data folder of its own, and a document.
func (x *examination) snapshot(name string) {
	dir := x.fs.PathJoin(snapshotsDir, name)
	if _, err := x.fs.Stat(x.path(dir, store.FormatFile)); oserror.IsNotExist(err) {
		if _, err := x.fs.Stat(x.path(dir, documentFile)); oserror.IsNotExist(err) {
			x.find(Finding{File: dir, Severity: Note, What: "not a snapshot, and nothing of ours"})
			return
		}
	}
	x.report.Snapshots = append(x.report.Snapshots, name)
	before := len(x.report.Findings)
	if err := x.document(dir, name); err != nil {
		x.find(Finding{File: x.fs.PathJoin(dir, documentFile), Severity: Damage, What: "the description of a snapshot cannot be read: " + oneLine(err)})
	}
	_, durability, err := store.ReadLabel(x.fs, x.path(dir))
	if err != nil {
		x.find(Finding{File: x.fs.PathJoin(dir, store.FormatFile), Severity: Damage, What: err.Error()})
	}
	x.database(x.fs.PathJoin(dir, store.DatabaseDir), durability != store.Disk)
	damaged := false
	for i := range x.report.Findings[before:] {
		f := &x.report.Findings[before+i]
		if f.Severity == Damage {
			damaged, f.Repair = true, "the snapshot is moved away, so that nobody restores it"
		}
	}
	if damaged {
		x.broken = append(x.broken, name)
	}
}

func (x *examination) document(dir, name string) error {
	f, err := x.fs.Open(x.path(dir, documentFile))
	if err != nil {
		return err
	}
	defer f.Close()
	x.count(f)
	raw, err := io.ReadAll(io.LimitReader(f, documentMax))
	if err != nil {
		return err
	}
	var doc struct{ Name string }
	if err := json.Unmarshal(raw, &doc); err != nil {
		return err
	}
	if doc.Name != name {
		return fmt.Errorf("it names another, %q", doc.Name)
	}
	return nil
}

// bodies reads all files of objects.
func (x *examination) bodies(dir string) {
	base := x.fs.PathJoin(dir, store.BodiesDir)
	namespaces, err := x.fs.List(x.path(base))
	if oserror.IsNotExist(err) {
		return
	}
	for _, namespace := range namespaces {
		bodies, e := blob.OnDisk(blob.Options{FS: x.fs, Dir: x.path(base, namespace)})
		if e == nil {
			e = bodies.Verify(func(id blob.ID, size int64, err error) {
				x.report.Bodies++
				x.report.Bytes += size
				if errors.Is(err, blob.ErrUnfinished) {
					x.find(Finding{File: x.fs.PathJoin(base, namespace, blob.FileOf(x.fs, id)), Severity: Note,
						What: "a body of an object has no end: it was being written when the process ended, and is nobody's, or a power failure has taken it"})
				} else if err != nil {
					x.find(Finding{File: x.fs.PathJoin(base, namespace, blob.FileOf(x.fs, id)), Severity: Damage,
						What: "the body of an object is damaged: " + oneLine(err), Loses: []string{fmt.Sprintf("the object whose body it is; reading it fails (%d bytes)", size)},
						Repair: "it stays where it is; put the object again, or remove it"})
				}
			})
		}
		if err == nil {
			err = e
		}
	}
	if err != nil {
		x.find(Finding{File: base, Severity: Damage, What: "bodies of objects cannot be listed: " + oneLine(err)})
	}
}
