package sluice

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/lambda/runtime"
	"sluice/server"
	"sluice/server/fault"
	"sluice/store"
	"sluice/store/snapshot"
)

// Sluice is a running instance.
//
//	            clients                       Go programs
//	               │                               │
//	        ┌──────▼───────┐   Reload, Replace  ┌──▼───┐
//	        │    server    ◄────────────────────┤Sluice│
//	        └──────┬───────┘                    └──┬───┘
//	- - - - - - - -│- - - - - - - - - - - - - - - -│- - - - instance: what Replace
//	        ┌──────▼───────┐                       │        closes and opens again
//	        │ server.Mounts│ an operation a method │        under the listener
//	        └──┬────────┬──┘                       │
//	      ┌────▼───┐ ┌──▼──┐                ┌──────▼─────┐
//	      │ shards │ │ sts │                │ timekeeper │ keeps the clock's
//	      └────┬───┘ └─────┘                └──────┬─────┘ offset and mode
//	      ┌────▼───────────────────────────────────▼─┐
//	      │ store: logs of records, catalogs         │
//	      └──────────────────────────────────────────┘
//
// The two clocks and the dice stand outside: they outlive an instance.
type Sluice struct {
	config Config
	log    *slog.Logger
	level  *slog.LevelVar // nil when Config.Logger was given
	host   clock.Clock
	clock  *clock.Service
	keeper *timekeeper
	dice   *dice.Dice
	faults *fault.Set
	keys   *keyring // nil when signatures are not checked
	door   *server.Server
	shelf  snapshot.Shelf

	transfers *transfers
	functions *runtime.Host // nil until the clock is there
	kept      *keptFunctions

	// mu makes one of Replace and Close at a time.
	mu     sync.Mutex
	closed bool // guarded by mu
	// current is nil while there is none. Only the holder of mu stores it.
	current atomic.Pointer[instance]

	// seeds are the streams, and mappings the mappings, that a new instance is given; a reload stores others.
	seeds    atomic.Pointer[[]StreamSeed]
	mappings atomic.Pointer[[]MappingSeed]
	// limits are those in force, for a new instance too.
	limits atomic.Pointer[Limits]
	// reloading guards live: config with what reloads have changed.
	reloading sync.Mutex
	live      Config
}

// Open starts an instance: it opens the store, listens, opens the rooms and
// makes the seeded streams. When it returns, requests are answered. An error
// that something outside can cure, a busy port or a locked data folder, is a
// *BlockedError.
func Open(ctx context.Context, c Config) (*Sluice, error) {
	s, err := prepare(c)
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		_ = s.Close()
		return nil, blocked(s.adviseOn(err))
	}
	return s, nil
}

// prepare makes what outlives an instance and opens nothing.
func prepare(c Config) (_ *Sluice, err error) {
	c = c.withDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Sluice{config: c, live: c, host: clock.Host(), dice: dice.System()}
	if c.Seed != 0 {
		s.dice = dice.Seeded(c.Seed)
	}
	s.log, s.level = newLogger(c)
	s.faults = fault.NewSet(s.dice)
	s.transfers = newTransfers()
	s.seeds.Store(&c.Streams)
	s.mappings.Store(&c.Mappings)
	s.limits.Store(&c.Limits)
	s.keeper = &timekeeper{host: s.host}
	s.keys, err = c.keys()
	return s, err
}

// start opens from the inside out. Close undoes what a failed start has done.
func (s *Sluice) start(ctx context.Context) (err error) {
	inst, err := s.openStore(ctx)
	if err != nil {
		return err
	}
	s.current.Store(inst)
	if err = s.openSessions(); err != nil {
		return err
	}
	if err = s.openShelf(); err != nil {
		return err
	}
	if s.clock, err = s.keeper.attach(ctx, inst.store, s.config); err != nil {
		return err
	}
	if s.door, err = server.Open(ctx, s.serverConfig()); err != nil {
		return err
	}
	if err = s.openFunctions(); err != nil {
		return err
	}
	warnOpen(s.log, s.config)
	if err = s.openRooms(ctx, inst); err != nil {
		return err
	}
	if err = s.dropReplaced(); err != nil {
		return err
	}
	s.faults.Know(inst.mounts.FaultTargets())
	if _, err = s.configureFaults(s.config.Faults); err != nil {
		return err
	}
	if err = s.door.Install(ctx, inst.mounts); err != nil {
		return err
	}
	return s.awaitSeeds(ctx, inst)
}

func (s *Sluice) serverConfig() server.Config {
	c := s.config
	out := server.Config{
		Listen: c.Listen, HostNames: c.HostNames, TLSCert: c.TLSCert, TLSKey: c.TLSKey, Region: c.Region, Account: c.Account,
		CORSOrigins: c.CORSOrigins, AdminListen: c.AdminListen, AdminToken: c.AdminToken, MemoryLimit: int64(c.MemoryLimit / 2),
		LogRequests: c.LogRequests, Logger: s.log, Host: s.host, Service: s.clock, Dice: s.dice, Version: c.Version,
		Faults: s.faults,
		Admin: server.AdminHooks{Store: s.storeHealth, Traffic: traffic{s}, Scaling: scaling{s}, Functions: functionHook{s}, Hoses: hoses{s}, Mappings: mappings{s},
			Snapshots: snapshots{s}, Archives: archives{s}, Reset: s.resetHook},
	}
	if s.keys != nil {
		out.Keys = s.keys
	}
	if !c.Memory {
		out.CADir = filepath.Join(c.Data, "tls")
	}
	if c.AllowExec {
		out.Starters = []string{lambdaID}
		out.Makers = []string{lambdaID + ":CreateFunction", lambdaID + ":UpdateFunctionCode", lambdaID + ":UpdateFunctionConfiguration"}
	}
	if c.Reloaded != nil {
		out.Admin.Reload = s.reloadHook
	}
	return out
}

// Endpoint is the URL to give to clients, http://127.0.0.1:4566 for one. The
// same port speaks https.
func (s *Sluice) Endpoint() string { return s.door.Addresses()[0] }

// Endpoints are the URLs of all listeners.
func (s *Sluice) Endpoints() []string { return s.door.Addresses() }

// AWSConfig is a configuration for clients of the AWS SDK for Go: this
// endpoint, the region and credentials of this instance's account, or the first
// of Config.Keys where signatures are checked. It reads nothing from the
// environment.
func (s *Sluice) AWSConfig() aws.Config {
	// An access key id of 12 digits names the account.
	key := Key{ID: s.config.Account, Secret: "sluice"}
	if s.keys != nil && len(s.config.Keys) > 0 {
		key = s.config.Keys[0]
	}
	return aws.Config{
		Region:       s.config.Region,
		BaseEndpoint: aws.String(s.Endpoint()),
		HTTPClient:   newPatientClient(),
		Credentials:  credentials.NewStaticCredentialsProvider(key.ID, key.Secret, key.Token),
	}
}

// Clock is service time: what the records, iterators, retention and states of
// this instance go by. Move it to see a day pass in a moment.
func (s *Sluice) Clock() *Clock { return s.clock }

// Operations is the coverage table: every operation of every service, and how
// far it is there.
func (s *Sluice) Operations() []Operation {
	inst := s.current.Load()
	if inst == nil {
		return nil
	}
	return inst.mounts.Operations()
}

// Replace closes the store, the rooms and all that runs in them, and opens
// them again, while the listener stays. Calls under way are given time to end,
// subscriptions end, calls that come meanwhile wait. State in memory is lost,
// but for snapshots.
func (s *Sluice) Replace(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	return s.door.Replace(ctx, func(ctx context.Context) (*server.Mounts, error) {
		if err := s.closeInstance(); err != nil {
			return nil, err
		}
		return s.openInstance(ctx, func() (*store.Store, error) { return store.Open(s.storeOptions()) })
	})
}

// closeInstance closes rooms and store and lets go of them.
func (s *Sluice) closeInstance() error {
	inst := s.current.Swap(nil)
	if inst == nil {
		return nil
	}
	return inst.close(s.keeper)
}

// Close answers the calls under way, within 5 seconds, and gives back port and
// data folder. Closing twice is no error.
func (s *Sluice) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	var err error
	if s.door != nil {
		err = s.door.Close(context.Background())
	}
	s.transfers.close()
	err = errors.Join(err, s.closeInstance())
	if s.functions != nil {
		err = errors.Join(err, wrap("close the functions", s.functions.Close()))
	}
	if s.clock != nil {
		s.clock.Close()
	}
	return err
}

func newLogger(c Config) (*slog.Logger, *slog.LevelVar) {
	if c.Logger != nil {
		return c.Logger, nil
	}
	level := new(slog.LevelVar)
	level.Set(c.LogLevel)
	out := c.LogOutput
	if out == nil {
		out = io.Discard
	}
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == LogJSON {
		return slog.New(slog.NewJSONHandler(out, options)), level
	}
	return slog.New(slog.NewTextHandler(out, options)), level
}

// Clock and its companions are the service clock as this package's users see it.
type (
	// Clock is movable service time.
	Clock = clock.Service
	// ClockReport tells what a move of the clock did.
	ClockReport = clock.Report
	// Operation is one row of the coverage table.
	Operation = server.Operation
)
