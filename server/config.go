package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"time"

	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/server/fault"
)

// Config says how the door listens and answers. The zero value of every field
// has a working default.
type Config struct {
	// Listen holds HOST:PORT addresses; default "localhost:4566". localhost
	// means 127.0.0.1 and, where the machine has it, ::1 on the same port.
	// Port 0 picks a free one.
	Listen []string
	// HostNames are further names of this machine, for certificates and the
	// Host check of the admin paths.
	HostNames []string
	// TLSCert and TLSKey are PEM files that replace the local certificate.
	TLSCert, TLSKey string
	// CADir keeps the local certificate authority; empty keeps it in memory.
	CADir string
	// Region and Account are used when a request does not say;
	// default us-east-1 and 000000000000.
	Region, Account string
	// CORSOrigins are the web origins that may call; default those of
	// loopback pages. "*" admits every origin.
	CORSOrigins []string
	// AdminListen moves /_sluice/ to an address of its own.
	AdminListen string
	// AdminToken, when set, must come as a bearer token with every call below
	// /_sluice/ except the health check.
	AdminToken string
	// Keys makes every call prove who it is by its signature; nil believes
	// what requests say.
	Keys Keyring
	// MemoryLimit bounds the bytes of all request bodies and large answers held at one time,
	// decoded forms included; default 256 MiB.
	MemoryLimit int64
	// Starters are the services whose calls can start a process on this
	// machine. They are not to be reached by a name that somebody else may have
	// pointed here.
	Starters []string
	// Makers are the operations of those, "lambda:CreateFunction" for one, that
	// say what such a process runs. No web page may call them, not even one that
	// CORSOrigins lets in, nor import a snapshot, which may hold a function.
	Makers []string
	// LogRequests writes one line per call at level info.
	LogRequests bool
	// Logger receives what people should read; default: nowhere.
	Logger *slog.Logger
	// Host drives everything about connections; Service is shown and moved
	// by /_sluice/clock. Dice gives request ids.
	Host    clock.Clock
	Service *clock.Service
	Dice    *dice.Dice
	// Version is shown by the health documents.
	Version string
	// Faults are the rules by which faults happen on order; default none.
	Faults *fault.Set
	// Admin connects the admin paths with the rest of the program.
	Admin AdminHooks
	// HeaderTimeout bounds the arrival of a request's header, default 20 s;
	// IdleTimeout how long a connection may stay without a request, default
	// 10 minutes, or in a write that its client does not read; BodyTimeout how
	// long a body may stand still, default 1 minute. All in host time.
	HeaderTimeout, IdleTimeout, BodyTimeout time.Duration
	// MaxConnections is how many connections a listener has at one time; further
	// ones are closed at once. Default: what the process may have open, less
	// what its files need.
	MaxConnections int64
	// WaitTimeout is how long a request waits for memory or for the next
	// instance, default 15 s of host time.
	WaitTimeout time.Duration
}

// AdminHooks are the parts of the admin API that the door cannot answer alone.
type AdminHooks struct {
	// Store describes where state lives; nil shows a memory store.
	Store func() StoreHealth
	// Traffic has the limits and the load of streams; nil answers that there
	// are none.
	Traffic Traffic
	// Scaling has the policies by which streams scale; nil answers that there
	// are none.
	Scaling Scaling
	// Mappings has the event source mappings; nil answers that there are none.
	Mappings Mappings
	// Functions has the functions; nil answers that there are none.
	Functions Functions
	// Hoses has the delivery streams; nil answers that there are none.
	Hoses Hoses
	// Snapshots and Archives keep copies of all state; nil answers that there
	// are none. Their errors may come from NewProblem.
	Snapshots Snapshots
	Archives  Archives
	// Reset removes what services keep and counts it by service; nil answers
	// that nothing can be removed. Empty names mean all.
	Reset func(ctx context.Context, service, account, region string) (removed map[string]int, err error)
	// Disabled names services that are switched off.
	Disabled []string
	// Reload reads the settings again; nil answers that there are none. An
	// error may have a method Hint() string.
	Reload func(ctx context.Context) (Reloaded, error)
}

// StoreHealth is the store's part of the health document.
type StoreHealth struct {
	// Kind is "pebble" or "memory", Durability "process", "disk" or "none".
	Kind, Durability string
	Format           int
	// Reasons say in words what is wrong; any makes the server degraded.
	Reasons []string
}

// Reloaded tells what came of new settings.
type Reloaded struct {
	// Applied and NeedsRestart name settings that changed.
	Applied, NeedsRestart []string
}

const (
	defaultMemoryLimit = 256 << 20
	drainGrace         = 3500 * time.Millisecond
)

var (
	accountForm = regexp.MustCompile(`^\d{12}$`)
	regionForm  = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
)

// filled returns c with defaults, or the reason why it cannot be used.
func (c Config) filled() (Config, error) {
	if len(c.Listen) == 0 {
		c.Listen = []string{"localhost:4566"}
	}
	fill(&c.Region, "us-east-1")
	fill(&c.Account, "000000000000")
	fill(&c.MemoryLimit, defaultMemoryLimit)
	fill(&c.Logger, slog.New(slog.DiscardHandler))
	fill(&c.Version, "dev")
	fill(&c.HeaderTimeout, 20*time.Second)
	fill(&c.IdleTimeout, 10*time.Minute)
	fill(&c.BodyTimeout, time.Minute)
	fill(&c.WaitTimeout, 15*time.Second)
	if c.MaxConnections == 0 {
		c.MaxConnections = descriptors() - spare(descriptors())
	}
	if c.Host == nil {
		c.Host = clock.Host()
	}
	if c.Service == nil {
		c.Service = clock.NewService(c.Host, clock.ServiceOptions{})
	}
	if c.Dice == nil {
		c.Dice = dice.System()
	}
	if c.Faults == nil {
		c.Faults = fault.NewSet(c.Dice)
	}
	if c.Admin.Store == nil {
		c.Admin.Store = func() StoreHealth { return StoreHealth{Kind: "memory", Durability: "none", Format: 1} }
	}
	return c, c.validate()
}

func (c Config) validate() error {
	switch {
	case !accountForm.MatchString(c.Account):
		return fmt.Errorf("account %q: 12 digits are needed", c.Account)
	case !regionForm.MatchString(c.Region):
		return fmt.Errorf("region %q: letters, digits and hyphens are allowed", c.Region)
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("a TLS certificate and its key must be given together")
	case c.MemoryLimit < 1<<20:
		return fmt.Errorf("memory limit %d: at least 1 MiB is needed", c.MemoryLimit)
	}
	return nil
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
