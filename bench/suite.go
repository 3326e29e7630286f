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
	// sluice workloads are for Sluice alone.
	sluice bool
	floors []floor
	run    func(*bench, *rig.Process) (Sample, error)
}

// floor is what Sluice is held to.
type floor struct {
	// ratio is the least, to another server at the same workload, or to another
	// workload on Sluice itself.
	ratio            float64
	server, workload string
	// millis is the most that the median of a request may take.
	millis float64
}

func (f floor) String() string {
	switch {
	case f.millis > 0:
		return fmt.Sprintf("p50 ≤ %g ms", f.millis)
	case f.workload != "":
		return fmt.Sprintf("≥ %g × %s", f.ratio, f.workload)
	}
	return fmt.Sprintf("≥ %g × %s", f.ratio, f.server)
}

// times is a floor against another server.
func times(ratio float64, server string) floor { return floor{ratio: ratio, server: server} }

// Rates of the latency workloads, a second.
const (
	visibleRate = 500
	fanOutRate  = 200
)

func workloads() []workload {
	return []workload{
		{name: "put-1k-c1", title: "PutRecord 1 KiB, 1 connection", floors: []floor{times(2, "kinesalite")}, run: put(1024, 1, 1)},
		{name: "put-1k-c8", title: "PutRecord 1 KiB, 8 connections", short: true, floors: []floor{times(3, "kinesalite"), times(0.6, "segments")}, run: put(1024, 1, 8)},
		{name: "put-1k-c64", title: "PutRecord 1 KiB, 64 connections", run: put(1024, 1, 64)},
		{name: "put-100b-c8", title: "PutRecord 100 B, 8 connections", run: put(100, 1, 8)},
		{name: "put-100k-c8", title: "PutRecord 100 KiB, 8 connections", run: put(100<<10, 1, 8)},
		{name: "puts-1k-c4", title: "PutRecords 500 × 1 KiB, 4 connections", short: true, floors: []floor{times(12, "kinesalite"), times(0.75, "segments")}, run: put(1024, 500, 4)},
		{name: "puts-100b-c4", title: "PutRecords 500 × 100 B, 4 connections", short: true, floors: []floor{times(30, "kinesalite")}, run: put(100, 500, 4)},
		{name: "puts-1k-s256", title: "PutRecords 500 × 1 KiB, 4 connections, 256 shards", shards: 256, run: put(1024, 500, 4)},
		{name: "puts-1k-s1000", title: "PutRecords 500 × 1 KiB, 4 connections, 1,000 shards", shards: 1000, sluice: true, short: true,
			floors: []floor{{ratio: 0.35, workload: "puts-1k-c4"}}, run: put(1024, 500, 4)},
		{name: "puts-100b-s1000", title: "PutRecords 500 × 100 B, 4 connections, 1,000 shards", shards: 1000, sluice: true, short: true,
			floors: []floor{{ratio: 0.4, workload: "puts-100b-c4"}}, run: put(100, 500, 4)},
		{name: "get-1k-c2", title: "GetRecords pages of 10,000 × 1 KiB, 2 connections", short: true, floors: []floor{times(15, "kinesalite")}, run: get(1024, 2)},
		{name: "list-10000", title: "ListShards pages of 10,000 shards", sluice: true, short: true, floors: []floor{{millis: 10}}, run: listing(10_000)},
		{name: "visible", title: fmt.Sprintf("put to visible, %d puts/s", visibleRate), short: true, latency: true, run: visible(1024, visibleRate)},
		{name: "fanout", title: fmt.Sprintf("put to fan-out event, %d puts/s", fanOutRate), short: true, fanOut: true, latency: true, run: fanOut(1024, fanOutRate)},
		{name: "leases-c64", title: "conditional UpdateItem of a lease, 64 connections", fanOut: true, run: leases(64)},
	}
}

// bench is one invocation.
type bench struct {
	duration, warm time.Duration
	rounds, shards int
	kill           bool
	folder         string
	kinds          []*rig.Kind
	workloads      []workload
}

// run measures every workload, the servers taking turns round by round, each
// time as a new process on an empty folder.
func (b *bench) run(report func(Sample)) error {
	for _, w := range b.workloads {
		for round := range b.rounds {
			for _, kind := range b.kinds {
				if !w.suits(kind) {
					continue
				}
				s, err := b.one(w, kind)
				if err != nil {
					return fmt.Errorf("%s on %s: %w", w.name, kind.Name, err)
				}
				s.Workload, s.Server, s.Round = w.name, kind.Name, round+1
				report(s)
			}
		}
	}
	return nil
}

// suits tells whether a kind of server can do the workload at all.
func (w *workload) suits(kind *rig.Kind) bool {
	switch {
	case w.sluice && (!kind.Durable || kind.Limit):
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
