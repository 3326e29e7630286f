package replace

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A recorder notes what is done, and fails at one step.
type recorder struct {
	done  []string
	fails string
}

var errDisk = errors.New("the disk has failed")

func (r *recorder) note(what string) error {
	r.done = append(r.done, what)
	if what == r.fails {
		return errDisk
	}
	return nil
}

func (r *recorder) write(path string, _ []byte, _ os.FileMode) error { return r.note("write " + path) }
func (r *recorder) rename(from, to string) error                     { return r.note("rename " + from + " " + to) }
func (r *recorder) syncDir(dir string) error                         { return r.note("sync " + dir) }

// The content is kept before the name, and nothing is done after a step that failed.
func TestOrder(t *testing.T) {
	path := filepath.Join("d", "f")
	steps := []string{"write " + path + Suffix, "rename " + path + Suffix + " " + path, "sync d"}
	for i, fails := range append(steps, "") {
		r := &recorder{fails: fails}
		err := file(r, path, nil, 0o600)
		if fails == "" {
			require.NoError(t, err)
			require.Equal(t, steps, r.done)
			continue
		}
		require.ErrorIs(t, err, errDisk)
		require.Equal(t, steps[:i+1], r.done)
	}
}

func TestFile(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "d")
	for range 2 {
		require.NoError(t, Folder(folder, 0o700))
	}
	path := filepath.Join(folder, "f")
	for _, content := range []string{"one", "a longer one", ""} {
		require.NoError(t, File(path, []byte(content), 0o600))
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, content, string(b))
		require.NoFileExists(t, path+Suffix)
	}
	require.NoError(t, os.Mkdir(path+Suffix, 0o700))
	require.Error(t, File(path, []byte("no"), 0o600))
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, b)
	require.NoError(t, Remove(path))
	require.NoFileExists(t, path)
	require.NoError(t, Remove(path))
	require.Error(t, File(filepath.Join(path, "g"), nil, 0o600))
}
