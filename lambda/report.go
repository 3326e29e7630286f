package lambda

import (
	"context"
	"slices"
	"strings"

	"sluice/lambda/poller"
)

// MappingReport is what a mapping is doing now.
type MappingReport struct {
	UUID, State, Source, Function, LastResult string
	// Status is zero for a mapping that is disabled.
	Status poller.Status
}

// Mapping tells what a mapping of the caller is doing.
func (r *Room) Mapping(ctx context.Context, uuid string) (MappingReport, error) {
	m, err := r.mapping(ctx, &uuid)
	if err != nil {
		return MappingReport{}, err
	}
	defer m.mu.Unlock()
	return m.report(), nil
}

// report is what the mapping is doing. m.mu is held.
func (m *mapping) report() MappingReport {
	out := MappingReport{UUID: m.key.UUID, State: m.now.State, Source: m.now.Source, Function: m.now.Settings.reference().arn(), LastResult: m.result()}
	if m.poller != nil {
		out.Status = m.poller.Status()
	}
	return out
}

// Mappings tells what the caller's mappings are doing, those after a UUID in
// their order, at most limit. more tells that the list goes on.
func (r *Room) Mappings(ctx context.Context, after string, limit int) (list []MappingReport, more bool) {
	who := r.caller(ctx)
	all := r.mappingsWhere(func(m *mapping) bool {
		return m.key.Account == who.Account && m.key.Region == who.Region && m.key.UUID > after
	})
	slices.SortFunc(all, func(a, b *mapping) int { return strings.Compare(a.key.UUID, b.key.UUID) })
	for _, m := range all {
		m.mu.Lock()
		if !m.gone {
			if len(list) == limit {
				m.mu.Unlock()
				return list, true
			}
			list = append(list, m.report())
		}
		m.mu.Unlock()
	}
	return list, false
}

// Measured is what mappings have counted.
type Measured struct {
	// Total is the sum over all mappings since the start, those that are gone
	// included.
	Total poller.Counters
	// Mappings are how many there are, by state.
	Mappings map[string]int
	// Each are the counters of mappings that ask for them by MetricsConfig, and
	// ages for the first of all others, by UUID.
	Each map[string]poller.Counters
	// Failures are how many the built-in sink has, and Lost those that have
	// made room.
	Failures int
	Lost     int64
}

// eachMax bounds how many mappings have samples of their own.
const eachMax = 1000

// Measure returns what was counted.
func (r *Room) Measure() Measured {
	out := Measured{Mappings: map[string]int{}, Each: map[string]poller.Counters{}}
	r.mu.RLock()
	out.Total = r.gone
	r.mu.RUnlock()
	for _, m := range r.mappingsWhere(func(*mapping) bool { return true }) {
		m.mu.Lock()
		out.Mappings[m.now.State]++
		if m.poller != nil {
			c := m.poller.Status().Counters
			out.Total = sum(out.Total, c)
			if len(out.Each) < eachMax && c.Invocations > 0 {
				out.Each[m.key.UUID] = c
			}
		}
		m.mu.Unlock()
	}
	r.sink.mu.Lock()
	out.Failures, out.Lost = len(r.sink.kept), r.sink.lost
	r.sink.mu.Unlock()
	return out
}
