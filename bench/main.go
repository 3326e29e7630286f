// Command bench measures Sluice beside other servers that speak the Kinesis
// API, and beside limits that do the least possible.
//
// It starts each server as a child process, drives it over keep-alive
// connections with a client that costs little, lets the servers take turns
// round by round, and reads back every acknowledged record: present once, in
// order, intact, and for Sluice after a kill -9. It imports nothing of what it
// measures. docs/performance.md tells how to repeat the figures given there.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sluice/bench/limits"
	"sluice/bench/rig"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	sluice, servers, workloads, folder, json string
	short, footprint, kill, report           bool
	connections                              int
	duration, warm                           time.Duration
	rounds, shards                           int
	fill                                     float64
	extra                                    string
}

func parse(arguments []string) (options, error) {
	var o options
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.sluice, "sluice", "", "binary to measure; built from this module when empty")
	f.StringVar(&o.extra, "sluice-flags", "", "further flags for sluice serve, separated by spaces")
	f.StringVar(&o.servers, "servers", "sluice,kinesalite,segments,canned", "who takes turns")
	f.StringVar(&o.workloads, "workloads", "*", "what to measure, * and ? match: "+strings.Join(workloadNames(), " "))
	f.BoolVar(&o.short, "short", false, "3 s a run, and the short list of workloads unless some are named")
	f.BoolVar(&o.footprint, "footprint", true, "also measure start, idle memory and size of sluice")
	f.IntVar(&o.connections, "idle-connections", 2000, "how many idle connections the footprint opens")
	f.DurationVar(&o.duration, "d", 10*time.Second, "timed part of a run")
	f.DurationVar(&o.warm, "warm", time.Second, "load before the timed part")
	f.IntVar(&o.rounds, "rounds", 0, "how often each server takes its turn; 3 when 0, and 2 with -short")
	f.Float64Var(&o.fill, "fill", 1, "how many GiB a filled store holds")
	f.IntVar(&o.shards, "shards", 4, "shards of the stream that is written to")
	f.BoolVar(&o.kill, "kill", true, "kill -9 durable servers before their records are read back")
	f.BoolVar(&o.report, "report-only", false, "tell of missed floors, but do not fail for them")
	f.StringVar(&o.folder, "folder", "", "where data folders are made; a temporary one when empty")
	f.StringVar(&o.json, "json", "", "file for every sample")
	err := f.Parse(arguments)
	rounds := 3
	if o.short {
		o.duration, rounds = 3*time.Second, 2
	}
	o.rounds = cmp.Or(o.rounds, rounds)
	return o, err
}

func run(arguments []string) error {
	if len(arguments) == 4 && arguments[0] == "limit" {
		return limit(arguments[1], arguments[2], arguments[3])
	}
	o, err := parse(arguments)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp(o.folder, "sluice-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	b, err := o.bench(folder)
	if err != nil {
		return err
	}
	r := newReport()
	if o.footprint && o.sluice != "" {
		f, err := footprint(b, b.kinds[0], o.sluice, o.connections)
		if err != nil {
			return err
		}
		r.Footprint = &f
	}
	err = b.run(func(s Sample) {
		r.Samples = append(r.Samples, s)
		fmt.Fprintf(os.Stderr, "%-14s %-11s round %d: %9.0f requests/s %10.0f records/s  p50 %.3f p99 %.3f ms  %.1f µs/record\n",
			s.Workload, s.Server, s.Round, s.Requests, s.Records, s.P50, s.P99, s.ServerCPU)
	})
	r.writeTables(os.Stdout)
	if o.json != "" && err == nil {
		err = r.writeJSON(o.json)
	}
	if err == nil && !r.clean() {
		err = fmt.Errorf("records were lost, doubled or damaged; see above")
	}
	if missed := r.missed(); err == nil && len(missed) > 0 {
		fmt.Println()
		for _, m := range missed {
			fmt.Println("missed:", m)
		}
		if !o.report {
			err = fmt.Errorf("%d floors were missed; see above", len(missed))
		}
	}
	return err
}

// limit serves one of the limits, as the child process that rig.Limit starts.
func limit(name, address, folder string) error {
	switch name {
	case "segments", "segments-fsync":
		return limits.Segments(address, folder, name == "segments-fsync")
	case "parsed":
		return limits.Parsed(address)
	}
	return limits.Canned(address)
}

// bench prepares the servers and workloads that were asked for.
func (o *options) bench(folder string) (*bench, error) {
	b := &bench{duration: o.duration, warm: o.warm, rounds: o.rounds, shards: o.shards, kill: o.kill, folder: folder, fill: int64(o.fill * (1 << 30))}
	var err error
	if b.workloads, err = choose(o.workloads); err != nil {
		return nil, err
	}
	if o.short && o.workloads == "*" {
		b.workloads = shortList()
	}
	for name := range strings.SplitSeq(o.servers, ",") {
		kind, err := o.kind(name, folder)
		if err != nil {
			return nil, err
		}
		b.kinds = append(b.kinds, kind)
	}
	return b, nil
}

func (o *options) kind(name, folder string) (*rig.Kind, error) {
	switch name {
	case "sluice":
		if o.sluice == "" {
			binary, err := rig.Build(folder)
			if err != nil {
				return nil, err
			}
			o.sluice = binary
		}
		return rig.Sluice(o.sluice, strings.Fields(o.extra)...), nil
	case "limited": // limits are counted but never reached
		if _, err := o.kind("sluice", folder); err != nil {
			return nil, err
		}
		kind := rig.Sluice(o.sluice, append(strings.Fields(o.extra), "--limits", "x1000000")...)
		kind.Name = "limited"
		return kind, nil
	case "kinesalite", "kinesis-mock":
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, err
		}
		cache = filepath.Join(cache, "sluice-bench")
		if name == "kinesis-mock" {
			return rig.KinesisMock(cache)
		}
		return rig.Kinesalite(cache)
	case "moto":
		return rig.Moto()
	case "ferrokinesis":
		return rig.Ferrokinesis()
	case "canned", "parsed", "segments", "segments-fsync":
		return rig.Limit(name)
	}
	return nil, fmt.Errorf("no server %q; there are sluice, limited, kinesalite, kinesis-mock, moto, ferrokinesis, canned, parsed, segments and segments-fsync", name)
}
