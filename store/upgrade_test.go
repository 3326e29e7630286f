package store

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store/engine"
	"sluice/store/kv"
)

func apply(_ []byte, c kv.Command) ([]byte, error) { return c.Body, nil }

// rewrite is an upgrade that changes the state of every entity of a catalog,
// from one known text to the next.
func rewrite(from, to string) upgrade {
	return func(e *engine.Engine) error {
		b, err := e.NewBatch(64)
		if err != nil {
			return err
		}
		if err := b.Set([]byte("croom\x00k"), append([]byte{1}, to...), nil); err != nil {
			return err
		}
		return b.Submit(func(error) {}).Wait()
	}
}

// TestUpgrade walks a planted folder of format 1 through two made-up steps.
// The first run is cut short within the second step.
func TestUpgrade(t *testing.T) {
	dir := t.TempDir()
	o := Options{Dir: dir, Now: func() time.Time { return time.UnixMilli(0) }}
	s, err := Open(o)
	require.NoError(t, err)
	_, err = s.Catalog("room", apply).Propose(t.Context(), kv.Command{Key: "k", Body: []byte("one")})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	require.NoError(t, (&folder{fs: vfs.Default, dir: dir}).write(label{format: 1, durability: Disk}))

	cut := errors.New("cut short")
	ran := []string{}
	step := func(name string, u upgrade) upgrade {
		return func(e *engine.Engine) error { ran = append(ran, name); return u(e) }
	}
	up := func(steps ...upgrade) error {
		f, err := openFolder(vfs.Default, dir)
		require.NoError(t, err)
		defer f.close()
		from := label{format: readFormat(t, f), durability: Disk}
		e, err := engine.Open((&Store{options: o}).engineConfig(f, from))
		require.NoError(t, err)
		defer e.Close()
		return f.upgradeFrom(e, from, steps)
	}
	first := step("1", rewrite("one", "two"))
	err = up(first, step("2", func(*engine.Engine) error { return cut }))
	require.ErrorIs(t, err, cut)
	require.ErrorContains(t, err, "upgrade from format 2")
	require.NoError(t, up(first, step("2", rewrite("two", "three"))))
	require.NoError(t, up(first, step("2", rewrite("two", "three"))), "nothing is left to do")
	assert.Equal(t, []string{"1", "2", "2"}, ran)

	f := &folder{fs: vfs.Default, dir: dir}
	assert.Equal(t, 3, readFormat(t, f))
	require.NoError(t, f.write(label{format: Format, durability: Process})) // so that this program reads it
	assert.Equal(t, "three", state(t, dir))
	assert.Equal(t, "one", state(t, filepath.Join(dir, "before-upgrade-1")), "the snapshot has the folder as it was")
	require.NoError(t, (&folder{fs: vfs.Default, dir: filepath.Join(dir, "before-upgrade-2")}).write(label{format: Format, durability: Process}))
	assert.Equal(t, "two", state(t, filepath.Join(dir, "before-upgrade-2")))
}

// readFormat reads the format without minding how new it is.
func readFormat(t *testing.T, f *folder) int {
	t.Helper()
	b, err := readFile(f.fs, f.path(formatFile))
	require.NoError(t, err)
	lines := strings.Split(string(b), "\n")
	n, err := strconv.Atoi(lines[1][len(formatLine):])
	require.NoError(t, err)
	return n
}

func state(t *testing.T, dir string) string {
	t.Helper()
	s, err := Open(Options{Dir: dir, Now: time.Now})
	require.NoError(t, err)
	defer s.Close()
	v, err := s.Catalog("room", apply).Get(t.Context(), "k")
	require.NoError(t, err)
	return string(v.State)
}

// TestSnapshotCutShort checks that a snapshot without a format file, which a
// crash left half made, is made anew before anything is changed.
func TestSnapshotCutShort(t *testing.T) {
	mem := vfs.NewMem()
	o := Options{Dir: "data", FS: mem, Now: func() time.Time { return time.UnixMilli(0) }}
	s, err := Open(o)
	require.NoError(t, err)
	require.NoError(t, mem.MkdirAll("data/before-upgrade-1/pebble", 0o755))
	require.NoError(t, s.folder.snapshot(s.engine, label{format: 1}))
	require.NoError(t, s.folder.snapshot(s.engine, label{format: 1}), "one that is whole is left alone")
	require.NoError(t, s.Close())
	o.Dir = "data/before-upgrade-1"
	s, err = Open(o)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}
