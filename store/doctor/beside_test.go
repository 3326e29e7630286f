package doctor

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

// bundlesOf is how many appends of scatter wait in a ring.
const bundlesOf = 4

// scatter appends a record each to many logs, a few times, and returns what a
// kill leaves then: a ring with bundles.
func scatter(t *testing.T) (*patient, *vfs.MemFS) {
	p, mem := emptyPatient(1), vfs.NewCrashableMem()
	p.options.Dir, p.options.FS = "data", mem
	s, err := store.Open(p.options)
	require.NoError(t, err)
	var ids []log.ID
	for i := range uint32(64) {
		ids = append(ids, log.ID{Stream: 1, Shard: i})
		p.records[ids[i]] = map[int64]string{}
	}
	require.NoError(t, s.Log("test").Create(ctx, ids))
	for range bundlesOf {
		var batch []log.Entry
		for _, id := range ids {
			batch = append(batch, log.Entry{Log: id, PartitionKey: "k", Data: []byte(text(fmt.Sprint(p.dice.Uint64()), 500))})
		}
		c, err := s.Log("test").Append(ctx, batch)
		require.NoError(t, err)
		require.NoError(t, c.Wait())
		for i, placed := range c.Placed() {
			p.records[ids[i]][placed.Position] = string(batch[i].Data)
			p.ends[ids[i]] = placed.Position + 1
		}
	}
	left := logtest.AfterKill(mem, rand.New(rand.NewPCG(1, 1)))
	require.NoError(t, s.Close())
	p.options.FS = left
	return p, left
}

// open returns what is there after an opening and a closing.
func (p *patient) open(t *testing.T) outcome {
	s, err := store.Open(p.options)
	require.NoError(t, err)
	o, err := p.read(s)
	require.NoError(t, err)
	require.NoError(t, p.goOn(s))
	require.NoError(t, s.Close())
	return o
}

// TestKilledWithBundles: with what a killed process has left in its ring nothing
// is wrong, and a repair of something else keeps it.
func TestKilledWithBundles(t *testing.T) {
	p, left := scatter(t)
	r, err := Examine(Options{Dir: "data", FS: left, Boot: boot})
	require.NoError(t, err)
	require.Empty(t, r.Findings)
	require.NoError(t, left.Remove("data/FORMAT"))
	table, err := left.Create("data/pebble/000099.log", vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	_, err = table.Write(bytes.Repeat([]byte("x"), 100))
	require.NoError(t, err)
	require.NoError(t, table.Close())
	_, err = Repair(Options{Dir: "data", FS: left, Boot: boot})
	require.NoError(t, err)
	require.Equal(t, outcome{}, p.open(t))
}

// TestDamagedRing: bundles whose ring does not hold them are lost; the ring is
// named, and so are their records as far as they are legible. A repair keeps the
// others, and gives no number again.
func TestDamagedRing(t *testing.T) {
	change := func(at int64, b []byte) func(fs vfs.FS, path string) error {
		return func(fs vfs.FS, path string) error {
			f, err := fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
			if err != nil {
				return err
			}
			if _, err := f.WriteAt(b, at); err != nil {
				return err
			}
			return f.Close()
		}
	}
	for name, test := range map[string]struct {
		damage func(fs vfs.FS, path string) error
		how    string
		lines  int // of what is lost
		lost   int // records of each log
		first  string
	}{
		"a payload": {change(1000, []byte("?")), "is damaged: 1 pieces", 64, 1, "records 0 of log 1/0 of test"},
		"heads":     {change(0, make([]byte, 100)), "is damaged: 1 pieces", 1, 1, "an append to many logs of stream 1 of test, 1 times"},
		"emptied":   {func(fs vfs.FS, path string) error { return emptied(fs, path) }, "is cut short: it has 0 bytes", 1, bundlesOf, "an append to many logs of stream 1 of test, 4 times"},
		"missing":   {func(fs vfs.FS, path string) error { return fs.Remove(path) }, "is missing", 1, bundlesOf, "an append to many logs of stream 1 of test, 4 times"},
	} {
		t.Run(name, func(t *testing.T) {
			p, left := scatter(t)
			require.NoError(t, test.damage(left, "data/pebble/ring/test/1"))
			r, err := Repair(Options{Dir: "data", FS: left, Boot: boot})
			require.NoError(t, err)
			at := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.File == "pebble/ring/test/1" })
			require.GreaterOrEqual(t, at, 0, "%+v", r.Findings)
			f := r.Findings[at]
			require.Equal(t, Damage, f.Severity)
			require.Contains(t, f.What, test.how)
			require.Len(t, f.Loses, test.lines)
			require.True(t, strings.HasPrefix(f.Loses[0], test.first), f.Loses[0])
			require.NotEmpty(t, f.Repair)
			after, err := Examine(Options{Dir: "data", FS: left, Boot: boot})
			require.NoError(t, err)
			require.False(t, after.Damaged(), "%+v", after.Findings)
			require.Equal(t, outcome{lost: 64 * test.lost}, p.open(t))
		})
	}
}

func emptied(fs vfs.FS, path string) error {
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	return f.Close()
}

// TestDamagedRecords: a file of records is named with what it does not hold, from
// where to where.
func TestDamagedRecords(t *testing.T) {
	p, mem := emptyPatient(1), vfs.NewMem()
	p.options.Dir, p.options.FS = "data", mem
	p.options.Coarse.Bytes = 1 << 10
	s, err := store.Open(p.options)
	require.NoError(t, err)
	id := log.ID{Stream: 1, Shard: 3}
	require.NoError(t, s.Log("test").Create(ctx, []log.ID{id}))
	p.records[id] = map[int64]string{}
	for range 6 {
		var batch []log.Entry
		for range 10 {
			batch = append(batch, log.Entry{Log: id, Data: []byte(text(fmt.Sprint(p.dice.Uint64()), 500))})
		}
		c, err := s.Log("test").Append(ctx, batch)
		require.NoError(t, err)
		require.NoError(t, c.Wait())
		for i, placed := range c.Placed() {
			p.records[id][placed.Position] = string(batch[i].Data)
			p.ends[id] = placed.Position + 1
		}
	}
	require.NoError(t, s.Close())
	names, err := mem.List("data/pebble/records/test/1")
	require.NoError(t, err)
	require.Len(t, names, 1)
	path := "data/pebble/records/test/1/" + names[0]
	info, err := mem.Stat(path)
	require.NoError(t, err)
	f, err := mem.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	require.NoError(t, err)
	for _, block := range []int64{1, 2, 4} { // of six that are alike
		_, err = f.WriteAt([]byte("?"), info.Size()/6*block+100)
		require.NoError(t, err)
	}
	require.NoError(t, f.Close())
	r, err := Repair(Options{Dir: "data", FS: mem, Boot: boot})
	require.NoError(t, err)
	require.Len(t, r.Findings, 1)
	require.Equal(t, strings.TrimPrefix(path, "data/"), r.Findings[0].File)
	require.Equal(t, []string{"records 10 to 29, 40 to 49 of log 1/3 of test"}, r.Findings[0].Loses)
	after, err := Examine(Options{Dir: "data", FS: mem, Boot: boot})
	require.NoError(t, err)
	require.Empty(t, after.Findings)
	require.Equal(t, outcome{lost: 30}, p.open(t))
}
