package sluice

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"regexp"
	"slices"
	"strings"
	"time"

	glueoutside "sluice/companions/glue/outside"
	"sluice/companions/s3/outside"
	"sluice/lambda/destination"
	"sluice/store"
)

// Config says how an instance runs. Zero fields mean the defaults of the
// command line, so Config{Memory: true} is a complete configuration.
type Config struct {
	// Listen holds the addresses to serve at, host:port. The host "localhost"
	// means the loopback addresses of both IP versions that exist; port 0 picks
	// a free one. Default localhost:4566.
	Listen []string
	// Data is the folder where state lives. Default sluice-data.
	Data string
	// Memory keeps all state in memory and nothing in Data.
	Memory bool
	// Durability is what an acknowledged write survives. Default DurabilityProcess.
	Durability Durability
	// Limits says which of the service's rates are enforced. Default LimitsAWS.
	// It can be changed while the instance runs.
	Limits Limits
	// Transition is how long resources stay CREATING, UPDATING and DELETING.
	// Default 100 ms of service time.
	Transition Transition
	// Region and Account are used when a request does not say. Defaults
	// us-east-1 and 000000000000.
	Region  string
	Account string
	// HostNames are further names for certificates and Host checks.
	HostNames []string
	// TLSCert and TLSKey are PEM files. Default: a certificate of a local
	// authority that is made at the first start and kept with the data.
	TLSCert string
	TLSKey  string
	// CORSOrigins are the web origins that may call. Default: loopback ones.
	CORSOrigins []string
	// AdminListen moves /_sluice/ to an address of its own.
	AdminListen string
	// AdminToken, when set, guards /_sluice/ as a bearer token.
	AdminToken string
	// Auth says whether signatures are checked. Default AuthOff.
	Auth Auth
	// Keys may call when they are, and those of the file Credentials.
	Keys        []Key
	Credentials string
	// MemoryLimit is the one budget for bodies, pages and caches. Default 256 MiB.
	MemoryLimit Size
	// LogFormat, LogLevel and LogRequests shape the log. Defaults text, info, off.
	LogFormat   LogFormat
	LogLevel    slog.Level
	LogRequests bool
	// Streams are created when they do not exist yet.
	Streams []StreamSeed
	// AllowExec lets functions start processes, which have the rights of the
	// user who has started Sluice.
	AllowExec bool
	// Functions can be invoked, and read streams by mappings.
	Functions []Function
	// Mappings are event source mappings that are created when they do not exist.
	Mappings []MappingSeed
	// Runtimes say how code that CreateFunction was given is run when it brings
	// no bootstrap: "python3.12" by ["python3", "-m", "awslambdaric"].
	Runtimes map[string][]string
	// FirehoseURLs says which addresses of HTTP endpoints delivery streams take.
	// Default FirehoseURLsLocal.
	FirehoseURLs FirehoseURLs
	// FailureEndpoints say where the failure documents of event source mappings
	// go: URLs by "sqs", "sns" and "s3", or by the ARN of a single destination.
	// What is not in it goes to the built-in sink, GET /_sluice/failures.
	FailureEndpoints map[string]string
	// BucketEndpoints are S3 endpoints elsewhere that deliveries to a bucket go
	// to, URLs by its name, "*" for all others. Requests are signed with
	// AWS_ACCESS_KEY_ID and its companions of the environment.
	BucketEndpoints map[string]string
	// GlueEndpoint is a Glue endpoint elsewhere that delivery streams read the
	// schemas of tables from, instead of the Data Catalog of this process.
	// Requests are signed with the keys of the environment as well.
	GlueEndpoint string
	// FastRetries shortens the pauses between the attempts of event source
	// mappings, and nothing else.
	FastRetries bool
	// Faults are put to work from the first call on.
	Faults []FaultRule

	// Fixture is a file that a snapshot was exported to. A first start begins
	// with what it holds; a data folder that is there already goes on instead.
	Fixture string

	// LogOutput is where the log goes. Default: nowhere.
	LogOutput io.Writer
	// Logger, when set, takes the log instead of LogOutput; LogFormat and
	// LogLevel then have no effect.
	Logger *slog.Logger
	// Reloaded, when set, gives the configuration that POST /_sluice/reload
	// applies.
	Reloaded func() (Config, error)
	// Version is shown by health and in logs. Default "dev".
	Version string
	// Frozen and StartAt say how service time starts on an empty store; a
	// store that has kept a clock goes on with that one.
	Frozen  bool
	StartAt time.Time
	// Seed makes ids and jitter repeatable. 0 means the operating system's dice.
	Seed uint64

	// storage changes how the store is opened: tests give it a disk that fails.
	storage func(*store.Options)
}

// Defaults of the settings that have one.
const (
	DefaultListen      = "localhost:4566"
	DefaultData        = "sluice-data"
	DefaultRegion      = "us-east-1"
	DefaultAccount     = "000000000000"
	DefaultTransition  = 100 * time.Millisecond
	DefaultMemoryLimit = 256 * MiB
)

// withDefaults fills the fields that were left zero.
func (c Config) withDefaults() Config {
	if len(c.Listen) == 0 {
		c.Listen = []string{DefaultListen}
	}
	c.Data = or(c.Data, DefaultData)
	c.FirehoseURLs = or(c.FirehoseURLs, FirehoseURLsLocal)
	c.Durability = or(c.Durability, DurabilityProcess)
	c.Limits = or(c.Limits, LimitsAWS)
	c.Transition = or(c.Transition, TransitionOf(DefaultTransition))
	c.Region = or(c.Region, DefaultRegion)
	c.Account = or(c.Account, DefaultAccount)
	c.MemoryLimit = or(c.MemoryLimit, DefaultMemoryLimit)
	c.LogFormat = or(c.LogFormat, LogText)
	c.Auth = or(c.Auth, AuthOff)
	c.Version = or(c.Version, "dev")
	return c
}

// or is value, or fallback when value is zero.
func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

var (
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	regionPattern  = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
)

// validateNames looks at what the server listens on and is called.
func (c Config) validateNames(refuse func(setting, format string, args ...any)) {
	for _, address := range c.Listen {
		if !isAddress(address) {
			refuse("listen", "%q is not HOST:PORT such as localhost:4566", address)
		}
	}
	if c.AdminListen != "" && !isAddress(c.AdminListen) {
		refuse("admin-listen", "%q is not HOST:PORT such as localhost:4567", c.AdminListen)
	}
	if slices.Contains(c.Listen, c.AdminListen) && !strings.HasSuffix(c.AdminListen, ":0") {
		refuse("admin-listen", "%s is an address of the API too; choose another, or leave admin-listen out", c.AdminListen)
	}
	for _, name := range c.HostNames {
		if strings.ContainsAny(name, "/:@ ") && net.ParseIP(name) == nil {
			refuse("host-name", "%q is not a name such as kinesis.test, without scheme and port", name)
		}
	}
}

// isAddress is true for what can be listened on: a host or none, and a port.
func isAddress(s string) bool {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	_, err = net.LookupPort("tcp", port)
	return err == nil && port != ""
}

// Validate reports what cannot work, each problem as a *UsageError.
func (c Config) Validate() error {
	c = c.withDefaults()
	var problems []error
	refuse := func(setting, format string, args ...any) {
		problems = append(problems, &UsageError{Setting: setting, Problem: fmt.Sprintf(format, args...)})
	}
	if err := new(Limits).UnmarshalText([]byte(c.Limits)); err != nil {
		refuse("limits", "%v", err)
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		refuse("tls-cert", "it needs tls-key beside it, and the other way round")
	}
	if !accountPattern.MatchString(c.Account) {
		refuse("account", "%q is not an account of 12 digits", c.Account)
	}
	if !regionPattern.MatchString(c.Region) {
		refuse("region", "%q is not a region such as us-east-1", c.Region)
	}
	if c.MemoryLimit < 32*MiB {
		refuse("memory-limit", "%s is too little to work with; the least is 32MiB", c.MemoryLimit)
	}
	c.validateNames(refuse)
	for _, origin := range c.CORSOrigins {
		if origin != "null" && !strings.Contains(origin, "://") {
			refuse("cors-origins", "%q is not an origin such as https://app.example.com", origin)
		}
	}
	for i, seed := range c.Streams {
		if err := seed.validate(); err != nil {
			refuse(fmt.Sprintf("kinesis.streams[%d]", i), "%v", err)
		}
	}
	for i := range c.Functions {
		if err := c.Functions[i].Validate(); err != nil {
			refuse(fmt.Sprintf("functions[%d]", i), "%v", err)
		} else if c.Functions[i].Exec != nil && !c.AllowExec {
			refuse(fmt.Sprintf("functions[%d]", i), "%s starts a process, which needs --allow-exec", c.Functions[i].Name)
		}
	}
	for bucket, address := range c.BucketEndpoints {
		if err := outside.Check(address); err != nil {
			refuse("bucket-endpoint", "%s: %v", bucket, err)
		}
	}
	if c.GlueEndpoint != "" {
		if err := glueoutside.Check(c.GlueEndpoint); err != nil {
			refuse("glue-endpoint", "%v", err)
		}
	}
	for name, address := range c.FailureEndpoints {
		if err := destination.CheckEndpoint(name, address); err != nil {
			refuse("failure-endpoint", "%v", err)
		}
	}
	for i, seed := range c.Mappings {
		if err := seed.validate(); err != nil {
			refuse(fmt.Sprintf("mappings[%d]", i), "%v", err)
		}
	}
	for i, rule := range c.Faults {
		if err := rule.Validate(); err != nil {
			refuse(fmt.Sprintf("faults[%d]", i), "%s", explained(err))
		}
	}
	return errors.Join(problems...)
}
