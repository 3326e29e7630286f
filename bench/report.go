package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Report is everything one invocation found.
type Report struct {
	Date      string     `json:"date"`
	Machine   string     `json:"machine"`
	Command   string     `json:"command"`
	Footprint *Footprint `json:"footprint,omitempty"`
	Samples   []Sample   `json:"samples"`
}

func newReport() *Report {
	return &Report{
		Date:    time.Now().UTC().Format("2006-01-02"),
		Machine: fmt.Sprintf("%d cores, %s, %s/%s, %s", runtime.NumCPU(), processor(), runtime.GOOS, runtime.GOARCH, runtime.Version()),
		Command: strings.Join(append([]string{"go run ./bench"}, os.Args[1:]...), " "),
	}
}

// processor names the CPU as the kernel does.
func processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	_, after, _ := strings.Cut(string(b), "model name")
	_, after, _ = strings.Cut(after, ":")
	name, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(name)
}

// clean tells whether every audit of Sluice was. What others lose is told, and
// no reason to fail.
func (r *Report) clean() bool {
	return !slices.ContainsFunc(r.Samples, func(s Sample) bool {
		return (s.Server == "sluice" || s.Server == "limited") && s.Verdict != nil && !s.Verdict.Clean()
	})
}

func (r *Report) writeJSON(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

// writeTables writes markdown: the footprint, and a row for each workload and
// server with the medians of its rounds.
func (r *Report) writeTables(w io.Writer) {
	fmt.Fprintf(w, "%s · %s · `%s`\n", r.Date, r.Machine, r.Command)
	if f := r.Footprint; f != nil {
		fmt.Fprintf(w, "\n| figure | floor | measured |\n|---|---|---|\n")
		fmt.Fprintf(w, "| start to first answered ListStreams, empty folder, median of %d | ≤ 30 ms | %.1f ms (worst %.1f) |\n", startTries, f.StartMedian, f.StartWorst)
		fmt.Fprintf(w, "| idle resident memory | ≤ 30 MB | %.1f MB |\n", f.IdleMemory)
		fmt.Fprintf(w, "| stripped binary | ≤ 30 MB | %.1f MB |\n", f.Binary)
		fmt.Fprintf(w, "| an idle connection, of %d | ≤ 25 KB | %.1f KB silent, %.1f KB after a request |\n", f.Connections, f.Silent, f.Used)
	}
	if f := r.Footprint; f != nil && f.Streams > 0 {
		fmt.Fprintf(w, "| %d streams of %d shards, idle | ≤ 150 MB, ≤ 1 %% of a core | %.1f MB, %.2f %% |\n", f.Streams, idleShards, f.StreamsMemory, f.StreamsCPU)
	}
	if f := r.Footprint; f != nil && f.Streams > 0 {
		fmt.Fprintf(w, "| %d delivery streams, idle | ≤ 1 %% of a core | %.1f MB, %.2f %% |\n", f.Streams, f.HosesMemory, f.HosesCPU)
	}
	if len(r.Samples) == 0 {
		return
	}
	others := r.others()
	fmt.Fprintf(w, "\n| workload | server | requests/s | records/s | MB/s | p50 ms | p99 ms | p99.9 ms | server µs CPU/record | peak MB | written/byte | read/byte |")
	for _, other := range others {
		fmt.Fprintf(w, " × %s |", other)
	}
	fmt.Fprintf(w, " floor |\n|---|---|%s---|\n", strings.Repeat("---:|", 10+len(others)))
	for _, load := range workloads() {
		for _, server := range r.servers(load.name) {
			r.row(w, load, server, others)
		}
	}
	r.writeAudit(w)
}

// others are the servers that Sluice is compared to.
func (r *Report) others() []string {
	var all []string
	for _, s := range r.Samples {
		if s.Server != "sluice" && !slices.Contains(all, s.Server) {
			all = append(all, s.Server)
		}
	}
	return all
}

func (r *Report) row(w io.Writer, load workload, server string, others []string) {
	mid := func(of func(Sample) float64) float64 { return median(r.values(load.name, server, of)) }
	perByte := func(of func(Sample) float64) string {
		if x := mid(of); x > 0 && server == "sluice" {
			return fmt.Sprintf("%.2f", x)
		}
		return "–"
	}
	fmt.Fprintf(w, "| %s | %s | %s | %.0f | %.0f | %.3f | %.3f | %.3f | %.2f | %.0f | %s | %s |",
		load.title, server,
		rate(mid(func(s Sample) float64 { return s.Requests })), mid(func(s Sample) float64 { return s.Records }),
		mid(func(s Sample) float64 { return s.Megabytes }),
		mid(func(s Sample) float64 { return s.P50 }), mid(func(s Sample) float64 { return s.P99 }), mid(func(s Sample) float64 { return s.P999 }),
		mid(func(s Sample) float64 { return s.ServerCPU }), mid(func(s Sample) float64 { return s.PeakMemory }),
		perByte(func(s Sample) float64 { return s.WrittenPerByte }), perByte(func(s Sample) float64 { return s.ReadPerByte }))
	for _, other := range others {
		fmt.Fprintf(w, " %s |", r.ratio(load, server, other))
	}
	if server == "sluice" {
		fmt.Fprintf(w, " %s |\n", joined(load.floors))
		return
	}
	fmt.Fprintln(w, "  |")
}

// rate keeps a decimal of what is slow.
func rate(perSecond float64) string {
	if perSecond < 100 {
		return fmt.Sprintf("%.1f", perSecond)
	}
	return fmt.Sprintf("%.0f", perSecond)
}

// ratio compares with another server.
func (r *Report) ratio(load workload, server, other string) string {
	x, ok := r.compare(load, server, load, other)
	if server == other || !ok {
		return "–"
	}
	return fmt.Sprintf("%.2f", x)
}

// compare divides round by round, so that what disturbed a whole round disturbs
// it least, and takes the median: of throughput, or of p50 times for a latency
// workload.
func (r *Report) compare(load workload, server string, with workload, other string) (float64, bool) {
	value := func(s Sample) float64 { return s.Requests }
	if load.latency {
		value = func(s Sample) float64 { return 1 / max(s.P50, 0.001) }
	}
	mine, theirs := r.values(load.name, server, value), r.values(with.name, other, value)
	var ratios []float64
	for i := range min(len(mine), len(theirs)) {
		if theirs[i] > 0 { // else it got nothing done in its time
			ratios = append(ratios, mine[i]/theirs[i])
		}
	}
	return median(ratios), len(ratios) > 0
}

// joined lists floors.
func joined(floors []floor) string {
	var all []string
	for _, f := range floors {
		all = append(all, f.String())
	}
	return strings.Join(all, ", ")
}

// missed tells which floors Sluice fell below, of those that this invocation
// measured.
func (r *Report) missed() []string {
	var all []string
	for _, load := range workloads() {
		for _, f := range load.floors {
			if got, ok := r.holds(load, f); !ok {
				all = append(all, fmt.Sprintf("%s: %s, floor %v", load.title, got, f))
			}
		}
	}
	return all
}

// holds tells whether a floor was kept, or not measured.
func (r *Report) holds(load workload, f floor) (got string, ok bool) {
	mine := func(of func(Sample) float64) float64 { return median(r.values(load.name, "sluice", of)) }
	switch {
	case f.millis > 0:
		p50, p99 := mine(func(s Sample) float64 { return s.P50 }), mine(func(s Sample) float64 { return s.P99 })
		return fmt.Sprintf("p50/p99 %.2f/%.2f ms", p50, p99), p50 <= f.millis && (f.tail == 0 || p99 <= f.tail)
	case f.read > 0:
		x := mine(func(s Sample) float64 { return s.ReadPerByte })
		return fmt.Sprintf("%.2f read/byte", x), x <= f.read
	case f.written > 0:
		x := mine(func(s Sample) float64 { return s.WrittenPerByte })
		return fmt.Sprintf("%.2f written/byte", x), x <= f.written
	case f.megabytes > 0:
		x := mine(func(s Sample) float64 { return s.Megabytes })
		return fmt.Sprintf("%.0f MB/s", x), x == 0 || x >= f.megabytes
	case f.memory > 0:
		x := mine(func(s Sample) float64 { return s.PeakMemory })
		return fmt.Sprintf("%.0f MB", x), x <= f.memory
	case f.behind > 0:
		x := mine(func(s Sample) float64 { return s.Behind })
		return fmt.Sprintf("%.1f s behind", x), x <= f.behind
	}
	with, server := load, f.server
	if f.workload != "" {
		with, server = workload{name: f.workload}, "sluice"
	}
	x, measured := r.compare(load, "sluice", with, server)
	return fmt.Sprintf("%.2f", x), !measured || x >= f.ratio
}

// values lists a figure by round.
func (r *Report) values(workload, server string, of func(Sample) float64) []float64 {
	var all []float64
	for _, s := range r.Samples {
		if s.Workload == workload && s.Server == server {
			all = append(all, of(s))
		}
	}
	return all
}

// servers lists the servers that ran a workload, in the order they did.
func (r *Report) servers(workload string) []string {
	var all []string
	for _, s := range r.Samples {
		if s.Workload == workload && !slices.Contains(all, s.Server) {
			all = append(all, s.Server)
		}
	}
	return all
}

func (r *Report) writeAudit(w io.Writer) {
	records, killed := 0, 0
	for _, s := range r.Samples {
		if s.Verdict == nil {
			continue
		}
		if s.Verdict.Clean() {
			records += s.Verdict.Acknowledged
		}
		if s.Killed {
			killed += s.Verdict.Acknowledged
		}
		if !s.Verdict.Clean() {
			fmt.Fprintf(w, "\n%s on %s, round %d: %v\n", s.Workload, s.Server, s.Round, s.Verdict)
		}
	}
	if r.clean() {
		fmt.Fprintf(w, "\n%d acknowledged records read back (%d of them after kill -9 and a restart): each there once, in order, intact.\n", records, killed)
	}
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
