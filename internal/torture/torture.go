// Package torture is what the harnesses of docs/reliability.md have in common:
// how long one plays, with which seeds, and where the outcome is written down.
//
// In the usual tests a harness plays a slice of new seeds. `make torture` and
// these variables make it longer:
//
//	SLUICE_TORTURE_SEED=42      that seed again, and no other
//	SLUICE_TORTURE_SEEDS=10000  so many seeds
//	SLUICE_TORTURE_MINUTES=20   so long, or until there are no seeds left
//	SLUICE_TORTURE_FIRST=1      the first seed; else one that nobody had before
//	SLUICE_TORTURE_RECORD=file  to which a line of the outcome is appended
//	SLUICE_TORTURE_REVISION=x   what that line says about the program
package torture

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"sluice/internal/clock"
)

// Plan says how long a harness plays.
type Plan struct {
	// Harness is its name, and Test that of the test, to play a seed again.
	Harness, Test string
	// Seeds is how many a slice of it has; at most so many are played in Limit.
	Seeds int
	// Limit bounds a slice on a machine that is busy; zero means none.
	Limit time.Duration
}

// Long reports whether somebody asked for more than a slice.
func Long() bool {
	return os.Getenv("SLUICE_TORTURE_SEEDS") != "" || os.Getenv("SLUICE_TORTURE_MINUTES") != "" || os.Getenv("SLUICE_TORTURE_SEED") != ""
}

// Minutes is how long somebody asked for, and otherwise when nobody did.
func Minutes(otherwise time.Duration) time.Duration {
	if m := number("SLUICE_TORTURE_MINUTES"); m > 0 {
		return time.Duration(m) * time.Minute
	}
	return otherwise
}

// Play plays seeds until the plan is fulfilled, or one finds a violation, which
// fails the test. tally says in the end what happened in all of them.
func (p Plan) Play(t *testing.T, play func(seed uint64) error, tally func() string) {
	t.Helper()
	if seed := number("SLUICE_TORTURE_SEED"); seed > 0 {
		if err := play(seed); err != nil {
			t.Fatal(err)
		}
		return
	}
	host := clock.Host()
	begin := host.Now()
	first := number("SLUICE_TORTURE_FIRST")
	if first == 0 {
		first = uint64(begin.UnixNano())
	}
	seeds, limit := p.span()
	n := uint64(0)
	for ; n < seeds && (limit == 0 || n == 0 || host.Now().Sub(begin) < limit); n++ {
		if err := play(first + n); err != nil {
			p.write(t, begin, first, n+1, tally(), fmt.Sprintf("**violation** with seed %d", first+n))
			t.Fatalf("seed %d: %v\nto play it again: SLUICE_TORTURE_SEED=%d go test -run %s", first+n, err, first+n, p.Test)
		}
		if Long() && n%100 == 99 {
			fmt.Printf("%s: %d seeds from %d in %v: %s\n", p.Harness, n+1, first, host.Now().Sub(begin).Round(time.Second), tally())
		}
	}
	t.Logf("%d seeds from %d: %s", n, first, tally())
	p.write(t, begin, first, n, tally(), "none")
}

// span is how many seeds are played, and in which time.
func (p Plan) span() (seeds uint64, limit time.Duration) {
	if !Long() {
		return uint64(p.Seeds), p.Limit
	}
	seeds = number("SLUICE_TORTURE_SEEDS")
	if seeds == 0 {
		seeds = 1 << 62
	}
	return seeds, Minutes(0)
}

func (p Plan) write(t *testing.T, begin time.Time, first, n uint64, tally, violations string) {
	t.Helper()
	Record(t, p.Harness, begin, fmt.Sprintf("%d seeds from %d", n, first), tally, violations)
}

// Record appends a line about a run to the file that SLUICE_TORTURE_RECORD
// names: a row of the table at the end of docs/reliability.md.
func Record(t *testing.T, harness string, begin time.Time, span, tally, violations string) {
	t.Helper()
	path := os.Getenv("SLUICE_TORTURE_RECORD")
	if path == "" {
		return
	}
	revision := os.Getenv("SLUICE_TORTURE_REVISION")
	if revision == "" {
		revision = "unknown"
	}
	took := clock.Host().Now().Sub(begin).Round(time.Second)
	row := fmt.Sprintf("| %s | %s | %s | %s, %s | %s | %s |\n", begin.Format(time.DateOnly), revision, harness, span, took, tally, violations)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err == nil {
		_, err = f.WriteString(row)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Error(err)
	}
}

// number reads a variable; anything but a number is none.
func number(name string) uint64 {
	n, _ := strconv.ParseUint(os.Getenv(name), 10, 64)
	return n
}
