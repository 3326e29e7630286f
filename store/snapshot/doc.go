// Package snapshot keeps named copies of a whole store, all services included:
// on disk as data folders of hard links beside the database, in memory as
// images. Both are exported to and imported from one form of file, described
// at archive.go. docs/snapshots.md says what users may rely on.
package snapshot

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"sluice/store"
)

// Document describes a snapshot. It is stored and shown in this form.
type Document struct {
	Name string `json:"name"`
	// Created is when it was made, by the machine's clock.
	Created time.Time `json:"created"`
	// ServiceTime is service time at that moment.
	ServiceTime time.Time `json:"serviceTime"`
	// Bytes is about what it holds: files on disk, keys and values in memory.
	Bytes int64 `json:"bytes"`
	// Format is the version of the layout of what it holds.
	Format int `json:"format"`
}

// Shelf is where snapshots are. Methods may be called concurrently.
type Shelf interface {
	// Save copies a store that is open and goes on. What the document says
	// about times is asked for when the copy is there.
	Save(st *store.Store, name string, times func() (created, service time.Time)) (Document, error)
	// List returns all, by name.
	List() ([]Document, error)
	// Delete removes one.
	Delete(name string) (Document, error)
	// Stage makes one ready to be restored. See Staged.
	Stage(name string) (Staged, error)
	Archive
}

// Archive moves snapshots in and out of files.
type Archive interface {
	// Export writes one as a file.
	Export(name string, w io.Writer) error
	// Import reads a file and keeps what it holds under a name. Should it fail,
	// nothing is left of it.
	Import(name string, r io.Reader) (Document, error)
}

// Staged is a copy of a snapshot about to take the place of the state in use.
type Staged interface {
	// Document is that of the snapshot.
	Document() Document
	// Adjust changes the copy before it is used.
	Adjust(change func(*store.Store) error) error
	// Open puts the copy in the place of the state in use, which must be
	// closed, and opens it.
	Open() (*store.Store, error)
	// TakeBack undoes Open. What Open gave must be closed.
	TakeBack() error
	// Drop frees what is not needed any more: the state that was replaced, or
	// the copy if it was not used. The snapshot stays.
	Drop() error
}

// MaxCount is how many snapshots a shelf holds.
const MaxCount = 100

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Kind says what went wrong, for answers.
type Kind int

// The kinds of errors.
const (
	// BadName: no snapshot can be called that.
	BadName Kind = iota
	// NotFound: there is none of that name.
	NotFound
	// Exists: the name is taken.
	Exists
	// TooMany: there are MaxCount already.
	TooMany
	// BadFile: a file that is imported is damaged or something else.
	BadFile
	// NewerFile: a later version wrote the file.
	NewerFile
	// NoSpace: the disk is full.
	NoSpace
)

// Error is what a user has to know and can do something about.
type Error struct {
	Kind            Kind
	Message, Advice string
	Err             error
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Hint says what to do next.
func (e *Error) Hint() string { return e.Advice }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

func checkName(name string) error {
	if nameForm.MatchString(name) {
		return nil
	}
	return &Error{Kind: BadName, Message: fmt.Sprintf("%q cannot be the name of a snapshot", name),
		Advice: "a name has 1 to 64 letters, digits, dots, hyphens and underscores, and begins with a letter or digit"}
}

func notFound(name string) error {
	return &Error{Kind: NotFound, Message: "there is no snapshot " + name, Advice: "GET /_sluice/snapshots lists them"}
}

// checkFree reports why a name cannot be given to a new snapshot.
func checkFree(name string, all []Document) error {
	for _, d := range all {
		if d.Name == name {
			return &Error{Kind: Exists, Message: "there is a snapshot " + name + " already", Advice: "delete it first, or choose another name"}
		}
	}
	if len(all) >= MaxCount {
		return &Error{Kind: TooMany, Message: fmt.Sprintf("there are %d snapshots already", len(all)), Advice: "delete some first"}
	}
	return nil
}

// explain gives a full disk its advice.
func explain(err error) error {
	if errors.Is(err, store.ErrFull) {
		return &Error{Kind: NoSpace, Message: "there is not enough space on the disk", Advice: "make room and try again", Err: err}
	}
	return err
}
