// Package doctor looks into a data folder that nobody has open: whether every
// file of it, payload files and rings included, holds what was written to it, and, if one does not, what of the
// data that concerns. It changes nothing unless it is told to repair, and then
// keeps what it replaced.
//
// A repair reads all that can be read, past what is damaged, writes it to a new
// database, and exchanges the two as a restore does. docs/reliability.md tells
// what is found and what is lost.
package doctor

import (
	"errors"
	"fmt"
	"slices"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store"
)

// Options of an examination.
type Options struct {
	// Dir is the data folder.
	Dir string
	// FS holds it; the machine's file system when nil.
	FS vfs.FS
	// Boot names the present start of the machine, see store.Options.
	Boot string
	// Owners read which bodies the rows of rooms name, by namespace. Bodies of
	// other namespaces are looked at alone.
	Owners map[string]func() Owner
}

// Severities of findings.
const (
	// Damage: a file does not hold what was written to it.
	Damage = "damage"
	// Note: worth knowing, and nothing is wrong; the next start deals with it.
	Note = "note"
)

// Finding is something that was found.
type Finding struct {
	// File is where, from the data folder on.
	File string `json:"file"`
	// Severity is Damage or Note.
	Severity string `json:"severity"`
	// What is wrong, in words.
	What string `json:"what"`
	// Loses says what a repair would lose, or the damage has lost.
	Loses []string `json:"loses,omitempty"`
	// Repair says what a repair does about it; empty when it can do nothing.
	Repair string `json:"repair,omitempty"`
}

// Report is what an examination has found.
type Report struct {
	Folder string `json:"folder"`
	// Format and Durability are what the folder says of itself.
	Format     int    `json:"format"`
	Durability string `json:"durability"`
	// Files and Bytes were read, and Pairs keys with their values.
	Files int64 `json:"files"`
	Bytes int64 `json:"bytes"`
	Pairs int64 `json:"pairs"`
	// Bodies are files of objects that were looked at.
	Bodies    int64     `json:"bodies"`
	Snapshots []string  `json:"snapshots"`
	Findings  []Finding `json:"findings"`
	// Unmended counts findings about which a repair does nothing.
	Unmended int `json:"unmended,omitempty"`
	// Repaired says what a repair has done.
	Repaired []string `json:"repaired,omitempty"`
}

// Damaged reports whether something is wrong.
func (r *Report) Damaged() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == Damage })
}

// ErrNoFolder means that there is no data folder in that place.
var ErrNoFolder = errors.New("there is no data folder")

// ErrLocked means that a server has the folder open.
var ErrLocked = store.ErrLocked

// ErrHopeless means that a folder is damaged where no repair helps.
var ErrHopeless = errors.New("this cannot be repaired")

// Examine looks into a data folder and changes nothing.
func Examine(o Options) (*Report, error) {
	x, done, err := open(o)
	if err != nil {
		return nil, err
	}
	defer done()
	x.look()
	return x.report, nil
}

// Repair examines a data folder and repairs what it can. What was replaced is
// in FOLDER/damaged afterwards. The report tells what was found before.
func Repair(o Options) (*Report, error) {
	x, done, err := open(o)
	if err != nil {
		return nil, err
	}
	defer done()
	x.look()
	if !x.report.Damaged() {
		return x.report, nil
	}
	return x.report, x.repair()
}

// examination is one under way.
type examination struct {
	fs     vfs.FS
	dir    string
	boot   string
	report *Report
	main   *database
	// unlabelled says that FORMAT is missing or unreadable.
	unlabelled bool
	// newer says that a later version wrote the folder.
	newer bool
	// broken are snapshots with damage, by name.
	broken []string
	owners map[string]func() Owner // those of the options
}

// open locks the folder.
func open(o Options) (*examination, func(), error) {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	x := &examination{fs: o.FS, dir: o.Dir, boot: o.Boot, owners: o.Owners,
		report: &Report{Folder: o.Dir, Snapshots: []string{}, Findings: []Finding{}}}
	names, err := o.FS.List(o.Dir)
	if oserror.IsNotExist(err) || err == nil && len(names) == 0 {
		return nil, nil, fmt.Errorf("%w: %s", ErrNoFolder, o.Dir)
	}
	if err != nil {
		return nil, nil, err
	}
	if !slices.Contains(names, store.FormatFile) && !slices.ContainsFunc(names, func(n string) bool { return n == store.DatabaseDir || n == store.DatabaseDir+".replaced" }) {
		return nil, nil, fmt.Errorf("%w: %s holds neither %s nor %s", ErrNoFolder, o.Dir, store.FormatFile, store.DatabaseDir)
	}
	lock, err := store.LockFolder(o.FS, o.Dir)
	if err != nil {
		return nil, nil, err
	}
	return x, func() { _ = lock.Close() }, nil
}

// look examines the folder and those inside it.
func (x *examination) look() {
	x.label()
	x.leftovers()
	x.main = x.database(store.DatabaseDir, x.report.Durability != string(store.Disk))
	x.snapshots()
}

func (x *examination) find(f Finding) { x.report.Findings = append(x.report.Findings, f) }

func (x *examination) path(elem ...string) string {
	return x.fs.PathJoin(append([]string{x.dir}, elem...)...)
}

// label reads what the folder says of itself.
func (x *examination) label() {
	format, durability, err := store.ReadLabel(x.fs, x.dir)
	x.report.Format, x.report.Durability = format, string(durability)
	if err == nil {
		return
	}
	f := Finding{File: store.FormatFile, Severity: Damage, What: err.Error()}
	if hinted := new(store.Hinted); errors.As(err, &hinted) && errors.Is(err, store.ErrNotOurs) {
		f.What = hinted.Err.Error() // its advice is for a folder of somebody else
	}
	if _, e := x.fs.Stat(x.path(store.FormatFile)); oserror.IsNotExist(e) {
		f.What = "it is missing"
	}
	if x.newer = errors.Is(err, store.ErrNewerFormat); !x.newer {
		x.unlabelled = true
		f.Repair = fmt.Sprintf("is written anew, for format %d, if the database can be read", store.Format)
	}
	x.find(f)
}

// leftovers tells of what was cut short.
func (x *examination) leftovers() {
	for name, what := range map[string]string{
		store.DatabaseDir + ".new":      "a database that was being made; the next start removes it",
		store.DatabaseDir + ".restored": "a restore that was cut short; the next start carries it on",
		store.DatabaseDir + ".replaced": "what a restore has replaced; the next start removes it, or puts it back",
		store.DatabaseDir + ".refused":  "a restore that was taken back; the next start removes it",
		stagedDir:                       "a repair that was cut short; another one removes it",
	} {
		if _, err := x.fs.Stat(x.path(name)); err == nil {
			x.find(Finding{File: name, Severity: Note, What: what})
		}
	}
}
