package sluice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"sluice/internal/clock"
	"sluice/server"
	"sluice/store"
	"sluice/store/kv"
	"sluice/store/snapshot"
)

// SnapshotInfo describes a snapshot.
type SnapshotInfo = snapshot.Document

// SnapshotError is what goes wrong with snapshots for a reason that the user
// can see: a name that is taken, a file that is damaged.
type SnapshotError = snapshot.Error

// openShelf opens the place for snapshots. The store is open.
func (s *Sluice) openShelf() (err error) {
	if s.config.Memory {
		s.shelf = snapshot.InMemory(s.storeOptions())
		return nil
	}
	s.shelf, err = snapshot.OnDisk(s.storeOptions())
	return wrap("open the snapshots", err)
}

// dropReplaced frees what a restore that was cut short has replaced, now that
// what it put there is known to work.
func (s *Sluice) dropReplaced() error {
	if s.config.Memory {
		return nil
	}
	return wrap("finish a restore", store.DropReplaced(nil, s.config.Data))
}

// Snapshot saves the whole state of every service under a name while calls go
// on. All that was acknowledged before is in it. A name that is taken is a
// *SnapshotError.
func (s *Sluice) Snapshot(_ context.Context, name string) error {
	_, err := s.saveSnapshot(name)
	return err
}

func (s *Sluice) saveSnapshot(name string) (SnapshotInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	inst := s.current.Load()
	if s.closed || inst == nil {
		return SnapshotInfo{}, ErrClosed
	}
	return s.shelf.Save(inst.store, name, func() (created, service time.Time) {
		return s.host.Now().UTC().Truncate(time.Second), s.clock.Now().UTC()
	})
}

// Snapshots lists the snapshots by name.
func (s *Sluice) Snapshots(context.Context) ([]SnapshotInfo, error) { return s.shelf.List() }

// DeleteSnapshot removes a snapshot.
func (s *Sluice) DeleteSnapshot(_ context.Context, name string) error {
	_, err := s.deleteSnapshot(name)
	return err
}

func (s *Sluice) deleteSnapshot(name string) (SnapshotInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return SnapshotInfo{}, ErrClosed
	}
	return s.shelf.Delete(name)
}

// ExportSnapshot writes a snapshot as a file that any Sluice can import, on
// disk or in memory. It may take long; nothing waits for it but Close.
func (s *Sluice) ExportSnapshot(ctx context.Context, name string, w io.Writer) error {
	return s.transfer(ctx, func(ctx context.Context) error {
		return s.shelf.Export(name, bounded{ctx: ctx, w: w})
	})
}

// ImportSnapshot reads a file that ExportSnapshot has written and keeps it as
// a snapshot. Restore makes it the state.
func (s *Sluice) ImportSnapshot(ctx context.Context, name string, r io.Reader) error {
	_, err := s.importSnapshot(ctx, name, r)
	return err
}

func (s *Sluice) importSnapshot(ctx context.Context, name string, r io.Reader) (doc SnapshotInfo, err error) {
	err = s.transfer(ctx, func(ctx context.Context) error {
		doc, err = s.shelf.Import(name, bounded{ctx: ctx, r: r})
		return err
	})
	return doc, err
}

// Restore makes a snapshot the state of every service while the listener
// stays. Calls under way end, subscriptions end cleanly, iterators expire, and
// service time moves forward to that of the snapshot if it is behind, never
// back. A snapshot that cannot be opened leaves everything as it was.
func (s *Sluice) Restore(ctx context.Context, name string) error {
	_, err := s.restore(ctx, name)
	return err
}

func (s *Sluice) restore(ctx context.Context, name string) (doc SnapshotInfo, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return doc, ErrClosed
	}
	staged, err := s.shelf.Stage(name)
	if err != nil {
		return doc, err
	}
	doc = staged.Document()
	// Who hangs up from here on changes nothing any more.
	ctx = context.WithoutCancel(ctx)
	err = staged.Adjust(func(st *store.Store) error { return s.adopt(ctx, st, doc.ServiceTime) })
	var refused error
	if err == nil {
		err = s.door.Replace(ctx, func(ctx context.Context) (mounts *server.Mounts, err error) {
			mounts, refused, err = s.exchange(ctx, staged)
			return mounts, err
		})
	}
	if refused != nil {
		err = fmt.Errorf("snapshot %s cannot be used, everything is as it was: %w", name, refused)
	}
	if err == nil {
		s.log.Info("a snapshot was restored", "name", name, "service time", doc.ServiceTime)
	}
	if dropped := staged.Drop(); dropped != nil {
		s.log.Warn("what a restore leaves behind could not be removed; the next start will try again", "error", dropped)
	}
	return doc, err
}

// exchange closes the instance and opens one over what is staged, or the old
// one again when that cannot be; refused then says why.
func (s *Sluice) exchange(ctx context.Context, staged snapshot.Staged) (mounts *server.Mounts, refused, err error) {
	old := s.current.Load()
	if err := s.closeInstance(); err != nil {
		// A store whose writes fail is a reason to restore, not one against it.
		s.log.Warn("the state that is replaced did not close well", "error", err)
	}
	mounts, refused = s.openInstance(ctx, staged.Open)
	if refused == nil {
		s.keeper.raise(ctx, staged.Document().ServiceTime)
		return mounts, nil, nil
	}
	if err := s.closeInstance(); err != nil {
		s.log.Warn("a snapshot that could not be used did not close well", "error", err)
	}
	if err := staged.TakeBack(); err != nil {
		return nil, nil, errors.Join(refused, err)
	}
	mounts, err = s.openInstance(ctx, func() (*store.Store, error) {
		if s.config.Memory && old != nil {
			return old.store, nil // closing it has changed nothing
		}
		return store.Open(s.storeOptions())
	})
	return mounts, refused, err
}

// openInstance opens an instance over a store and makes it the current one.
// A store may hold what no Sluice has written, and rooms panic over states
// that cannot be; that is an error here, for there is a way back.
func (s *Sluice) openInstance(ctx context.Context, open func() (*store.Store, error)) (mounts *server.Mounts, err error) {
	st, err := open()
	if err != nil {
		return nil, err
	}
	inst := newInstance(st)
	s.current.Store(inst)
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("the rooms cannot be opened: %v", broken)
		}
	}()
	if _, err := s.keeper.attach(ctx, st, s.config); err != nil {
		return nil, err
	}
	return inst.mounts, s.openRooms(ctx, inst)
}

// World numbers: see shards.Config.World.
const (
	worldNamespace = "world"
	worldKey       = "id"
)

// applyWorld replaces the whole state: the command's body is the state.
func applyWorld(_ []byte, c kv.Command) ([]byte, error) { return c.Body, nil }

// readWorld is the number of the world that a store holds: 0 until it was restored.
func readWorld(ctx context.Context, st *store.Store) (world uint64, err error) {
	value, err := st.Catalog(worldNamespace, applyWorld).Get(ctx, worldKey)
	if err == nil && value.Version > 0 {
		err = json.Unmarshal(value.State, &world)
	}
	return world, wrap("read the number of the world", err)
}

// adopt makes what a staged store holds a world of its own whose time goes on
// from the present, or from at if that is later.
func (s *Sluice) adopt(ctx context.Context, st *store.Store, at time.Time) error {
	now := s.clock.State()
	if at.After(now.Now) {
		now.Offset, now.Now = now.Offset+at.Sub(now.Now), at
	}
	return s.settle(ctx, st, savedClock{Now: now.Now, Mode: now.Mode, Offset: now.Offset})
}

// settle stores a new world number and a clock.
func (s *Sluice) settle(ctx context.Context, st *store.Store, saved savedClock) error {
	if err := put(ctx, st.Catalog(worldNamespace, applyWorld), worldKey, s.dice.Uint64()); err != nil {
		return wrap("begin a new world", err)
	}
	return wrap("set its clock", put(ctx, st.Catalog(clockNamespace, applyClock), clockKey, saved))
}

func put(ctx context.Context, c kv.Catalog, key string, state any) error {
	body, err := json.Marshal(state)
	if err != nil {
		return err
	}
	value, err := c.Get(ctx, key)
	if err != nil {
		return err
	}
	_, err = c.Propose(ctx, kv.Command{Key: key, Expect: value.Version, Kind: "set", Body: body})
	return err
}

// raise moves a clock that is behind t forward to it.
func (k *timekeeper) raise(ctx context.Context, t time.Time) {
	if service := k.clock.Load(); service.Now().Before(t) {
		// It can only be refused when it got there meanwhile.
		_, _ = service.Set(ctx, t, 0)
	}
}

// fixtureClock is the clock of a world that begins with a file: time goes on
// from where the file was made, so that nothing in it has grown old since.
func fixtureClock(c Config, host clock.Clock, at time.Time) savedClock {
	if c.StartAt.After(at) {
		at = c.StartAt
	}
	mode := clock.Running
	if c.Frozen {
		mode = clock.Frozen
	}
	return savedClock{Now: at, Mode: mode, Offset: at.Sub(host.Now())}
}
