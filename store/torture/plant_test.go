package torture

import (
	"context"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/log"
)

// plant breaks a law on purpose. A nil one breaks none.
type plant struct {
	name  string
	found string // what is said when it is found
	disk  bool   // durability is "disk"
	// process says that it is "process", deaf that the store is not told of starts
	// of the machine.
	process, deaf bool
	// never is that of a forgetful disk.
	never bool
	// layout is what records are kept in.
	layout int
	fs     func(vfs.FS) vfs.FS
	log    func(log.Log, *world) log.Log
}

func plants() []plant {
	return []plant{
		{name: "syncs of the log are skipped", disk: true, fs: lying(".log"), found: "missing|should be|open"},
		{name: "syncs of bodies are skipped", disk: true, fs: lying("bodies"), found: "body"},
		{name: "syncs of manifests are skipped", disk: true, fs: lying("MANIFEST"), found: "missing|should be|open"},
		{name: "a record is dropped", found: "given again|is missing|should be", log: func(l log.Log, _ *world) log.Log { return &dropping{Log: l} }},
		{name: "a record comes twice", found: "should not be there|should be", log: func(l log.Log, _ *world) log.Log { return &doubling{Log: l} }},
		{name: "a number is given twice", found: "given again|should be", log: func(l log.Log, _ *world) log.Log { return &reusing{Log: l} }},
		{name: "a record is seen early", disk: true, found: "missing", log: func(l log.Log, w *world) log.Log { return &hasty{Log: l, world: w} }},
	}
}

func (p *plant) disturb(fs vfs.FS) vfs.FS {
	if p == nil || p.fs == nil {
		return fs
	}
	return p.fs(fs)
}

func (p *plant) wrap(l log.Log, w *world) log.Log {
	if p == nil || p.log == nil {
		return l
	}
	return p.log(l, w)
}

// lying is a disk that says it has synced files of some names and has not.
func lying(part string) func(vfs.FS) vfs.FS {
	return func(fs vfs.FS) vfs.FS { return &liar{FS: fs, part: part} }
}

type liar struct {
	vfs.FS
	part string
}

// OpenReadWrite implements vfs.FS.
func (l *liar) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := l.FS.OpenReadWrite(name, c, o...)
	if err != nil || !strings.Contains(name, l.part) {
		return f, err
	}
	return unsynced{f}, nil
}

// Unwrap implements vfs.FS.
func (l *liar) Unwrap() vfs.FS { return l.FS }

// Create implements vfs.FS.
func (l *liar) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.Create(name, c)
	if err != nil || !strings.Contains(name, l.part) {
		return f, err
	}
	return unsynced{f}, nil
}

// ReuseForWrite implements vfs.FS.
func (l *liar) ReuseForWrite(from, to string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := l.FS.ReuseForWrite(from, to, c)
	if err != nil || !strings.Contains(to, l.part) {
		return f, err
	}
	return unsynced{f}, nil
}

type unsynced struct{ vfs.File }

func (unsynced) Sync() error                { return nil }
func (unsynced) SyncData() error            { return nil }
func (unsynced) SyncTo(int64) (bool, error) { return false, nil }

// dropping leaves a record out of a batch, and says it is there.
type dropping struct{ log.Log }

func (d *dropping) Append(ctx context.Context, batch []log.Entry) (log.Commit, error) {
	if len(batch) < 3 {
		return d.Log.Append(ctx, batch)
	}
	c, err := d.Log.Append(ctx, batch[:len(batch)-1])
	if err != nil {
		return nil, err
	}
	placed := append([]log.Placed(nil), c.Placed()...)
	last := placed[len(placed)-1]
	last.Position += 100
	return &told{Commit: c, placed: append(placed, last)}, nil
}

// told is a commit that says something else about its records.
type told struct {
	log.Commit
	placed []log.Placed
}

func (t *told) Placed() []log.Placed { return t.placed }

// doubling writes a batch twice.
type doubling struct{ log.Log }

func (d *doubling) Append(ctx context.Context, batch []log.Entry) (log.Commit, error) {
	if len(batch) == 3 {
		if _, err := d.Log.Append(ctx, batch[:1]); err != nil {
			return nil, err
		}
	}
	return d.Log.Append(ctx, batch)
}

// reusing tells of two records that they have the same number.
type reusing struct{ log.Log }

func (r *reusing) Append(ctx context.Context, batch []log.Entry) (log.Commit, error) {
	c, err := r.Log.Append(ctx, batch)
	if err != nil || len(batch) != 2 {
		return c, err
	}
	placed := append([]log.Placed(nil), c.Placed()...)
	placed[0].Position -= placed[0].Position % 2
	return &told{Commit: c, placed: placed}, nil
}

// hasty shows records before they are durable.
type hasty struct {
	log.Log
	world *world
}

func (h *hasty) Append(ctx context.Context, batch []log.Entry) (log.Commit, error) {
	c, err := h.Log.Append(ctx, batch)
	if err == nil {
		h.world.note(string(batch[0].Data))
	}
	return c, err
}
