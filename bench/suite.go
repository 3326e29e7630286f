package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sluice/bench/rig"
)

// workload is one thing to measure.
type workload struct {
	name, title string
	// short workloads are those of a quick run.
	short  bool
	fanOut bool
	// latency workloads are compared by p50, the others by requests a second.
	latency bool
	// shards of the stream, 0 for those of the command line.
	shards int
	// sluice workloads are for Sluice alone, kept ones for who survives a restart,
	// told ones for who gives back what was put.
	sluice, kept, told bool
	// turns workloads take turns, round by round, with the one before them, to
	// which they are compared.
	turns  bool
	floors []floor
	run    func(*bench, *rig.Process) (Sample, error)
}

// floor is what Sluice is held to.
type floor struct {
	// ratio is the least, to another server at the same workload, or to another
	// workload on Sluice itself.
	ratio            float64
	server, workload string
	// millis is the most that the median of a request may take, and tail what the
	// slowest in a hundred may.
	millis, tail float64
	// read and written are the most bytes a payload byte.
	read, written float64
	// megabytes is the least a second, memory the most of it, and behind the most
	// seconds of load that a delivery may be behind.
	megabytes, memory, behind float64
}

func (f floor) String() string {
	switch {
	case f.tail > 0:
		return fmt.Sprintf("p50/p99 ≤ %g/%g ms", f.millis, f.tail)
	case f.millis > 0:
		return fmt.Sprintf("p50 ≤ %g ms", f.millis)
	case f.read > 0:
		return fmt.Sprintf("≤ %g read/byte", f.read)
	case f.written > 0:
		return fmt.Sprintf("≤ %g written/byte", f.written)
	case f.megabytes > 0:
		return fmt.Sprintf("≥ %g MB/s", f.megabytes)
	case f.memory > 0:
		return fmt.Sprintf("≤ %g MB", f.memory)
	case f.behind > 0:
		return fmt.Sprintf("≤ %g s behind", f.behind)
	case f.workload != "":
		return fmt.Sprintf("≥ %g × %s", f.ratio, f.workload)
	}
	return fmt.Sprintf("≥ %g × %s", f.ratio, f.server)
}

// times is a floor against another server.
func times(ratio float64, server string) floor { return floor{ratio: ratio, server: server} }

// bench is one invocation.
type bench struct {
	duration, warm time.Duration
	rounds, shards int
	kill           bool
	fill           int64 // bytes of a filled store
	folder         string
	kinds          []*rig.Kind
	workloads      []workload
}

// run measures every workload, the servers taking turns round by round, each
// time as a new process on an empty folder. So do workloads that are compared.
func (b *bench) run(report func(Sample)) error {
	for begin := 0; begin < len(b.workloads); {
		end := begin + 1
		for end < len(b.workloads) && b.workloads[end].turns {
			end++
		}
		for round := range b.rounds {
			for _, w := range b.workloads[begin:end] {
				if err := b.round(w, round+1, report); err != nil {
					return err
				}
			}
		}
		begin = end
	}
	return nil
}

func (b *bench) round(w workload, round int, report func(Sample)) error {
	for _, kind := range b.kinds {
		if !w.suits(kind) {
			continue
		}
		s, err := b.one(w, kind)
		if err != nil {
			return fmt.Errorf("%s on %s: %w", w.name, kind.Name, err)
		}
		s.Workload, s.Server, s.Round = w.name, kind.Name, round
		report(s)
	}
	return nil
}

// suits tells whether a kind of server can do the workload at all.
func (w *workload) suits(kind *rig.Kind) bool {
	switch {
	case w.sluice && (!kind.Durable || kind.Limit):
		return false
	case w.kept && !kind.Durable, w.told && !kind.Keeps:
		return false
	case w.fanOut:
		return kind.FanOut
	case w.latency:
		return kind.Keeps
	case kind.PutsOnly:
		return strings.HasPrefix(w.name, "put")
	}
	return true
}

func (b *bench) one(w workload, kind *rig.Kind) (Sample, error) {
	folder, err := os.MkdirTemp(b.folder, kind.Name+"-")
	if err != nil {
		return Sample{}, err
	}
	defer os.RemoveAll(folder)
	p, err := rig.Start(kind, folder)
	if err != nil {
		return Sample{}, err
	}
	defer p.Stop()
	as := *b
	if w.shards > 0 {
		as.shards = w.shards
	}
	s, err := w.run(&as, p)
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, p.Log())
	}
	return s, err
}

// choose picks workloads by name or by a part of it ending in a star.
func choose(names string) ([]workload, error) {
	var chosen []workload
	for name := range strings.SplitSeq(names, ",") {
		n := len(chosen)
		for _, w := range workloads() {
			matched, err := filepath.Match(name, w.name)
			if err != nil {
				return nil, err
			}
			if matched {
				chosen = append(chosen, w)
			}
		}
		if len(chosen) == n {
			return nil, fmt.Errorf("no workload %q; there are %s", name, strings.Join(workloadNames(), " "))
		}
	}
	return chosen, nil
}

func workloadNames() []string {
	var all []string
	for _, w := range workloads() {
		all = append(all, w.name)
	}
	return all
}

func shortList() []workload {
	return slices.DeleteFunc(workloads(), func(w workload) bool { return !w.short })
}
