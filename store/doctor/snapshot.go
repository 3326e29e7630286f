package doctor

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/cockroachdb/errors/oserror"

	"sluice/store"
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
	before, unmended := len(x.report.Findings), x.report.Unmended
	if err := x.document(dir, name); err != nil {
		x.find(Finding{File: x.fs.PathJoin(dir, documentFile), Severity: Damage, What: "the description of a snapshot cannot be read: " + oneLine(err)})
	}
	_, durability, err := store.ReadLabel(x.fs, x.path(dir))
	if err != nil {
		x.find(Finding{File: x.fs.PathJoin(dir, store.FormatFile), Severity: Damage, What: err.Error()})
	}
	x.database(x.fs.PathJoin(dir, store.DatabaseDir), durability != store.Disk)
	damaged := false
	x.report.Unmended = unmended // it is moved away as a whole
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
