package sluice

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"sluice/internal/caller"
	"sluice/lambda/poller"
	"sluice/server"
)

// mappings answers the admin paths about event source mappings.
type mappings struct{ *Sluice }

// Mapping implements server.Mappings.
func (s mappings) Mapping(ctx context.Context, uuid string) (any, error) {
	room, err := s.lambdaRoom()
	if err != nil {
		return nil, err
	}
	report, err := room.Mapping(ctx, uuid)
	if err != nil {
		return nil, err
	}
	return reportOf(report), nil
}

// Mappings implements server.Mappings.
func (s mappings) Mappings(ctx context.Context, after string, limit int) (items []any, next string, err error) {
	room, err := s.lambdaRoom()
	if err != nil {
		return nil, "", err
	}
	list, more := room.Mappings(ctx, after, limit)
	for _, report := range list {
		items = append(items, reportOf(report))
	}
	if more {
		next = list[len(list)-1].UUID
	}
	return items, next, nil
}

// failureReport is a failure of the built-in sink as the admin API tells it.
type failureReport struct {
	At          time.Time       `json:"at"`
	Mapping     string          `json:"mapping"`
	Destination string          `json:"destination"`
	ShardID     string          `json:"shardId"`
	Name        string          `json:"name"`
	Document    json.RawMessage `json:"document"`
	Payload     json.RawMessage `json:"payload"`
}

// Failures implements server.Mappings.
func (s mappings) Failures(ctx context.Context, mapping, after string, limit int) (items []any, next string, err error) {
	room, err := s.lambdaRoom()
	if err != nil {
		return nil, "", err
	}
	var number uint64
	if after != "" {
		if number, err = strconv.ParseUint(after, 10, 63); err != nil {
			return nil, "", server.NewProblem(http.StatusBadRequest, "BadRequest", fmt.Sprintf("after: %q is not what next of a page said", after), "")
		}
	}
	who, _ := caller.From(ctx)
	list, more, err := room.Failures(ctx, who.Account, who.Region, mapping, number, limit)
	if err != nil {
		return nil, "", err
	}
	for _, f := range list {
		items = append(items, failureReport{At: time.UnixMilli(f.AtMillis).UTC(), Mapping: f.Mapping, Destination: f.Destination,
			ShardID: f.ShardID, Name: f.Name, Document: f.Document, Payload: f.Payload})
	}
	if more {
		next = strconv.FormatUint(list[len(list)-1].Number, 10)
	}
	return items, next, nil
}

// Measure implements server.Mappings.
func (s mappings) Measure(m server.Metrics) {
	room, err := s.lambdaRoom()
	if err != nil {
		return
	}
	measured := room.Measure()
	m.Family("sluice_mappings", "gauge", "Event source mappings, by state.")
	for _, state := range slices.Sorted(maps.Keys(measured.Mappings)) {
		m.Sample("sluice_mappings", float64(measured.Mappings[state]), "state", state)
	}
	for _, k := range mappingCounts() {
		name := "sluice_mapping_" + k.name
		m.Family(name, k.kind, k.help)
		if k.kind == "counter" {
			m.Sample(name, k.value(measured.Total))
			continue
		}
		for _, uuid := range slices.Sorted(maps.Keys(measured.Each)) {
			m.Sample(name, k.value(measured.Each[uuid]), "mapping", uuid)
		}
	}
	m.Family("sluice_mapping_failures_kept", "gauge", "Failure documents in the built-in sink.")
	m.Sample("sluice_mapping_failures_kept", float64(measured.Failures))
	m.Family("sluice_mapping_failures_lost_total", "counter", "Failure documents that made room for others in the built-in sink.")
	m.Sample("sluice_mapping_failures_lost_total", float64(measured.Lost))
}

// mappingCount is a count of mappings, named after the metric of AWS.
type mappingCount struct {
	name, kind, help string
	value            func(poller.Counters) float64
}

func mappingCounts() []mappingCount {
	count := func(name, help string, value func(c poller.Counters) int64) mappingCount {
		return mappingCount{name + "_total", "counter", help, func(c poller.Counters) float64 { return float64(value(c)) }}
	}
	return []mappingCount{
		count("invocations", "Calls of functions by mappings.", func(c poller.Counters) int64 { return c.Invocations }),
		count("errors", "Calls that ended with a function error.", func(c poller.Counters) int64 { return c.Errors }),
		count("throttles", "Calls for which the function had no free place.", func(c poller.Counters) int64 { return c.Throttles }),
		count("polled_events", "Records read.", func(c poller.Counters) int64 { return c.Polled }),
		count("filtered_out_events", "Records that filters held back.", func(c poller.Counters) int64 { return c.FilteredOut }),
		count("invoked_events", "Records that functions were called with.", func(c poller.Counters) int64 { return c.Invoked }),
		count("failed_invoke_events", "Records of calls that failed.", func(c poller.Counters) int64 { return c.FailedInvoke }),
		count("dropped_events", "Records that were given up.", func(c poller.Counters) int64 { return c.Dropped }),
		count("on_failure_destination_delivered_events", "Records whose failure was delivered.", func(c poller.Counters) int64 { return c.Delivered }),
		{"duration_seconds_total", "counter", "How long functions have run.", func(c poller.Counters) float64 { return c.Duration.Seconds() }},
		{"iterator_age_seconds", "gauge", "Age of the last record of the last finished batch, by mapping.", func(c poller.Counters) float64 { return c.IteratorAge.Seconds() }},
	}
}
