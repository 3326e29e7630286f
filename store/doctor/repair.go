package doctor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2"

	"sluice/store"
	"sluice/store/log/pebblelog"
)

const (
	// stagedDir is where a new database is made.
	stagedDir = "repair.tmp"
	// damagedDir keeps what was replaced.
	damagedDir = "damaged"
)

// blindJump is how far a log goes on when nobody knows where it ended: more
// records than anybody writes to a shard between two examinations.
const blindJump = 1 << 32

// repair repairs what it can, the folder's own database last.
func (x *examination) repair() error {
	for _, name := range x.broken {
		if err := x.moveAway(x.fs.PathJoin(snapshotsDir, name), name); err != nil {
			return fmt.Errorf("move snapshot %s away: %w", name, err)
		}
		x.report.Repaired = append(x.report.Repaired, fmt.Sprintf("moved the damaged snapshot %s to %s", name, damagedDir))
	}
	if x.newer {
		return fmt.Errorf("%w: a later version wrote it", ErrHopeless)
	}
	if x.main.hopeless != nil {
		return fmt.Errorf("%w: %s; %s", ErrHopeless, oneLine(x.main.hopeless), hopelessHint)
	}
	if x.unlabelled {
		// Nobody knows what was promised. The weaker promise lets the next start
		// bear a torn log.
		if err := store.WriteLabel(x.fs, x.dir, store.Format, store.Process); err != nil {
			return err
		}
		x.report.Repaired = append(x.report.Repaired, "wrote "+store.FormatFile+" anew")
	}
	if !x.needsCopy() {
		return nil
	}
	if err := x.rewrite(); err != nil {
		return fmt.Errorf("write a new database: %w", err)
	}
	return nil
}

// needsCopy reports whether files of the folder's own database are damaged.
func (x *examination) needsCopy() bool {
	return slices.ContainsFunc(x.report.Findings, func(f Finding) bool {
		return f.Severity == Damage && (f.File == store.DatabaseDir || x.fs.PathDir(f.File) == store.DatabaseDir)
	}) || len(x.main.beside) > 0
}

// moveAway keeps something under damaged.
func (x *examination) moveAway(from, name string) error {
	if err := x.fs.MkdirAll(x.path(damagedDir), 0o755); err != nil {
		return err
	}
	for n := 1; ; n++ {
		to := x.path(damagedDir, fmt.Sprint(name, "-", n))
		if _, err := x.fs.Stat(to); oserror.IsNotExist(err) {
			if err := x.fs.Rename(x.path(from), to); err != nil {
				return err
			}
			return errors.Join(store.SyncFolder(x.fs, x.path(damagedDir)), store.SyncFolder(x.fs, x.fs.PathDir(x.path(from))))
		}
	}
}

// rewrite makes a new database of all that can be read, and exchanges the two
// as a restore does. Cut short at any moment it leaves the old or the new.
func (x *examination) rewrite() error {
	staged := x.path(stagedDir)
	if err := x.fs.RemoveAll(staged); err != nil && !oserror.IsNotExist(err) {
		return err
	}
	_, durability, err := store.ReadLabel(x.fs, x.dir)
	if err != nil {
		return err
	}
	o := store.Options{
		Dir: staged, FS: x.fs, Durability: durability, Now: func() time.Time { return time.Time{} },
		CacheBytes: 1 << 20, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if err := x.fill(o); err != nil {
		return errors.Join(err, x.fs.RemoveAll(staged))
	}
	if err := store.LinkBodies(x.fs, x.path(store.DatabaseDir), x.fs.PathJoin(staged, store.DatabaseDir)); err != nil {
		return err
	}
	if _, err := store.Exchange(x.fs, x.dir, staged); err != nil {
		return err
	}
	if err := x.moveAway(store.ReplacedDir, store.DatabaseDir); err != nil {
		return err
	}
	x.report.Repaired = append(x.report.Repaired,
		fmt.Sprintf("wrote a new database of what can be read; the old one is in %s", damagedDir))
	if x.main.losses.blind {
		x.report.Repaired = append(x.report.Repaired, fmt.Sprintf("every shard goes on %d places behind what can be read of it, since nobody knows what came then", int64(blindJump)))
	}
	return x.fs.RemoveAll(staged)
}

// fill writes all that can be read into a new folder.
func (x *examination) fill(o store.Options) error {
	db, err := x.openView(x.main)
	if err != nil {
		return err
	}
	defer func() { _ = closeView(db) }() // what it says has been found before
	st, err := store.Open(o)
	if err != nil {
		return err
	}
	err = x.copyPairs(db, st.Fill())
	return errors.Join(err, st.Close())
}

// copyPairs copies what can be read, and makes anew what leads to records.
func (x *examination) copyPairs(db *pebble.DB, to *store.Filler) error {
	l, rebuild := x.main.losses, &pebblelog.Rebuild{}
	whole := pebblelog.NewWhole(x.fs, x.path(x.main.dir))
	defer func() { _ = whole.Close() }() // it was only read
	uses := x.keepers(to.Add)
	_, err := readAll(db, func(key, value []byte) error {
		if l.keys[string(key)] {
			return nil
		}
		value, keep, err := whole.Row(key, value)
		if err != nil || !keep {
			return err
		}
		if at := bytes.IndexByte(key, 0); at > 0 {
			rebuild.See(key[:at+1], key[at+1:])
		}
		if key[0] == 'l' {
			raised, err := l.raise(key, value, rebuild.End(key))
			if err != nil {
				return err
			}
			value = raised
		}
		if err := keepUses(uses, key, value); err != nil {
			return err
		}
		return to.Add(key, value)
	}, newLosses())
	if err == nil {
		err = rebuild.Missing(blindJump, to.Add)
	}
	if err != nil {
		return err
	}
	return to.Flush()
}

// raise moves the end of a log behind records that were lost, so that their
// numbers are not given again. known is the position behind the blocks that are
// left, for the row of a log that was never trimmed to its end says less.
func (l *losses) raise(key, row []byte, known int64) ([]byte, error) {
	end := l.ends[string(key)]
	if l.blind || len(key) > 4 && l.blindOf[string(key[:len(key)-4])] {
		now, err := pebblelog.RowEnd(row)
		if err != nil {
			return nil, err
		}
		end = max(end, max(now, known)+blindJump)
	}
	return pebblelog.RaiseEnd(row, end)
}
