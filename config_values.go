package sluice

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Durability is what an acknowledged write survives.
type Durability string

// The two promises.
const (
	// DurabilityProcess survives the end of the process, kill -9 included.
	DurabilityProcess Durability = "process"
	// DurabilityDisk survives a loss of power as well.
	DurabilityDisk Durability = "disk"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Durability) UnmarshalText(text []byte) error {
	return oneOf(d, text, DurabilityProcess, DurabilityDisk)
}

// LogFormat is the form of a log line.
type LogFormat string

// The two forms.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *LogFormat) UnmarshalText(text []byte) error { return oneOf(f, text, LogText, LogJSON) }

func oneOf[T ~string](value *T, text []byte, allowed ...T) error {
	for _, a := range allowed {
		if string(text) == string(a) {
			*value = a
			return nil
		}
	}
	return fmt.Errorf("%q is not one of %s", text, strings.ReplaceAll(strings.Trim(fmt.Sprint(allowed), "[]"), " ", ", "))
}

// Limits says which of the service's rates are enforced: LimitsOff, LimitsAWS,
// or "xN" for N times those of AWS.
type Limits string

// The named limits.
const (
	LimitsOff Limits = "off"
	LimitsAWS Limits = "aws"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Limits) UnmarshalText(text []byte) error {
	s := string(text)
	if factor, ok := strings.CutPrefix(s, "x"); ok {
		n, err := strconv.ParseFloat(factor, 64)
		if err != nil || !(n > 0) || math.IsInf(n, 0) {
			return fmt.Errorf("%q is not a factor such as x10", s)
		}
	} else if s != string(LimitsOff) && s != string(LimitsAWS) {
		return fmt.Errorf("%q is not one of aws, off, xN", s)
	}
	*l = Limits(s)
	return nil
}

// Transition is how long a resource stays in CREATING, UPDATING or DELETING.
// The zero value means the default.
type Transition struct {
	kind  transitionKind
	after time.Duration
}

type transitionKind int

const (
	transitionFixed transitionKind = iota + 1
	transitionLikeAWS
)

// TransitionOf makes every transition last d of service time; 0 makes them
// complete at once.
func TransitionOf(d time.Duration) Transition { return Transition{kind: transitionFixed, after: d} }

// TransitionLikeAWS makes transitions last about as long as AWS takes.
func TransitionLikeAWS() Transition { return Transition{kind: transitionLikeAWS} }

// UnmarshalText implements encoding.TextUnmarshaler: a duration, or "aws".
func (t *Transition) UnmarshalText(text []byte) error {
	if string(text) == "aws" {
		*t = TransitionLikeAWS()
		return nil
	}
	d, err := parseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%w, nor aws", err)
	}
	*t = TransitionOf(d)
	return nil
}

// String is what UnmarshalText reads.
func (t Transition) String() string {
	if t.kind == transitionLikeAWS {
		return "aws"
	}
	return t.after.String()
}

// parseDuration reads a Go duration of zero or more.
func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a duration such as 100ms or 24h", s)
	}
	return d, nil
}

// Size is a number of bytes.
type Size int64

// Units of a size.
const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
	GiB Size = 1 << 30
)

// units go from the longest name to the shortest, so that KiB is not read as B.
func units() []struct {
	name string
	size Size
} {
	return []struct {
		name string
		size Size
	}{{"KiB", KiB}, {"MiB", MiB}, {"GiB", GiB}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}, {"", 1}}
}

// UnmarshalText implements encoding.TextUnmarshaler: "256MiB", "1GB", "1048576".
func (s *Size) UnmarshalText(text []byte) error {
	for _, unit := range units() {
		digits, ok := strings.CutSuffix(string(text), unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64/int64(unit.size) {
			break
		}
		*s = Size(n) * unit.size
		return nil
	}
	return fmt.Errorf("%q is not a size such as 256MiB", text)
}

// String is what UnmarshalText reads.
func (s Size) String() string {
	for _, unit := range []struct {
		name string
		size Size
	}{{"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}} {
		if s >= unit.size && s%unit.size == 0 {
			return strconv.FormatInt(int64(s/unit.size), 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

func parseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return false, errors.New(strconv.Quote(s) + " is neither true nor false")
}
