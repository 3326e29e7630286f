package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"
)

// ringSize is how many recent calls are kept.
const ringSize = 1000

// event is what is remembered of one call. It holds nothing of payloads,
// signatures or secrets.
type event struct {
	At        time.Time
	ID        string
	Service   string
	Operation string
	Account   string
	Region    string
	Resource  string
	Status    int
	Error     string
	Fault     string // ids of the fault rules that struck
	Duration  time.Duration
	BytesIn   int64
	BytesOut  int64
}

// MarshalJSON gives the shape of the admin API.
func (e event) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		At        time.Time `json:"at"`
		ID        string    `json:"id"`
		Service   string    `json:"service"`
		Operation string    `json:"operation"`
		Account   string    `json:"account"`
		Region    string    `json:"region"`
		Resource  string    `json:"resource"`
		Status    int       `json:"status"`
		Error     string    `json:"error"`
		Fault     string    `json:"fault,omitempty"`
		Duration  string    `json:"duration"`
		BytesIn   int64     `json:"bytesIn"`
		BytesOut  int64     `json:"bytesOut"`
	}{e.At.UTC(), e.ID, e.Service, e.Operation, e.Account, e.Region, e.Resource,
		e.Status, e.Error, e.Fault, e.Duration.String(), e.BytesIn, e.BytesOut})
}

// observer takes note of calls: a line in the log, an entry in the ring, a
// count for the metrics. All of it takes less than handing the event to somebody
// else to count, which woke a goroutine with each call.
type observer struct {
	repeats repeats      // of what is logged
	log     *slog.Logger // nil: no lines

	mu     sync.Mutex
	ring   [ringSize]event // guarded by mu
	next   int             // guarded by mu; calls ever recorded
	counts *totals         // guarded by mu
}

func newObserver(log *slog.Logger, lines bool) *observer {
	o := &observer{counts: newTotals()}
	if lines {
		o.log = log
	}
	return o
}

// totals returns the counts of all that was recorded before the call.
func (o *observer) totals() *totals {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.counts.copy()
}

func (o *observer) record(e *event) {
	o.mu.Lock()
	o.ring[o.next%ringSize] = *e
	o.next++
	o.counts.add(e)
	o.mu.Unlock()
	if o.log != nil {
		o.line(e)
	}
}

func (o *observer) line(e *event) {
	o.log.LogAttrs(context.Background(), slog.LevelInfo, "request",
		slog.String("id", e.ID), slog.String("service", e.Service), slog.String("operation", e.Operation),
		slog.String("account", e.Account), slog.String("region", e.Region), slog.String("resource", e.Resource),
		slog.Int("status", e.Status), slog.String("error", e.Error), slog.Duration("duration", e.Duration),
		slog.Int64("bytesIn", e.BytesIn), slog.Int64("bytesOut", e.BytesOut))
}

// recent returns up to limit calls, the latest first.
func (o *observer) recent(limit int) []event {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := min(limit, o.next, ringSize)
	list := make([]event, 0, n)
	for i := range n {
		list = append(list, o.ring[(o.next-1-i)%ringSize])
	}
	return list
}
