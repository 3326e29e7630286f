// Package store opens the place where an instance keeps its state: a data
// folder, or memory. It hands out logs (records), catalogs (small versioned
// values) and spaces (ordered keys and values), each under a namespace.
// docs/storage.md explains the layout and what is promised.
package store

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/cockroachdb/errors/oserror"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/store/blob"
	"sluice/store/engine"
	"sluice/store/kv"
	"sluice/store/kv/memkv"
	"sluice/store/kv/pebblekv"
	"sluice/store/log"
	"sluice/store/log/memlog"
	"sluice/store/log/pebblelog"
)

// Durability says what an acknowledged write survives.
type Durability string

// The two promises.
const (
	// Process: an acknowledged write survives the death of the process, kill
	// -9 included. After a power failure a clean prefix of all writes is left.
	Process Durability = "process"
	// Disk: an acknowledged write survives a power failure.
	Disk Durability = "disk"
)

// Options of Open.
type Options struct {
	// Dir is the data folder; it is created when missing. Unused with Memory.
	Dir string
	// Durability is Process when empty.
	Durability Durability
	// Memory keeps everything in memory and touches no file.
	Memory bool
	// Now is the service clock that stamps arrivals. It must not be nil.
	Now func() time.Time
	// FS holds the folder; the machine's file system when nil.
	FS vfs.FS
	// CacheBytes bounds the cache of stored blocks (default 32 MiB) and
	// MemTableBytes one memtable, of which there are at most three (default 16
	// MiB). Both are taken as they fill.
	CacheBytes    int64
	MemTableBytes int64
	// ReserveBytes is the free space below which the disk counts as full, so
	// that there is room to trim and close (default 64 MiB; negative: none).
	ReserveBytes int64
	// Bundling says which appends are written as one and spread out later; zero
	// for what was measured to be best.
	Bundling pebblelog.Bundling
	// Coarse says which appends go to payload files; zero likewise.
	Coarse pebblelog.Coarse
	// Boot names the present start of the machine, so that opening knows whether a
	// power failure can have been; found out when empty, and not known for FS but
	// the machine's.
	Boot string
	// Logger hears of failures and recoveries; slog.Default when nil.
	Logger *slog.Logger
}

func (o *Options) fill() error {
	if o.Durability == "" {
		o.Durability = Process
	}
	if o.Durability != Process && o.Durability != Disk {
		return fmt.Errorf(`durability must be "process" or "disk", not %q`, string(o.Durability))
	}
	if o.Now == nil {
		return errors.New("store.Options.Now is missing")
	}
	if o.Dir == "" && !o.Memory {
		return errors.New("store.Options.Dir is missing")
	}
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Boot == "" {
		o.Boot = bootOf(o.FS)
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = 32 << 20
	}
	if o.MemTableBytes <= 0 {
		o.MemTableBytes = 16 << 20
	}
	if o.ReserveBytes == 0 {
		o.ReserveBytes = 64 << 20
	}
	return nil
}

// Store is an open data folder, or its counterpart in memory.
type Store struct {
	options Options
	folder  *folder        // nil in memory
	engine  *engine.Engine // nil in memory

	// mu guards the maps; a namespace has one log, one set of entities, one space.
	mu      sync.Mutex
	logs    map[string]log.Log
	spaces  map[string]func(kv.Apply) kv.Catalog
	memory  map[string]*memkv.Space // of a store in memory
	ordered map[string]kv.Space
	bodies  map[string]blob.Store
	// holdings are those of callers of hold, at present.
	holdings map[*holding]bool
}

// Open opens a store. The caller closes it after everything that uses it.
func Open(o Options) (*Store, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	s := &Store{
		options: o, logs: map[string]log.Log{}, spaces: map[string]func(kv.Apply) kv.Catalog{},
		memory: map[string]*memkv.Space{}, ordered: map[string]kv.Space{}, bodies: map[string]blob.Store{},
		holdings: map[*holding]bool{},
	}
	if o.Memory {
		return s, nil
	}
	return s, s.open()
}

// open opens the data folder, upgrading it when it is of an older format.
func (s *Store) open() (err error) {
	f, err := openFolder(s.options.FS, s.options.Dir)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.close()
		}
	}()
	if err := f.settle(); err != nil {
		return fmt.Errorf("carry on a restore in %s: %w", s.options.Dir, err)
	}
	was, err := f.read()
	if err != nil {
		return err
	}
	s.folder = f
	return s.openEngine(was)
}

// openEngine opens the database of the folder. A folder is labelled "process"
// before anything is written that way, and "disk" after all that was written
// the other way has become durable, which opening sees to. The machine's start is
// noted after everything was looked for that the one before may have taken.
func (s *Store) openEngine(was label) error {
	f, now := s.folder, label{format: max(was.format, 1), durability: s.options.Durability, boot: was.boot}
	if was.format == 0 {
		now.format = Format
	}
	if was.format > 0 && was != now && now.durability == Process {
		if err := f.write(now); err != nil {
			return err
		}
	}
	config := s.engineConfig(f, was)
	if was.format == 0 {
		if err := engine.Create(config); err != nil {
			return fmt.Errorf("make data folder %s: %w", s.options.Dir, err)
		}
	}
	rows := pebblelog.NewOpening(f.fs, config.Dir)
	config.Rows = rows
	e, err := engine.Open(config)
	_ = rows.Close() // it was only read
	if err != nil {
		err = fmt.Errorf("open data folder %s: %w", s.options.Dir, err)
		if engine.IsDamage(err) {
			err = &Hinted{Err: err, Hint: "`sluice doctor " + s.options.Dir + "` says what is damaged and what can be saved"}
		}
		return err
	}
	s.engine = e
	if err := s.begin(e, was, now); err != nil {
		_ = e.Close()
		return err
	}
	return nil
}

// restarted tells whether the machine may have been started since a folder was
// written to.
func (s *Store) restarted(was label) bool { return s.options.Boot == "" || was.boot != s.options.Boot }

// begin makes what an open database holds that of this format, this durability
// and this start of the machine.
func (s *Store) begin(e *engine.Engine, was, now label) error {
	f := s.folder
	if was.format >= recordsFormat && s.restarted(was) {
		if err := pebblelog.SweepUnknown(e); err != nil {
			return err
		}
	}
	now.boot = s.options.Boot
	if was.format > 0 && was.format < Format {
		now.boot = was.boot // an older program would not know
	}
	if was != now {
		if err := f.write(now); err != nil {
			return err
		}
	}
	if err := f.upgradeFrom(e, now, upgrades()); err != nil {
		return err
	}
	return pebblelog.Sweep(e)
}

func (s *Store) engineConfig(f *folder, was label) engine.Config {
	return engine.Config{
		FS: f.fs, Dir: f.path(engineDir),
		Process:       s.options.Durability == Process,
		MayBeTorn:     was.durability != Disk,
		Restarted:     s.restarted(was),
		CacheBytes:    s.options.CacheBytes,
		MemTableBytes: uint64(s.options.MemTableBytes),
		ReserveBytes:  uint64(max(s.options.ReserveBytes, 0)),
		Logger:        s.options.Logger,
	}
}

// Log returns the log of a namespace; the same one each time. A namespace is
// text without zero bytes.
func (s *Store) Log(namespace string) log.Log {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.logs[namespace]
	if l == nil {
		if s.options.Memory {
			l = memlog.New(s.options.Now)
		} else {
			onDisk := pebblelog.New(s.engine, clean(namespace), s.options.Now, s.options.Bundling, s.options.Coarse)
			s.holdToo(onDisk.HoldFiles)
			l = onDisk
		}
		s.logs[namespace] = l
	}
	return l
}

// Catalog returns the catalog of a namespace, whose commands apply computes.
// All catalogs of a namespace show the same entities.
func (s *Store) Catalog(namespace string, apply kv.Apply) kv.Catalog {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.spaces[namespace]
	if open == nil {
		if s.options.Memory {
			return s.remember(namespace, memkv.NewSpace())(apply)
		}
		space := pebblekv.NewSpace(s.engine, clean(namespace))
		open = func(apply kv.Apply) kv.Catalog { return pebblekv.New(space, apply) }
		s.spaces[namespace] = open
	}
	return open(apply)
}

// remember enters a space of a store in memory. mu is held, or nobody else is there.
func (s *Store) remember(namespace string, space *memkv.Space) func(kv.Apply) kv.Catalog {
	open := func(apply kv.Apply) kv.Catalog { return memkv.New(space, apply) }
	s.spaces[namespace], s.memory[namespace] = open, space
	return open
}

// Space returns the space of a namespace; the same one each time. It has
// nothing in common with the catalog and the log of that name.
func (s *Store) Space(namespace string) kv.Space {
	s.mu.Lock()
	defer s.mu.Unlock()
	space := s.ordered[namespace]
	if space == nil {
		if s.options.Memory {
			space = memkv.NewOrdered()
		} else {
			space = pebblekv.NewOrdered(s.engine, clean(namespace))
		}
		s.ordered[namespace] = space
	}
	return space
}

// clean keeps zero bytes, which end namespaces in keys, out of them.
func clean(namespace string) string { return strings.ReplaceAll(namespace, "\x00", "") }

// Health is the state of a store, as the health answer shows it.
type Health struct {
	// Kind is "pebble" or "memory".
	Kind string
	// Durability is the promise made; in memory nothing survives the process.
	Durability Durability
	// Format is the version of the layout on disk.
	Format int
	// Err is why records are refused at present, or the damage that a read has
	// met; nil when all is well. A full disk is a reason, although what frees
	// space goes on.
	Err error
}

// Health tells how the store is. It is cheap.
func (s *Store) Health() Health {
	h := Health{Kind: "memory", Durability: s.options.Durability, Format: Format}
	if s.engine != nil {
		h.Kind, h.Err = "pebble", s.engine.Refusal()
		if h.Err == nil {
			h.Err = s.engine.Damage()
		}
	}
	return h
}

// Format is the version of the layout on disk.
func (s *Store) Format() int { return Format }

// Checkpoint makes a data folder out of this one in a folder that does not
// exist yet, by hard links where that is possible. Writes go on meanwhile.
func (s *Store) Checkpoint(dir string) (err error) {
	if s.engine == nil {
		return errors.New("a store in memory has no files to keep")
	}
	if _, err := s.options.FS.Stat(dir); !oserror.IsNotExist(err) {
		if err == nil {
			err = oserror.ErrExist
		}
		return fmt.Errorf("checkpoint to %s: %w", dir, err)
	}
	resume, err := s.settleLogs()
	if err != nil {
		return fmt.Errorf("spread what waits: %w", err)
	}
	defer resume()
	release := s.hold()
	defer func() {
		if e := release(); err == nil && e != nil {
			err = fmt.Errorf("remove what was kept for a checkpoint: %w", e)
		}
	}()
	kept := &folder{fs: s.options.FS, dir: dir}
	l := label{format: Format, durability: s.options.Durability, boot: s.options.Boot}
	return kept.fill(s.engine, s.folder.path(engineDir), l, s.cutRecords)
}

// Close writes what nobody waited for and gives the folder back. Logs,
// catalogs and spaces must not be used after it.
func (s *Store) Close() error {
	if s.engine == nil {
		return nil
	}
	err := s.closeLogs()
	if e := s.engine.Close(); err == nil {
		err = e
	}
	if e := s.folder.close(); err == nil {
		err = e
	}
	return err
}
