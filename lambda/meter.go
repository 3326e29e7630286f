package lambda

import (
	"errors"
	"sync"
	"time"

	"sluice/internal/clock"
	"sluice/lambda/function"
	"sluice/lambda/poller"
)

// Datum is a value of one of Lambda's metrics.
type Datum struct {
	// Name is Invocations, Errors, IteratorAge and so on; Unit is Count or
	// Milliseconds.
	Name, Unit string
	// Dimension is FunctionName or EventSourceMappingUUID, Of what it names.
	Dimension, Of string
	Value         float64
}

// Meter takes metrics. It is called concurrently and must be quick.
type Meter interface {
	// Report takes values of this moment.
	Report(account, region string, data []Datum)
}

// flushEvery is how often mappings report, in service time, as Lambda does. A
// mapping that has done nothing has no timer.
const flushEvery = time.Minute

// meter reports what functions and mappings have done.
type meter struct {
	r *Room

	mu    sync.Mutex
	last  map[*mapping]poller.Counters // guarded by mu; as reported, of mappings that have worked since
	timer clock.Timer                  // guarded by mu; nil while there is nothing to report
}

// invoked reports an invocation that has ended, or was refused.
func (t *meter) invoked(in *function.Invocation, result function.Result, err error) {
	if t.r.config.Meter == nil {
		return
	}
	var refused *function.NotInvoked
	datum := func(name, unit string, value float64) Datum { return Datum{name, unit, "FunctionName", in.Name, value} }
	var data []Datum
	switch {
	case errors.As(err, &refused) && refused.Throttled:
		data = []Datum{datum("Throttles", "Count", 1)}
	case err != nil:
		return
	default:
		failed := 0.0
		if result.Error != "" {
			failed = 1
		}
		data = []Datum{datum("Invocations", "Count", 1), datum("Errors", "Count", failed), datum("Throttles", "Count", 0),
			datum("Duration", "Milliseconds", float64(result.Took)/float64(time.Millisecond))}
	}
	t.r.config.Meter.Report(in.Account, in.Region, data)
}

// worked notes that a mapping has something to report, a minute from now at
// the latest.
func (t *meter) worked(m *mapping) {
	if t.r.config.Meter == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.last == nil {
		t.last = map[*mapping]poller.Counters{}
	}
	if _, ok := t.last[m]; !ok {
		t.last[m] = m.reported
	}
	if t.timer == nil {
		t.timer = t.r.later(t.r.clock.Now().Add(flushEvery), "the metrics of mappings", t.flush)
	}
}

// flush reports what mappings have done since they did last.
func (t *meter) flush() {
	t.mu.Lock()
	dirty := t.last
	t.last, t.timer = nil, nil
	t.mu.Unlock()
	for m, before := range dirty {
		m.mu.Lock()
		p, s := m.poller, m.now.Settings
		m.mu.Unlock()
		if p == nil {
			continue
		}
		now := p.Status().Counters
		t.mu.Lock()
		m.reported = now
		t.mu.Unlock()
		t.r.config.Meter.Report(m.key.Account, m.key.Region, mappingData(m.key.UUID, &s, before, now))
	}
}

func mappingData(uuid string, s *settings, before, now poller.Counters) []Datum {
	data := []Datum{{"IteratorAge", "Milliseconds", "FunctionName", s.Function.Name, float64(now.IteratorAge) / float64(time.Millisecond)}}
	if len(s.Metrics) == 0 {
		return data
	}
	for _, c := range []struct {
		name  string
		value int64
	}{
		{"PolledEventCount", now.Polled - before.Polled},
		{"FilteredOutEventCount", now.FilteredOut - before.FilteredOut},
		{"InvokedEventCount", now.Invoked - before.Invoked},
		{"FailedInvokeEventCount", now.FailedInvoke - before.FailedInvoke},
		{"DroppedEventCount", now.Dropped - before.Dropped},
		{"OnFailureDestinationDeliveredEventCount", now.Delivered - before.Delivered},
	} {
		data = append(data, Datum{c.name, "Count", "EventSourceMappingUUID", uuid, float64(max(0, c.value))})
	}
	return data
}

// forget drops what a poller that was stopped has counted: the next one begins
// at zero.
func (t *meter) forget(m *mapping) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.last, m)
	m.reported = poller.Counters{}
}

// stop drops the timer. What was not reported yet is not.
func (t *meter) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
}
