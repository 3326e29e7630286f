package store_test

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/log/logtest"
)

// TestKillWhileInherited: what the last process has left in a ring is spread, and
// the ring is to be removed, while the log does not have that yet. A kill then finds
// the ring: what is seen to be removed from the database is not so far.
func TestKillWhileInherited(t *testing.T) {
	d, clock := newDisk(), logtest.NewClock()
	o := options(d.fs, store.Process, clock.Now)
	o.Boot, o.Bundling = "the only one", narrow()
	first := open(t, o)
	w := newWide(t, first, 1)
	for range 3 {
		require.NoError(t, w.append())
	}
	left := d.afterKill()
	require.NoError(t, first.Close())

	var armed, held atomic.Bool
	var once sync.Once
	spreads, goOn := make(chan struct{}), make(chan struct{})
	o.FS = injected(left, func(op errorfs.Op) error {
		if armed.Load() && strings.Contains(op.Path, "/records/") && op.Kind == errorfs.OpFileWriteAt {
			held.Store(true)
		}
		if held.Load() && strings.HasSuffix(op.Path, ".log") && op.Kind == errorfs.OpFileWrite {
			once.Do(func() { close(spreads) })
			<-goOn
		}
		return nil
	})
	s := open(t, o)
	w.checkAll(t, s, 3) // which takes up the bundles
	other := newWide(t, s, 2)
	clock.Advance(3 * time.Hour)
	armed.Store(true)
	done := make(chan error, 2)
	go func() { done <- s.Log("test").Trim(ctx, 1, clock.Now().Add(-time.Hour)) }()
	<-spreads                              // the rows of stream 1 are seen to be gone
	go func() { done <- other.append() }() // which begins a ring, and inherits the other
	for range 20_000 {
		runtime.Gosched()
	}
	ko := o
	ko.FS = logtest.AfterKill(left, d.dice)
	killed := open(t, ko)
	w.checkAll(t, killed, 3)
	require.NoError(t, killed.Close())
	close(goOn)
	for range 2 {
		require.NoError(t, <-done)
	}
	require.NoError(t, s.Close())
}

// TestPowerFailureAfterSweep: what the last process has left in a ring is spread, that
// is made durable, and the ring is removed; meanwhile appends go on, what they wrote
// to the new ring is spread too, and of that the disk has nothing. The power failure
// that follows takes appends, and none of what told that the ring is not needed.
func TestPowerFailureAfterSweep(t *testing.T) {
	d, clock := newDisk(), logtest.NewClock()
	o := options(d.fs, store.Process, clock.Now)
	o.Bundling = narrow()
	first := open(t, o)
	w, other := newWide(t, first, 1), newWide(t, first, 2)
	for range 3 {
		require.NoError(t, w.append())
	}
	left := d.afterKill()
	require.NoError(t, first.Close())

	const old, turned = "data/pebble/ring/test/1", "data/pebble/ring/test/4"
	var spreading, syncing sync.Once
	spreads, goOn := make(chan struct{}), make(chan struct{})
	o.FS = injected(left, func(op errorfs.Op) error {
		switch {
		case strings.Contains(op.Path, "/records/test/1/") && op.Kind == errorfs.OpFileWriteAt:
			spreading.Do(func() { close(spreads); <-goOn })
		case strings.Contains(op.Path, "/records/test/1/") && op.Kind == errorfs.OpFileSyncData:
			syncing.Do(func() {
				for !isThere(left, turned) { // of which there are two at most that were not spread
					assert.NoError(t, other.append())
				}
			})
		}
		return nil
	})
	s := open(t, o)
	other.log = s.Log("test")
	w.log = s.Log("test")
	require.NoError(t, w.append()) // which begins a ring, and inherits the other
	<-spreads
	require.NoError(t, other.append()) // which waits in the new ring when the old one is not needed any more
	close(goOn)
	for isThere(left, old) {
		runtime.Gosched()
	}
	po := o
	po.FS = logtest.Crash(left, vfs.CrashCloneCfg{}, logtest.Removed())
	power := open(t, po)
	w.checkAll(t, power, 4)
	kept := other.check(t, power.Log("test"), other.ids[0])
	require.Positive(t, kept, "it was there when the removal was made durable")
	other.checkAll(t, power, kept)
	require.NoError(t, power.Close())
	require.NoError(t, s.Close())
}

func isThere(fs vfs.FS, path string) bool {
	_, err := fs.Stat(path)
	return err == nil
}
