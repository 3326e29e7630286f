package server

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// totals are the counts of calls since start. Their number is bounded by the
// operations of the models and the error codes these can answer.
type totals struct {
	calls map[outcome]*work
	// The latest outcome is likely to be the next one's.
	latest outcome
	counts *work
}

type outcome struct {
	operationKey
	code string // "OK", or the code of the error
}

type operationKey struct {
	service, operation string
}

type work struct {
	calls, bytesIn, bytesOut int64
	duration                 time.Duration
}

func newTotals() *totals { return &totals{calls: map[outcome]*work{}} }

func (t *totals) add(e *event) {
	key := outcome{operationKey{e.Service, e.Operation}, cmp.Or(e.Error, "OK")}
	w := t.counts
	if w == nil || key != t.latest {
		if w = t.calls[key]; w == nil {
			w = new(work)
			t.calls[key] = w
		}
		t.latest, t.counts = key, w
	}
	w.calls++
	w.bytesIn += e.BytesIn
	w.bytesOut += e.BytesOut
	w.duration += e.Duration
}

func (t *totals) copy() *totals {
	c := newTotals()
	for key, w := range t.calls {
		counted := *w
		c.calls[key] = &counted
	}
	return c
}

// byOperation adds up the outcomes of each operation.
func (t *totals) byOperation() map[operationKey]work {
	sums := map[operationKey]work{}
	for key, w := range t.calls {
		sum := sums[key.operationKey]
		sum.calls += w.calls
		sum.bytesIn += w.bytesIn
		sum.bytesOut += w.bytesOut
		sum.duration += w.duration
		sums[key.operationKey] = sum
	}
	return sums
}

// exposition writes the Prometheus text format.
type exposition struct {
	bytes.Buffer
}

func (b *exposition) family(name, kind, help string) {
	fmt.Fprintf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (b *exposition) sample(name string, value float64, labels ...string) {
	b.WriteString(name)
	for i := 0; i < len(labels); i += 2 {
		b.WriteByte("{,"[min(i, 1)])
		fmt.Fprintf(b, "%s=%q", labels[i], labels[i+1])
	}
	if len(labels) > 0 {
		b.WriteByte('}')
	}
	b.WriteByte(' ')
	b.Write(strconv.AppendFloat(nil, value, 'g', -1, 64))
	b.WriteByte('\n')
}

func (b *exposition) single(name, kind, help string, value float64) {
	b.family(name, kind, help)
	b.sample(name, value)
}

func (b *exposition) totals(t *totals) {
	b.family("sluice_requests_total", "counter", "Calls by outcome.")
	outcomes := slices.SortedFunc(maps.Keys(t.calls), func(x, y outcome) int {
		return cmp.Or(compareKeys(x.operationKey, y.operationKey), cmp.Compare(x.code, y.code))
	})
	for _, o := range outcomes {
		b.sample("sluice_requests_total", float64(t.calls[o].calls), "service", o.service, "operation", o.operation, "code", o.code)
	}
	sums := t.byOperation()
	keys := slices.SortedFunc(maps.Keys(sums), compareKeys)
	each := func(name, kind, help string, f func(work) float64) {
		if kind != "" {
			b.family(name, kind, help)
		}
		for _, k := range keys {
			b.sample(name, f(sums[k]), "service", k.service, "operation", k.operation)
		}
	}
	const duration = "sluice_request_duration_seconds"
	b.family(duration, "summary", "Time from the header of a request to the end of its answer.")
	each(duration+"_sum", "", "", func(w work) float64 { return w.duration.Seconds() })
	each(duration+"_count", "", "", func(w work) float64 { return float64(w.calls) })
	each("sluice_request_bytes_total", "counter", "Bytes of request bodies.", func(w work) float64 { return float64(w.bytesIn) })
	each("sluice_response_bytes_total", "counter", "Bytes of answers.", func(w work) float64 { return float64(w.bytesOut) })
}

func compareKeys(x, y operationKey) int {
	return cmp.Or(cmp.Compare(x.service, y.service), cmp.Compare(x.operation, y.operation))
}

// serveMetrics answers GET /_sluice/metrics.
func (s *Server) serveMetrics(w http.ResponseWriter, _ *http.Request) {
	var b exposition
	b.totals(s.watch.totals())
	b.faults(s.faults.List())
	var running, streams int
	if m := s.gate.current.Load(); m != nil {
		running, streams = m.calls.count()
	}
	b.single("sluice_requests_in_flight", "gauge", "Calls being worked on, streams included.", float64(running))
	b.single("sluice_streams_open", "gauge", "Event streams being sent.", float64(streams))
	b.single("sluice_connections", "gauge", "Open connections.", float64(s.entrance.open.Load()))
	b.single("sluice_connections_total", "counter", "Connections accepted.", float64(s.entrance.opened.Load()))
	b.single("sluice_body_budget_used_bytes", "gauge", "Memory held for request bodies and pages of records.", float64(s.budget.held.Load()))
	b.single("sluice_body_budget_limit_bytes", "gauge", "Memory that request bodies and pages of records may hold.", float64(s.budget.limit))
	b.single("sluice_goroutines", "gauge", "Goroutines.", float64(runtime.NumGoroutine()))
	b.single("sluice_uptime_seconds", "gauge", "Host time since start.", s.cfg.Host.Now().Sub(s.started).Seconds())
	if s.cfg.Admin.Traffic != nil {
		s.cfg.Admin.Traffic.Measure(&b)
	}
	if s.cfg.Admin.Mappings != nil {
		s.cfg.Admin.Mappings.Measure(&b)
	}
	if s.cfg.Admin.Hoses != nil {
		s.cfg.Admin.Hoses.Measure(&b)
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(b.Bytes())
}
