package engine

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store/log/logtest"
)

// op is a change: "k" sets a key to a value of its own, "k=v" to another one,
// "-k" deletes, "!k" deletes singly, "a:b" deletes a range.
type op string

// batches are what was committed, in order.
type batches [][]op

func (o op) apply(b *Batch, size int) error {
	switch {
	case o[0] == '-':
		return b.Delete([]byte(o[1:]), nil)
	case o[0] == '!':
		return b.SingleDelete([]byte(o[1:]), nil)
	case strings.Contains(string(o), ":"):
		from, to, _ := strings.Cut(string(o), ":")
		return b.DeleteRange([]byte(from), []byte(to), nil)
	}
	key, value := o.set()
	return b.Set([]byte(key), append([]byte(value+" "), bytes.Repeat([]byte{'x'}, size)...), nil)
}

func (o op) set() (key, value string) {
	key, value, other := strings.Cut(string(o), "=")
	if !other {
		value = key
	}
	return key, value
}

// model changes what is there as a database should.
func (o op) model(there map[string]string) {
	switch {
	case o[0] == '-' || o[0] == '!':
		delete(there, string(o[1:]))
	case strings.Contains(string(o), ":"):
		from, to, _ := strings.Cut(string(o), ":")
		maps.DeleteFunc(there, func(k, _ string) bool { return k >= from && k < to })
	default:
		key, value := o.set()
		there[key] = value
	}
}

// besides are rows of which some values point to what is not there.
type besides struct {
	lost   map[string]bool
	asked  int
	named  int
	synced int
}

func (r *besides) Name(_, _ []byte) { r.named++ }

func (r *besides) Intact(_, value []byte) (bool, error) {
	r.asked++
	name, _, _ := bytes.Cut(value, []byte(" "))
	return !r.lost[string(name)], nil
}

func (r *besides) Sync() error { r.synced++; return nil }

// left is what should be there: of all batches the first ones, as many as leave
// nothing that points to what is lost.
func (h batches) left(lost map[string]bool) (n int, there map[string]string) {
	now := map[string]string{}
	there = map[string]string{}
	for i, batch := range h {
		for _, o := range batch {
			o.model(now)
		}
		if !slices.ContainsFunc(slices.Collect(maps.Values(now)), func(v string) bool { return lost[v] }) {
			n, there = i+1, maps.Clone(now)
		}
	}
	return n, there
}

func mute() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func config(fs vfs.FS) Config {
	return Config{FS: fs, Dir: "pebble", Process: true, MayBeTorn: true, MemTableBytes: 256 << 10, Logger: mute()}
}

// write commits batches, whose values have so many bytes more.
func (h batches) write(t *testing.T, e *Engine, size int) {
	t.Helper()
	for _, ops := range h {
		b, err := e.NewBatch(64)
		require.NoError(t, err)
		for _, o := range ops {
			require.NoError(t, o.apply(b, size))
		}
		require.NoError(t, b.Submit(func(error) {}).Wait())
	}
}

// everything reads what is there.
func everything(t *testing.T, r pebble.Reader) map[string]string {
	t.Helper()
	there := map[string]string{}
	it, err := r.NewIter(nil)
	require.NoError(t, err)
	for ok := it.First(); ok; ok = it.Next() {
		value, err := it.ValueAndErr()
		require.NoError(t, err)
		name, _, _ := bytes.Cut(value, []byte(" "))
		there[string(it.Key())] = string(name)
	}
	require.NoError(t, it.Close())
	return there
}

// holding keeps tables from being written until it is let go.
type holding struct {
	vfs.FS
	hold chan struct{}
}

func (h holding) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if kindOf(name) == tableFile {
		<-h.hold
	}
	return h.FS.Create(name, c)
}

// killed is what is left of a database with batches in it whose process was
// killed; nothing of it is in tables when held is set.
func (h batches) killed(t *testing.T, size int, held bool) *vfs.MemFS {
	t.Helper()
	mem := vfs.NewCrashableMem()
	hold := holding{mem, make(chan struct{})}
	c := config(mem)
	require.NoError(t, Create(c))
	if held {
		c.FS = hold
	}
	e, err := Open(c)
	require.NoError(t, err)
	h.write(t, e, size)
	left := logtest.AfterKill(mem, rand.New(rand.NewPCG(1, 1)))
	close(hold.hold)
	require.NoError(t, e.Close())
	return left
}

// logsOf lists the logs of a database, the oldest first.
func logsOf(t *testing.T, fs vfs.FS) (paths []string) {
	t.Helper()
	names, err := fs.List("pebble")
	require.NoError(t, err)
	slices.Sort(names)
	for _, name := range names {
		if kindOf(name) == walFile {
			paths = append(paths, fs.PathJoin("pebble", name))
		}
	}
	return paths
}

// overwrite changes a file.
func overwrite(t *testing.T, fs vfs.FS, path string, f func(b []byte) []byte) {
	t.Helper()
	b, err := contents(fs, path)
	require.NoError(t, err)
	require.NoError(t, writeSynced(fs, path, f(b)))
	require.NoError(t, SyncDir(fs, "pebble"))
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		what    string
		batches batches
		lost    string // values of one letter
		left    int    // so many batches are there afterwards
		size    int    // of a value
		logs    int    // at least
	}{
		{what: "nothing was written"},
		{what: "nothing is lost", batches: batches{{"a"}, {"b"}}, left: 2},
		{what: "the newest", batches: batches{{"a"}, {"b"}}, lost: "b", left: 1},
		{what: "an older one takes all that follows", batches: batches{{"a"}, {"b"}, {"c"}, {"d"}}, lost: "b", left: 1},
		{what: "everything", batches: batches{{"a"}, {"b"}}, lost: "a"},
		{what: "a batch goes whole", batches: batches{{"a"}, {"b", "c", "d"}, {"e"}}, lost: "c", left: 1},
		{what: "deleted later", batches: batches{{"a"}, {"b"}, {"c"}, {"-b"}, {"d"}}, lost: "b", left: 5},
		{what: "singly deleted later", batches: batches{{"a"}, {"b"}, {"c"}, {"!b"}, {"d"}}, lost: "b", left: 5},
		{what: "a range deleted later", batches: batches{{"b1"}, {"b2"}, {"a:c"}, {"d"}}, lost: "b1 b2", left: 4},
		{what: "the end of a range is not in it", batches: batches{{"a"}, {"c"}, {"b:c"}}, lost: "c", left: 1},
		{what: "replaced later", batches: batches{{"a"}, {"b"}, {"b=x"}}, lost: "b", left: 3},
		{what: "replaced by what is lost", batches: batches{{"a"}, {"b"}, {"b=x"}}, lost: "x", left: 2},
		{what: "deleted later, and then another", batches: batches{{"a"}, {"b"}, {"-b"}, {"c"}, {"d"}}, lost: "b d", left: 4},
		{what: "another before the deletion", batches: batches{{"a"}, {"b"}, {"c"}, {"-b"}, {"d"}}, lost: "b c", left: 1},
		{what: "deleted in the same batch", batches: batches{{"a", "-a"}, {"b"}}, lost: "a", left: 2},
		{what: "deleted in the same batch before", batches: batches{{"x"}, {"-a", "a"}, {"b"}}, lost: "a", left: 1},
		{what: "a batch larger than a memtable", batches: batches{{"a", "b", "c"}, {"d"}}, size: 50 << 10, lost: "d", left: 1},
		{what: "of a batch larger than a memtable", batches: batches{{"x"}, {"a", "b", "c"}, {"d"}}, size: 50 << 10, lost: "b", left: 1},
		{what: "in the first of several logs", batches: batches{{"a"}, {"b"}, {"c"}, {"d"}, {"e"}}, size: 60 << 10, lost: "b", left: 1, logs: 2},
		{what: "in the last of several logs", batches: batches{{"a"}, {"b"}, {"c"}, {"d"}, {"e"}}, size: 60 << 10, lost: "e", left: 4, logs: 2},
		{what: "deleted in a later log", batches: batches{{"a"}, {"b"}, {"c"}, {"d"}, {"e"}, {"-b"}}, size: 60 << 10, lost: "b", left: 6, logs: 2},
	} {
		t.Run(c.what, func(t *testing.T) {
			lost := map[string]bool{}
			for _, name := range strings.Fields(c.lost) {
				lost[name] = true
			}
			n, want := c.batches.left(lost)
			require.Equal(t, c.left, n)
			left := c.batches.killed(t, c.size, true)
			require.GreaterOrEqual(t, len(logsOf(t, left)), c.logs)
			checkCut(t, left, lost, want)
		})
	}
}

// checkCut opens what is left of a database in all ways.
func checkCut(t *testing.T, left *vfs.MemFS, lost map[string]bool, want map[string]string) {
	t.Helper()
	c := config(left)
	c.Rows, c.Restarted = &besides{lost: lost}, true
	db, _, err := OpenReadOnly(c)
	require.NoError(t, err)
	require.Equal(t, want, everything(t, db), "read only")
	require.NoError(t, db.Close())

	// A power failure while it is opened changes nothing, wherever it comes.
	var mu sync.Mutex
	var moments []*vfs.MemFS
	opened, n := false, 0
	dice := rand.New(rand.NewPCG(1, 2))
	c.FS = errorfs.Wrap(left, errorfs.InjectorFunc(func(op errorfs.Op) error {
		mu.Lock()
		defer mu.Unlock()
		if op.Kind.ReadOrWrite() != errorfs.OpIsWrite || opened {
			return nil
		}
		if n++; n%5 == 0 {
			moments = append(moments, logtest.AfterPowerLoss(left, 50, dice))
		}
		return nil
	}))
	e, err := Open(c)
	require.NoError(t, err)
	mu.Lock()
	opened = true
	mu.Unlock()
	require.NoError(t, e.Read(func(r pebble.Reader) error { require.Equal(t, want, everything(t, r)); return nil }))
	batches{{"z"}}.write(t, e, 0)
	require.NoError(t, e.Close())
	for _, left := range moments {
		c.FS = left
		e, err := Open(c)
		require.NoError(t, err)
		require.NoError(t, e.Read(func(r pebble.Reader) error { require.Equal(t, want, everything(t, r)); return nil }))
		require.NoError(t, e.Close())
	}
}

// TestCutTorn: a log ends for all readers where the kernel had not written on, or
// before, if something is bad there.
func TestCutTorn(t *testing.T) {
	h := batches{{"a"}, {"b"}, {"c"}, {"d"}, {"e"}}
	const size = 1000 // Pebble takes its time for chunks that are damaged
	for _, c := range []struct {
		what string
		lost string
		tear func(b []byte) []byte
		left int
	}{
		{"cut short", "", func(b []byte) []byte { return b[:len(b)-100] }, 4},
		{"cut short, and one lost", "c", func(b []byte) []byte { return b[:len(b)-100] }, 2},
		{"zeros at the end", "", func(b []byte) []byte { clear(b[len(b)-100:]); return b }, 4},
		{"a hole", "", func(b []byte) []byte { clear(b[2500:2600]); return b }, 2},
		{"a hole, and one lost before", "b", func(b []byte) []byte { clear(b[2500:2600]); return b }, 1},
		{"a hole, and one lost behind", "e", func(b []byte) []byte { clear(b[2500:2600]); return b }, 2},
		{"a hole at the beginning", "", func(b []byte) []byte { clear(b[:500]); return b }, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			left := h.killed(t, size, true)
			logs := logsOf(t, left)
			overwrite(t, left, logs[len(logs)-1], c.tear)
			_, want := h[:c.left].left(nil)
			checkCut(t, left, map[string]bool{c.lost: true}, want)
		})
	}
}

// TestCutDamaged: what no power failure has done is not cut off.
func TestCutDamaged(t *testing.T) {
	h := batches{{"a"}, {"b"}, {"c"}, {"d"}, {"e"}}
	for what, torn := range map[string]bool{"an older log": true, "the newest, under disk": false} {
		t.Run(what, func(t *testing.T) {
			left := h.killed(t, map[bool]int{true: 60 << 10, false: 20 << 10}[torn], true)
			logs := logsOf(t, left)
			at := len(logs) - 1
			if torn {
				at--
			}
			overwrite(t, left, logs[at], func(b []byte) []byte { clear(b[32<<10 : 32<<10+50]); return b })
			c := config(left)
			c.Rows, c.Restarted, c.MayBeTorn = &besides{lost: map[string]bool{"a": true}}, true, torn
			_, err := Open(c)
			require.True(t, pebble.IsCorruptionError(err), "%v", err)
		})
	}
}

// TestCutReused: logs are used again, and what they held before is not read.
func TestCutReused(t *testing.T) {
	var h batches
	for i := range 26 {
		h = append(h, []op{op(rune('a' + i))})
	}
	left := h.killed(t, 50<<10, false)
	_, want := h[:25].left(nil)
	checkCut(t, left, map[string]bool{"z": true}, want)
}

// TestNotLookedAt: who was closed in order is not asked, nor is anybody asked for
// what is there when the machine is the same; but all is synced before tables are.
func TestNotLookedAt(t *testing.T) {
	left := batches{{"a"}, {"b"}}.killed(t, 0, false)
	rows := &besides{lost: map[string]bool{"a": true}}
	c := config(left)
	c.Rows = rows
	e, err := Open(c)
	require.NoError(t, err)
	require.Equal(t, besides{lost: rows.lost, named: 2, synced: 1}, *rows)
	require.NoError(t, e.Close())
	c.Restarted = true
	e, err = Open(c)
	require.NoError(t, err)
	require.Equal(t, 2, rows.named)
	require.NoError(t, e.Close())
}

// TestBeside: what tables may point to is synced before them, and a failure of
// that is one of the table, from which the engine recovers.
func TestBeside(t *testing.T) {
	c := config(vfs.NewMem())
	c.BesideFlush = 1000
	require.NoError(t, Create(c))
	e, err := Open(c)
	require.NoError(t, err)
	var calls atomic.Int64
	var fail atomic.Bool
	e.Beside(func(bool) func() error {
		return func() error {
			calls.Add(1)
			if fail.Load() {
				return syscall.EIO
			}
			return nil
		}
	})
	require.NoError(t, e.Harden())
	require.EqualValues(t, 1, calls.Load())
	fail.Store(true)
	b, err := e.NewBatch(64)
	require.NoError(t, err)
	require.NoError(t, b.Set([]byte("a"), nil, nil))
	b.Beside = 1000 // has tables written
	require.NoError(t, b.Submit(func(error) {}).Wait())
	<-e.guard.failed
	require.ErrorIs(t, e.Failure(), syscall.EIO)
	require.Error(t, e.Ready(), "it fails still")
	fail.Store(false)
	require.NoError(t, e.Ready())
	batches{{"b"}}.write(t, e, 0)
	require.NoError(t, e.Read(func(r pebble.Reader) error {
		assert.Equal(t, map[string]string{"a": "", "b": "b"}, everything(t, r))
		return nil
	}))
	fail.Store(true)
	require.Error(t, e.Close(), "it cannot be sealed")
	sealed, err := exists(c.FS, fmt.Sprint(c.Dir, "/", sealFile))
	require.NoError(t, err)
	require.False(t, sealed)
}

// TestGatheredAtOnce: of all that has something beside the database it is asked what is
// to be saved before anything of it is, and while no commit is under way: what is
// committed meanwhile may make one of them leave out what another then lacks.
func TestGatheredAtOnce(t *testing.T) {
	c := config(vfs.NewMem())
	c.Process = true
	require.NoError(t, Create(c))
	e, err := Open(c)
	require.NoError(t, err)
	var told []string
	commit := e.queue.commit
	e.queue.commit = func(epoch uint64, batches []*pebble.Batch, records bool, during []func() error, beside int) error {
		told = append(told, "commit")
		return commit(epoch, batches, records, during, beside)
	}
	for _, name := range []string{"a", "b"} {
		e.Beside(func(bool) func() error {
			told = append(told, "what of "+name)
			return func() error {
				told = append(told, "save "+name)
				batches{{op(name)}}.write(t, e, 0)
				return nil
			}
		})
	}
	require.NoError(t, e.Harden())
	require.Equal(t, []string{"what of a", "what of b", "commit", "save a", "commit", "save b", "commit"}, told)
	e.beside.unsaved = nil
	require.NoError(t, e.Close())
}
