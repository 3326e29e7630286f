package doctor

import (
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/blob"
	"sluice/store/log/logtest"
)

// TestUnfinishedBody: a body that was being written when the process was killed,
// whose end is missing, is nobody's: that is no damage.
func TestUnfinishedBody(t *testing.T) {
	p, mem := emptyPatient(1), vfs.NewCrashableMem()
	p.options.Dir, p.options.FS = "data", mem
	s, err := store.Open(p.options)
	require.NoError(t, err)
	bodies, err := s.Bodies("things")
	require.NoError(t, err)
	draft, err := bodies.Create(100 << 10)
	require.NoError(t, err)
	_, err = draft.Write(make([]byte, 100<<10))
	require.NoError(t, err)
	id, err := draft.Keep()
	require.NoError(t, err)
	left := logtest.AfterKill(mem, p.dice)
	require.NoError(t, s.Close())
	path := left.PathJoin("data", store.DatabaseDir, store.BodiesDir, "things", blob.FileOf(left, id))
	f, err := left.Create(path, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = f.Write(make([]byte, 50<<10))
	require.NoError(t, err)
	require.NoError(t, f.Close())
	report, err := Examine(Options{Dir: "data", FS: left, Boot: boot})
	require.NoError(t, err)
	require.False(t, report.Damaged(), "%v", report.Findings)
	require.Len(t, report.Findings, 1)
	require.Equal(t, Note, report.Findings[0].Severity)
}
