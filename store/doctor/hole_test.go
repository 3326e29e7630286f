package doctor

import (
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/wal"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/engine"
	"sluice/store/kv"
	"sluice/store/log/logtest"
)

// TestHoleOfAKill: of a folder that a kill has left the log has a hole in its last
// 32 KiB, of each kind that a reader takes for the end. It is damage, the start is
// refused, and a repair keeps what precedes it. After a power failure it may be what
// that has left.
func TestHoleOfAKill(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		for what, change := range map[string]func(chunk []byte){
			"a bit of the content": func(c []byte) { c[60] ^= 1 },
			"the kind":             func(c []byte) { c[6] = 0x55 },
			"the log's number":     func(c []byte) { c[8] ^= 1 },
			"the length":           func(c []byte) { c[5] ^= 0x80 },
			"all of it":            func(c []byte) { clear(c[:100]) },
		} {
			t.Run(fmt.Sprint(durability, " ", what), func(t *testing.T) {
				p, mem := emptyPatient(1), vfs.NewCrashableMem()
				p.options.Dir, p.options.FS, p.options.Durability = "data", mem, durability
				s, err := store.Open(p.options)
				require.NoError(t, err)
				for n := range 20 {
					b := &kv.Batch{}
					b.Set([]byte(fmt.Sprintf("k%02d", n)), make([]byte, 100))
					require.NoError(t, s.Space("a").Commit(ctx, b))
				}
				left := logtest.AfterKill(mem, p.dice)
				require.NoError(t, s.Close())
				logs, err := wal.Scan(wal.Dir{FS: left, Dirname: "data/" + store.DatabaseDir})
				require.NoError(t, err)
				_, path := logs[len(logs)-1].SegmentLocation(0)
				f, err := left.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
				require.NoError(t, err)
				log := make([]byte, 32<<10)
				n, _ := f.ReadAt(log, 0)
				log = log[:n]
				at := 0
				for range 10 { // over as many chunks
					at += 19 + int(log[at+4]) + int(log[at+5])<<8
				}
				change(log[at:])
				_, err = f.WriteAt(log, 0)
				require.NoError(t, err)
				require.NoError(t, f.Close())

				r, err := Examine(Options{Dir: "data", FS: left, Boot: "another one"})
				require.NoError(t, err)
				require.False(t, r.Damaged(), "%+v", r.Findings)
				require.NotEmpty(t, r.Findings)
				r, err = Examine(Options{Dir: "data", FS: left, Boot: boot})
				require.NoError(t, err)
				require.True(t, r.Damaged())
				require.Contains(t, r.Findings[0].File, left.PathBase(path))
				o := p.options
				o.FS = left
				_, err = store.Open(o)
				require.ErrorIs(t, err, engine.ErrDamaged)

				_, err = Repair(Options{Dir: "data", FS: left, Boot: boot})
				require.NoError(t, err)
				r, err = Examine(Options{Dir: "data", FS: left, Boot: boot})
				require.NoError(t, err)
				require.Empty(t, r.Findings)
				s, err = store.Open(o)
				require.NoError(t, err)
				_, there, err := s.Space("a").Get(ctx, []byte("k03"))
				require.NoError(t, err)
				require.True(t, there)
				require.NoError(t, s.Close())
			})
		}
	}
}
