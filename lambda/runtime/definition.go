package runtime

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"time"
)

// Key names a function.
type Key struct {
	Account, Region, Name string
	// Version is a published version; empty stands for $LATEST.
	Version string
}

// String is the ARN.
func (k Key) String() string {
	arn := "arn:aws:lambda:" + k.Region + ":" + k.Account + ":function:" + k.Name
	if k.Version != "" {
		arn += ":" + k.Version
	}
	return arn
}

// Origin says who has defined a function.
type Origin string

// The origins.
const (
	// FromFile is the settings file; a reload replaces these functions.
	FromFile Origin = "file"
	// FromAdmin is the admin API.
	FromAdmin Origin = "admin"
	// FromAPI is CreateFunction.
	FromAPI Origin = "api"
	// FromGo is a program that Sluice is a library of.
	FromGo Origin = "go"
)

// Definition is what is known of a function. Exactly one of HTTP, Endpoint,
// Exec, Code and Go is set: the target.
type Definition struct {
	Key
	Origin Origin
	// Runtime and Handler are what CreateFunction was told: "provided.al2023",
	// "app.handler". Only Code needs a runtime.
	Runtime, Handler string
	// Timeout bounds an invocation, in host time. Default 30 s; AWS has 3 s.
	Timeout time.Duration
	// MemoryMB is told to the function and not enforced. Default 128.
	MemoryMB int
	// Reserved is the number of invocations at a time beyond which callers are
	// refused; nil: no bound of its own.
	Reserved *int
	// Env are further variables of a process.
	Env map[string]string

	HTTP     *HTTP
	Endpoint *Endpoint
	Exec     *Exec
	Code     *Code
	Go       Handler
}

// HTTP is an address that takes events by POST and answers with the result, as
// the Runtime Interface Emulator of the AWS images does.
type HTTP struct {
	URL string
	// Concurrency is how many events may be there at a time. Default 1: the
	// emulator takes no more.
	Concurrency int
}

// Endpoint is another Lambda API: SAM local, LocalStack.
type Endpoint struct {
	URL string
	// Function is the name there. Default: the same.
	Function string
	// Concurrency is how many invocations may be there at a time. Default 10.
	Concurrency int
}

// Exec is a program that speaks the Lambda Runtime API.
type Exec struct {
	Command []string
	// Dir is where it runs. Default: where Sluice does.
	Dir string
	// Concurrency is how many processes there may be, each with one event at a
	// time. They are started on demand. Default 10.
	Concurrency int
}

// Code is a deployment package: a zip file.
type Code struct {
	// Zip is the file. It is unpacked when the function is registered, and not kept.
	Zip []byte
	// SHA256 is of the file, in hex. Register fills it in.
	SHA256 string
	// Concurrency is that of Exec.
	Concurrency int
}

// Handler is a function of this program. It must return soon after ctx ends.
type Handler func(ctx context.Context, event []byte) ([]byte, error)

// Bounds and defaults of definitions.
const (
	DefaultTimeout = 30 * time.Second
	MaxTimeout     = 15 * time.Minute
	DefaultMemory  = 128
	maxConcurrency = 1000
	defaultPlaces  = 10
)

var namePattern = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// Validate reports what cannot work, in words for people.
func (d *Definition) Validate() error {
	if !namePattern.MatchString(d.Name) {
		return fmt.Errorf("%q is not the name of a function: letters, digits, - and _, at most 64", d.Name)
	}
	if d.Timeout < 0 || d.Timeout > MaxTimeout {
		return fmt.Errorf("timeout %s is not from 0s to %s", d.Timeout, MaxTimeout)
	}
	if d.Reserved != nil && *d.Reserved < 0 {
		return errors.New("reserved concurrency cannot be negative")
	}
	return d.validateTarget()
}

func (d *Definition) validateTarget() error {
	targets, places := 0, 0
	var problem error
	if d.HTTP != nil {
		targets, places, problem = targets+1, d.HTTP.Concurrency, checkURL(d.HTTP.URL)
	}
	if d.Endpoint != nil {
		targets, places, problem = targets+1, d.Endpoint.Concurrency, checkURL(d.Endpoint.URL)
	}
	if d.Exec != nil {
		targets, places = targets+1, d.Exec.Concurrency
		if len(d.Exec.Command) == 0 || d.Exec.Command[0] == "" {
			problem = errors.New("exec needs a command")
		}
	}
	if d.Code != nil {
		targets, places = targets+1, d.Code.Concurrency
	}
	if d.Go != nil {
		targets++
	}
	switch {
	case targets != 1:
		return errors.New("a function has one target: http, endpoint or exec")
	case problem != nil:
		return problem
	case places < 0 || places > maxConcurrency:
		return fmt.Errorf("concurrency %d is not from 1 to %d", places, maxConcurrency)
	}
	return nil
}

func checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q is not a URL such as http://127.0.0.1:9000/", text)
	}
	return nil
}

// filled is the definition with its defaults, sharing nothing that changes
// with the caller's.
func (d Definition) filled() Definition {
	d.Timeout = or(d.Timeout, DefaultTimeout)
	d.MemoryMB = or(d.MemoryMB, DefaultMemory)
	d.Env = maps.Clone(d.Env)
	if d.Reserved != nil {
		n := *d.Reserved
		d.Reserved = &n
	}
	if d.HTTP != nil {
		t := *d.HTTP
		t.Concurrency = or(t.Concurrency, 1)
		d.HTTP = &t
	}
	if d.Endpoint != nil {
		t := *d.Endpoint
		t.Concurrency, t.Function = or(t.Concurrency, defaultPlaces), or(t.Function, d.Name)
		d.Endpoint = &t
	}
	if d.Exec != nil {
		t := *d.Exec
		t.Concurrency, t.Command = or(t.Concurrency, defaultPlaces), slices.Clone(t.Command)
		d.Exec = &t
	}
	if d.Code != nil {
		t := *d.Code
		t.Concurrency = or(t.Concurrency, defaultPlaces)
		d.Code = &t
	}
	return d
}

// same is true when a function need not be started again for b. Handlers
// cannot be compared, so a Go function never is the same.
func (d *Definition) same(b *Definition) bool {
	return d.Go == nil && b.Go == nil && reflect.DeepEqual(d, b)
}

func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}
