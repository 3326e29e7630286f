package sluice

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/clock"
	"sluice/store"
	"sluice/store/kv"
)

// timekeeper keeps service time with the data: its offset, its mode, and how
// far it has come, so that it goes on and never back after a restart.
type timekeeper struct {
	host  clock.Clock
	clock atomic.Pointer[clock.Service]

	mu      sync.Mutex
	catalog kv.Catalog // guarded by mu; nil while no store is open
	version uint64     // guarded by mu
}

// savedClock is the stored form.
type savedClock struct {
	Now    time.Time     `json:"now"`
	Mode   string        `json:"mode"`
	Offset time.Duration `json:"offset"`
}

const (
	clockNamespace = "clock"
	clockKey       = "service"
)

// applyClock replaces the whole state: the command's body is the state.
func applyClock(_ []byte, c kv.Command) ([]byte, error) { return c.Body, nil }

// now is service time, or host time while the clock is not known yet.
func (k *timekeeper) now() time.Time {
	if c := k.clock.Load(); c != nil {
		return c.Now()
	}
	return k.host.Now()
}

// attach goes on with the clock that st keeps. The first call makes the clock;
// later ones leave it running and only change where it is kept.
func (k *timekeeper) attach(ctx context.Context, st *store.Store, c Config) (*clock.Service, error) {
	catalog := st.Catalog(clockNamespace, applyClock)
	value, err := catalog.Get(ctx, clockKey)
	if err != nil {
		return nil, fmt.Errorf("read the clock: %w", err)
	}
	options := clock.ServiceOptions{Frozen: c.Frozen, At: c.StartAt}
	if value.Version > 0 {
		var saved savedClock
		if err := json.Unmarshal(value.State, &saved); err != nil {
			return nil, fmt.Errorf("read the clock: %w", err)
		}
		options = clock.ServiceOptions{Frozen: saved.Mode == clock.Frozen, At: saved.Now, Offset: saved.Offset}
	}
	k.mu.Lock()
	k.catalog, k.version = catalog, value.Version
	k.mu.Unlock()
	if k.clock.Load() == nil {
		service := clock.NewService(k.host, options)
		service.SaveTo(k.save)
		k.clock.Store(service)
	}
	service := k.clock.Load()
	if value.Version == 0 && (c.Frozen || !c.StartAt.IsZero()) {
		// A clock that just runs is saved soon enough, and a start waits for no disk.
		return service, k.save(service.State())
	}
	return service, nil
}

// save stores a state before the clock takes it.
func (k *timekeeper) save(st clock.State) error {
	body, err := json.Marshal(savedClock{Now: st.Now, Mode: st.Mode, Offset: st.Offset})
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.catalog == nil {
		return errNoInstance
	}
	value, err := k.catalog.Propose(context.Background(), kv.Command{Key: clockKey, Expect: k.version, Kind: "set", Body: body, At: st.Now})
	if err != nil {
		return err
	}
	k.version = value.Version
	return nil
}

// detach saves the clock a last time and lets go of the store.
func (k *timekeeper) detach() error {
	service := k.clock.Load()
	if service == nil {
		return nil
	}
	err := k.save(service.State())
	k.mu.Lock()
	defer k.mu.Unlock()
	k.catalog = nil
	return err
}
