// Package cloudwatch takes the metrics that clients of Kinesis report, and
// gives them back. They are kept in memory, by minutes, for three hours and two
// thousand metrics, and are gone with the process.
package cloudwatch

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"sluice/internal/caller"
	"sluice/internal/clock"
)

type opt = func(*cloudwatch.Options)

// What is kept.
const (
	keptMinutes = 180
	maxSeries   = 2000
)

// Metrics is CloudWatch: a method per operation. It is safe for concurrent use.
type Metrics struct {
	clock           clock.Clock
	account, region string

	// mu guards the fields below.
	mu     sync.Mutex
	series map[string]*series
	turn   uint64 // counts reports
}

// New returns an empty room. Clock is service time, for data that do not say
// when they were; account and region stand in for those of a call without an
// identity.
func New(c clock.Clock, account, region string) *Metrics {
	return &Metrics{clock: c, account: account, region: region, series: map[string]*series{}}
}

// series is one metric of one unit.
type series struct {
	account, region, namespace, name string
	dimensions                       []types.Dimension // sorted by name
	unit                             types.StandardUnit
	used                             uint64 // the last report
	minutes                          []minute
}

// minute is what was reported of one minute, oldest first in its series.
type minute struct {
	at                   int64 // minutes since 1970
	count, sum, min, max float64
}

func (m *minute) add(o minute) {
	m.min, m.max = min(m.min, o.min), max(m.max, o.max)
	m.count, m.sum = m.count+o.count, m.sum+o.sum
}

func (m *Metrics) caller(ctx context.Context) (account, region string) {
	who, _ := caller.From(ctx)
	return cmp.Or(who.Account, m.account), cmp.Or(who.Region, m.region)
}

// Reset forgets the metrics of an account and a region, of all where they are
// empty, and tells how many there were.
func (m *Metrics) Reset(_ context.Context, account, region string) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := len(m.series)
	maps.DeleteFunc(m.series, func(_ string, s *series) bool {
		return (account == "" || account == s.account) && (region == "" || region == s.region)
	})
	return before - len(m.series), nil
}

func sorted(dimensions []types.Dimension) []types.Dimension {
	return slices.SortedFunc(slices.Values(dimensions), func(a, b types.Dimension) int { return cmp.Compare(*a.Name, *b.Name) })
}

func (s *series) key() string {
	parts := []string{s.account, s.region, s.namespace, s.name, string(s.unit)}
	for _, d := range s.dimensions {
		parts = append(parts, *d.Name, *d.Value)
	}
	return strings.Join(parts, "\x00")
}

// add takes one datum. What is older than is kept, or not a number, is passed
// over by the caller or here.
func (m *Metrics) add(s *series, d minute) {
	key := s.key()
	have := m.series[key]
	if have == nil {
		m.makeRoom()
		have = s
		m.series[key] = s
	}
	m.turn++
	have.used = m.turn
	have.add(d)
}

func (s *series) add(d minute) {
	i, found := slices.BinarySearchFunc(s.minutes, d.at, func(x minute, at int64) int { return cmp.Compare(x.at, at) })
	if found {
		s.minutes[i].add(d)
		return
	}
	s.minutes = slices.Insert(s.minutes, i, d)
	if newest := s.minutes[len(s.minutes)-1].at; s.minutes[0].at <= newest-keptMinutes {
		s.minutes = slices.DeleteFunc(s.minutes, func(x minute) bool { return x.at <= newest-keptMinutes })
	}
}

// makeRoom forgets the metric that was reported longest ago when there are too
// many. mu is held.
func (m *Metrics) makeRoom() {
	if len(m.series) < maxSeries {
		return
	}
	oldest, used := "", uint64(math.MaxUint64)
	for key, s := range m.series {
		if s.used < used {
			oldest, used = key, s.used
		}
	}
	delete(m.series, oldest)
}

// Sample is one metric for those who watch the process itself.
type Sample struct {
	Namespace, Name, Unit string
	Dimensions            []types.Dimension
	Count, Sum            float64
}

// Labels writes the dimensions as one text: Name=Value, joined by commas.
func (s Sample) Labels() string {
	parts := make([]string, len(s.Dimensions))
	for i, d := range s.Dimensions {
		parts[i] = *d.Name + "=" + *d.Value
	}
	return strings.Join(parts, ",")
}

// Samples returns what was reported of each metric in the time that is kept, in
// a fixed order.
func (m *Metrics) Samples() []Sample {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []Sample
	for _, key := range slices.Sorted(maps.Keys(m.series)) {
		s := m.series[key]
		sample := Sample{Namespace: s.namespace, Name: s.name, Unit: string(s.unit), Dimensions: s.dimensions}
		for _, x := range s.minutes {
			sample.Count += x.count
			sample.Sum += x.sum
		}
		list = append(list, sample)
	}
	return list
}

// find returns the series of a metric, one per unit.
func (m *Metrics) find(ctx context.Context, namespace, name string, dimensions []types.Dimension, unit types.StandardUnit) []*series {
	account, region := m.caller(ctx)
	var found []*series
	units := []types.StandardUnit{unit}
	if unit == "" {
		units = types.StandardUnitNone.Values()
	}
	for _, u := range units {
		s := &series{account: account, region: region, namespace: namespace, name: name, dimensions: sorted(dimensions), unit: u}
		if have := m.series[s.key()]; have != nil {
			found = append(found, have)
		}
	}
	return found
}

// periods gathers a series by periods from start on, oldest first.
func (s *series) periods(start, end time.Time, period time.Duration) []minute {
	var list []minute
	step := max(int64(period/time.Minute), 1)
	for _, x := range s.minutes {
		at := time.Unix(x.at*60, 0)
		if at.Before(start.Truncate(time.Minute)) || !at.Before(end) {
			continue
		}
		x.at -= x.at % step
		if n := len(list); n > 0 && list[n-1].at == x.at {
			list[n-1].add(x)
			continue
		}
		list = append(list, x)
	}
	return list
}

// statistic gives one of the five.
func (m minute) statistic(name string) (float64, bool) {
	switch types.Statistic(name) {
	case types.StatisticSampleCount:
		return m.count, true
	case types.StatisticSum:
		return m.sum, true
	case types.StatisticMinimum:
		return m.min, true
	case types.StatisticMaximum:
		return m.max, true
	case types.StatisticAverage:
		return m.sum / m.count, true
	}
	return 0, false
}
