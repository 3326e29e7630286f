package store_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/require"

	"sluice/internal/torture"
	"sluice/store"
	"sluice/store/engine"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// chosen is a disk some of whose files are special.
type chosen struct {
	vfs.FS
	is   func(path string) bool
	wrap func(fs vfs.FS, path string, f vfs.File) vfs.File
}

func (c chosen) file(path string, f vfs.File, err error) (vfs.File, error) {
	if err == nil && c.is(path) {
		f = c.wrap(c.FS, path, f)
	}
	return f, err
}

// Create implements vfs.FS.
func (c chosen) Create(path string, w vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := c.FS.Create(path, w)
	return c.file(path, f, err)
}

// OpenReadWrite implements vfs.FS.
func (c chosen) OpenReadWrite(path string, w vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := c.FS.OpenReadWrite(path, w, o...)
	return c.file(path, f, err)
}

// eager is a disk whose kernel writes out the log at once, and all else as late as
// it may.
func eager(fs vfs.FS) vfs.FS {
	return chosen{fs, func(path string) bool { return strings.HasSuffix(path, ".log") }, func(fs vfs.FS, path string, f vfs.File) vfs.File {
		_ = engine.SyncDir(fs, fs.PathDir(path))
		return eagerFile{f}
	}}
}

type eagerFile struct{ vfs.File }

// Write implements vfs.File.
func (f eagerFile) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	if err == nil {
		err = f.File.Sync()
	}
	return n, err
}

// forgetful is a disk that leaves out syncs of what is beside the database.
func forgetful(fs vfs.FS) vfs.FS {
	beside := func(path string) bool { return strings.Contains(path, "/records/") || strings.Contains(path, "/ring/") }
	return chosen{eager(fs), beside, func(_ vfs.FS, _ string, f vfs.File) vfs.File { return forgetfulFile{f} }}
}

type forgetfulFile struct{ vfs.File }

// Sync implements vfs.File.
func (forgetfulFile) Sync() error { return nil }

// SyncData implements vfs.File.
func (forgetfulFile) SyncData() error { return nil }

// TestCrashEager: a clean prefix is left also when the log is there to its last
// byte, and of its payload only what was synced.
func TestCrashEager(t *testing.T) {
	eachLayout(t, func(t *testing.T, l layout) {
		l.disk = eager
		h, all := moments(t, store.Process, func(n int) int { return n % 3 * 20 }, l)
		short := 0
		for i, m := range all {
			found := m.inspect(t, h, store.Process)
			require.True(t, isPrefix(found), "moment %d: %v", i, found)
			short += lost(found, m.acked)
		}
		t.Logf("%d moments, %d writes lost, as they may be", len(all), short)
	})
}

// wrong tells whether a moment is not as it should be.
func (m moment) wrong(t *testing.T, h *history, boot string) bool {
	return len(torture.SeenBy(t, func(v *torture.Verdict) {
		o := options(m.fs, store.Process, logtest.NewClock().Now)
		o.Boot = boot
		s, err := store.Open(o)
		require.NoError(v, err)
		defer func() { _ = s.Close() }()
		require.True(v, isPrefix(h.present(v, s)))
	})) > 0
}

// TestCrashPlanted proves that the harness sees what is there to be seen: it
// fails when payload is not synced before tables, and when the log is not cut.
func TestCrashPlanted(t *testing.T) {
	for what, plant := range map[string]struct {
		disk func(fs vfs.FS) vfs.FS
		boot string
	}{
		"payload is not synced": {disk: forgetful},
		"the log is not cut":    {disk: eager, boot: "the same all the time"},
	} {
		t.Run(what, func(t *testing.T) {
			l := layouts()["mixed"]
			l.disk, l.boot = plant.disk, plant.boot
			h, all := moments(t, store.Process, func(int) int { return 20 }, l)
			wrong := 0
			for _, m := range all {
				if m.wrong(t, h, l.boot) {
					wrong++
				}
			}
			t.Logf("%d of %d moments are wrong", wrong, len(all))
			require.Positive(t, wrong)
		})
	}
}

// TestNothingCompared: payload is read at a start only if a power failure can have
// been since the last one, and not after a close in order.
func TestNothingCompared(t *testing.T) {
	d, clock := newDisk(), logtest.NewClock()
	o := options(d.fs, store.Process, clock.Now)
	o.Boot, o.Coarse = "one", filed(1)
	s := open(t, o)
	ids := []log.ID{{Stream: 1}}
	require.NoError(t, s.Log("test").Create(ctx, ids))
	require.NoError(t, put(s.Log("test"), "text", ids...))
	killed := d.afterKill()
	require.NoError(t, s.Close())
	for what, start := range map[string]struct {
		mem  *vfs.MemFS
		boot string
		read bool
	}{
		"killed":                    {killed, "one", false},
		"killed, machine restarted": {killed, "two", true},
		"closed":                    {d.mem, "one", false},
		"closed, machine restarted": {d.mem, "two", false},
	} {
		t.Run(what, func(t *testing.T) {
			left := start.mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: d.dice})
			var read atomic.Bool
			o.FS, o.Boot = injected(left, func(op errorfs.Op) error {
				if op.Kind == errorfs.OpFileReadAt && strings.Contains(op.Path, "/records/") {
					read.Store(true)
				}
				return nil
			}), start.boot
			s := open(t, o)
			require.Equal(t, start.read, read.Load())
			require.NoError(t, s.Close())
		})
	}
}
