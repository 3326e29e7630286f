package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// TestDamage: files of values that were cut short or overwritten are never
// served; the read fails, the health says why, and the store closes.
func TestDamage(t *testing.T) {
	damages := map[string]func(t *testing.T, file string, size int64){
		"cut short": func(t *testing.T, file string, size int64) { require.NoError(t, os.Truncate(file, size/3)) },
		"zeroed": func(t *testing.T, file string, size int64) {
			f, err := os.OpenFile(file, os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.WriteAt(make([]byte, size/2), size/4)
			require.NoError(t, err)
			require.NoError(t, f.Close())
		},
		"missing": func(t *testing.T, file string, _ int64) { require.NoError(t, os.Remove(file)) },
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			dir, clock := t.TempDir(), logtest.NewClock()
			o := options(nil, store.Process, clock.Now)
			o.FS, o.Dir = nil, dir
			id := log.ID{Stream: 1}
			s := open(t, o)
			require.NoError(t, s.Log("test").Create(ctx, []log.ID{id}))
			data := make([]byte, 2000)
			for range 2000 {
				c, err := s.Log("test").Append(ctx, []log.Entry{{Log: id, PartitionKey: "k", Data: data}})
				require.NoError(t, err)
				require.NoError(t, c.Wait())
			}
			for range 2 { // opening writes out what the log still holds
				require.NoError(t, s.Close())
				s = open(t, o)
			}
			require.NoError(t, s.Close())
			files, err := filepath.Glob(filepath.Join(dir, "pebble", "*.blob"))
			require.NoError(t, err)
			require.NotEmpty(t, files)
			for _, file := range files {
				info, err := os.Stat(file)
				require.NoError(t, err)
				damage(t, file, info.Size())
			}
			s, err = store.Open(o)
			if err != nil {
				t.Log("refused at the start:", err)
				return
			}
			_, err = s.Log("test").Read(ctx, id, 0, log.Limit{Records: 10000, Bytes: 1 << 30, Before: 1 << 62})
			assert.Error(t, err)
			assert.Error(t, s.Health().Err)
			assert.NotPanics(t, func() { _ = s.Close() })
		})
	}
}
