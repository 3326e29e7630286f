package engine

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cockroachdb/errors/oserror"
)

// errNoManifest means that a checkpoint came out without its list of tables.
var errNoManifest = errors.New("the manifest of the checkpoint is empty")

// Checkpoint makes a copy of the database in a folder that does not exist
// yet, by hard links where that is possible; logs are copied.
//
// Pebble copies as much of its manifest as it has written since it was opened.
// That is nothing when it found no log at its start, as a process leaves it
// that dies between opening the database and beginning a log, and has not
// written tables since. Then something is written, and it copies again.
func (e *Engine) Checkpoint(dir string) error {
	if err := e.Admit(4 * int(e.config.MemTableBytes)); err != nil {
		return err
	}
	err := e.checkpoint(dir)
	if errors.Is(err, errNoManifest) {
		if err = e.config.FS.RemoveAll(dir); err == nil {
			err = e.stir()
		}
		if err == nil {
			err = e.checkpoint(dir)
		}
	}
	return classify(err)
}

func (e *Engine) checkpoint(dir string) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if err := e.usable(); err != nil {
		return err
	}
	// After a failure, whoever had it, changes to the disk are swallowed: what
	// looks like a checkpoint may be none.
	err := e.db.Checkpoint(dir)
	if failure := e.guard.failure(); failure != nil {
		err = failure
	}
	if err != nil {
		return err
	}
	if err := e.checkManifest(dir); err != nil {
		return err
	}
	return writeSeal(e.config.FS, dir)
}

// checkManifest finds out whether a checkpoint has a manifest with something in it.
func (e *Engine) checkManifest(dir string) error {
	names, err := e.config.FS.List(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasPrefix(name, "MANIFEST-") {
			continue
		}
		info, err := e.config.FS.Stat(e.config.FS.PathJoin(dir, name))
		if err != nil && !oserror.IsNotExist(err) {
			return err
		}
		if err == nil && info.Size() > 0 {
			return nil
		}
	}
	return errNoManifest
}

// stir writes a table, and thereby a manifest: of the removal of a key that
// nobody has, for there are none of that kind.
func (e *Engine) stir() error {
	b, err := e.NewBatch(16)
	if err != nil {
		return err
	}
	if err := b.Delete([]byte{0}, nil); err != nil {
		return err
	}
	if err := b.Submit(func(error) {}).Wait(); err != nil {
		return err
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if err := e.usable(); err != nil {
		return err
	}
	done, err := e.db.AsyncFlush()
	if err != nil {
		return fmt.Errorf("write a manifest: %w", err)
	}
	select {
	case <-done:
	case <-e.guard.failed: // who writes tables then waits for whoever has e.mu
	}
	return e.guard.failure()
}
