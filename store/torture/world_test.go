package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"sluice/store"
	"sluice/store/blob"
	"sluice/store/log"
	"sluice/store/log/logtest"
	"sluice/store/log/pebblelog"
)

var ctx = context.Background()

// errBroken marks an error that is a broken law and not the store's.
var errBroken = errors.New("broken")

// copiesMax bounds the copies of a disk that are kept during a life.
const copiesMax = 90

// world is a disk, what writers did to it, and what may be found on it.
type world struct {
	seed    uint64
	dice    *rand.Rand // of the driver
	options store.Options
	clock   *logtest.Clock
	plant   *plant
	sum     *tally
	ticks   atomic.Int64
	disk    *vfs.MemFS
	writers []*writer
	// torn are bodies that a power failure under "process" may have damaged,
	// for which nothing is promised.
	torn map[blob.ID]bool
	// starts counts those of the machine.
	starts int
	// shards is how many each stream may have; old histories trim and delete much.
	shards int
	old    bool

	// Of the life that is going on.
	store  *store.Store
	log    log.Log
	bodies blob.Store
	seen   *seen
	// trouble is what the disk has, and well the tick at which the store had recovered.
	trouble *trouble
	well    int64
	trace   *trace

	mu     sync.Mutex // guards the fields below
	copies []*moment
	writes int
}

// moment is the disk as a crash leaves it.
type moment struct {
	fs            *vfs.MemFS
	before, after int64 // ticks
	power         bool  // a power failure, else a kill
}

// play lives one history; an error is a broken law.
func play(seed uint64, p *plant, sum *tally) error {
	w := &world{seed: seed, dice: rand.New(rand.NewPCG(seed, 1)), clock: logtest.NewClock(), disk: vfs.NewCrashableMem(), plant: p, sum: sum,
		torn: map[blob.ID]bool{}}
	w.options = store.Options{
		Dir: "data", Durability: store.Process, Now: w.clock.Now, CacheBytes: 1 << 20, ReserveBytes: -1,
		MemTableBytes: 64 << 10 << w.dice.IntN(3), Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	if disk := w.dice.IntN(2) == 0; p != nil && p.disk || disk && (p == nil || !p.process) {
		w.options.Durability = store.Disk
	}
	layout := w.dice.IntN(5)
	if p != nil && p.layout != anyLayout {
		layout = map[int]int{bundles: 1, payloads: 4}[p.layout]
	}
	w.layOut(layout)
	if w.shards, w.old = 5, w.dice.IntN(3) == 0; w.dice.IntN(4) == 0 {
		w.shards = 12
	}
	for n := range 1 + w.dice.IntN(4) {
		w.writers = append(w.writers, newWriter(w, n, seed))
	}
	for life := range 1 + w.dice.IntN(3) {
		if err := w.live(); err != nil {
			err = fmt.Errorf("seed %d, %s, life %d: %w", seed, w.options.Durability, life, err)
			return &violation{err, w.trace.about(err.Error())}
		}
	}
	return nil
}

// layOut chooses where records are kept: in the database, in bundles, in payload
// files, or in all of these. All are small, so that each is used up and begun
// anew several times in a life.
func (w *world) layOut(n int) {
	o := &w.options
	never := 1 << 40
	o.Coarse.Bytes, o.Bundling.AppendBytes = never, never
	if n >= 3 {
		o.Coarse = pebblelog.Coarse{Bytes: 1 << w.dice.IntN(12), LogBytes: 1, FileBytes: 1 << (9 + w.dice.IntN(7)), OpenFiles: 1 + w.dice.IntN(3)}
	}
	if n > 0 && n <= 3 {
		o.Bundling = pebblelog.Bundling{Logs: 1, LogBytes: never, AppendBytes: 1, Bytes: 1 << (11 + w.dice.IntN(3)), SegmentBytes: 2 << (10 + w.dice.IntN(4))}
	}
}

// boot names the present start of the machine, or the next one.
func (w *world) boot(next bool) string {
	n := w.starts
	if next && (w.plant == nil || !w.plant.deaf) {
		n++
	}
	return fmt.Sprint("start ", n)
}

// linking makes links and locks while no copy is made: vfs.MemFS takes a lock for reading twice then, and waits for ever when a copy
// asks for it in between.
type linking struct {
	*vfs.MemFS
	mu *sync.Mutex
}

// Link implements vfs.FS.
func (l linking) Link(from, to string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.MemFS.Link(from, to)
}

// Lock implements vfs.FS.
func (l linking) Lock(name string) (io.Closer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.MemFS.Lock(name)
}

// live opens the store, writes for a while, and looks into what crashes would
// have left. The disk is one of those afterwards, or the one that was closed.
func (w *world) live() error {
	w.sum.lives++
	w.copies, w.writes, w.trace = nil, 0, &trace{}
	w.seen = &seen{at: map[string]int64{}, places: map[place]string{}}
	every := 1 + w.dice.IntN(3)
	mem := w.disk
	o := w.options
	o.Boot = w.boot(false)
	w.trouble = newTrouble(w.dice, w.plant)
	o.FS = w.plant.disturb(&forgetful{lost: map[string]bool{}, never: w.plant != nil && w.plant.never, trouble: w.trouble, FS: errorfs.Wrap(logtest.Opening(linking{mem, &w.mu}), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() != errorfs.OpIsWrite || op.Kind == errorfs.OpFileClose {
			return nil
		}
		w.copy(mem, every)
		return w.trace.note(w.ticks.Load(), op, w.trouble.write())
	}))})
	s, err := store.Open(o)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	w.store, w.log = s, w.plant.wrap(s.Log("test"), w)
	if w.bodies, err = s.Bodies("test"); err != nil {
		return errors.Join(err, s.Close())
	}
	w.trouble.on.Store(true)
	err = w.write()
	w.copy(mem, 1)
	if err == nil {
		err = w.recover()
	}
	w.trouble.on.Store(false)
	if e := w.close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	w.copy(mem, 1)
	if err := w.heed(); err != nil {
		return err
	}
	return w.look()
}

// write lets all writers write, and a reader look over their shoulders.
func (w *world) write() error {
	errs := make(chan error, len(w.writers))
	var writing, reading sync.WaitGroup
	done := make(chan struct{})
	reading.Go(func() { w.watch(done) })
	for _, wr := range w.writers {
		steps := 4 + wr.dice.IntN(16)
		writing.Go(func() {
			for range steps {
				if err := wr.step(); err != nil {
					errs <- err
					return
				} else if wr.unsure() {
					return
				}
			}
		})
	}
	writing.Wait()
	close(done)
	reading.Wait()
	close(errs)
	return errors.Join(<-errs, w.seen.err)
}

// copy keeps the disk as it is: before a write or sync, one in so many.
func (w *world) copy(mem *vfs.MemFS, every int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.writes++; w.writes%every != 0 {
		return
	}
	m := &moment{power: w.options.Durability == store.Disk || w.dice.IntN(w.often()) == 0}
	percent := 100
	if m.power {
		percent = w.dice.IntN(101)
	}
	m.before = w.ticks.Add(1)
	m.fs = logtest.Crash(mem, vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: w.dice}, func(path string) bool {
		// What is renamed is never gone under both names.
		return !m.power || w.dice.IntN(2) == 0 && (strings.Contains(path, "/records/") || strings.Contains(path, "/ring/"))
	})
	m.after = w.ticks.Add(1)
	if len(w.copies) < copiesMax {
		w.copies = append(w.copies, m)
	} else {
		w.copies[w.dice.IntN(copiesMax)] = m
	}
}

// often says which share of the crashes under "process" is a power failure; they
// take longer to look into.
func (w *world) often() int {
	if w.plant != nil && w.plant.process {
		return 2
	}
	return 6
}

// look opens every copy, and makes one of them, or the last, the disk.
func (w *world) look() error {
	next, last := w.dice.IntN(len(w.copies)), len(w.copies)-1
	if w.dice.IntN(3) == 0 {
		next = last
	}
	var kept *vfs.MemFS
	var finds []find
	for i, m := range slices.Backward(w.copies) { // the later ones have more in them
		if i == next {
			kept = m.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: w.dice})
		}
		found, err := w.inspect(m)
		if err != nil {
			return fmt.Errorf("copy %d of %d (power failure: %v, at %d): %w", i, len(w.copies), m.power, m.before, err)
		}
		if i == next {
			finds = found
		}
	}
	w.disk = kept
	if w.copies[next].power {
		w.starts++
	}
	for i, wr := range w.writers {
		wr.goOn(finds[i])
		if !w.strict(w.copies[next]) {
			for id := range wr.now.bodies {
				w.torn[id] = true
			}
		}
	}
	return nil
}

// goOn makes a writer believe in what was found only: the disk is back at that
// moment, and what came later may come again.
func (w *writer) goOn(f find) {
	w.now = w.after(f)
	w.ops = w.applied(f)
	for _, o := range w.ops {
		if o.acked == 0 {
			o.acked = o.begun // it is there, whatever became of its answer
		}
		o.failed = false
		o.copied = "" // it may be half done, or have what others lost
	}
	clear(w.given)
	for id, l := range w.now.logs {
		if n := len(l.records); n > 0 {
			w.given[id] = l.records[n-1].position
		}
	}
}
