package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/bench/load"
)

func TestRatiosPairTheRounds(t *testing.T) {
	r := &Report{Samples: []Sample{
		{Workload: "put-1k-c8", Server: "sluice", Requests: 100}, {Workload: "put-1k-c8", Server: "kinesalite", Requests: 10},
		{Workload: "put-1k-c8", Server: "sluice", Requests: 10}, {Workload: "put-1k-c8", Server: "kinesalite", Requests: 2},
		{Workload: "put-1k-c8", Server: "sluice", Requests: 900}, {Workload: "put-1k-c8", Server: "kinesalite", Requests: 100},
	}}
	w := workload{name: "put-1k-c8"}
	require.Equal(t, "9.00", r.ratio(w, "sluice", "kinesalite"))
	require.Equal(t, "–", r.ratio(w, "sluice", "sluice"))
	require.Equal(t, "–", r.ratio(w, "sluice", "canned"))
	var out strings.Builder
	r.writeTables(&out)
	require.Contains(t, out.String(), "| PutRecord 1 KiB, 8 connections | sluice | 100 |")
	require.Contains(t, out.String(), "≥ 6 × kinesalite")
}

func TestBrokenPromisesAreReported(t *testing.T) {
	r := &Report{Samples: []Sample{{Workload: "visible", Server: "sluice", Round: 2, Verdict: &load.Verdict{Acknowledged: 5, Missing: 1}}}}
	require.False(t, r.clean())
	var out strings.Builder
	r.writeTables(&out)
	require.Contains(t, out.String(), "visible on sluice, round 2: BROKEN: 5 acknowledged, 0 found, 1 missing")
}

func TestFloors(t *testing.T) {
	r := &Report{Samples: []Sample{
		{Workload: "put-1k-c8", Server: "sluice", Requests: 100}, {Workload: "put-1k-c8", Server: "kinesalite", Requests: 50},
		{Workload: "puts-1k-c4", Server: "sluice", Requests: 100}, {Workload: "puts-1k-s1000", Server: "sluice", Requests: 90},
		{Workload: "list-10000", Server: "sluice", P50: 12},
		{Workload: "visible", Server: "sluice", P50: 0.2, P99: 2.5},
		{Workload: "cold-s256", Server: "sluice", ReadPerByte: 1.2}, {Workload: "fill", Server: "sluice", WrittenPerByte: 2.5},
	}}
	require.Equal(t, []string{
		"PutRecord 1 KiB, 8 connections: 2.00, floor ≥ 6 × kinesalite",
		"put to visible, 1000 puts/s: p50/p99 0.20/2.50 ms, floor p50/p99 ≤ 0.3/2 ms",
		"filling while 36 hours of service time pass: 2.50 written/byte, floor ≤ 2.2 written/byte",
		"ListShards pages of 10,000 shards: p50/p99 12.00/0.00 ms, floor p50 ≤ 10 ms",
	}, r.missed(), "what was not measured is not missed")
}

func TestQuantilesAndMedians(t *testing.T) {
	var d []time.Duration
	for i := range 1000 {
		d = append(d, time.Duration(i+1)*time.Millisecond)
	}
	require.InDelta(t, 501, millis(d, 0.5), 0.01)
	require.InDelta(t, 991, millis(d, 0.99), 0.01)
	require.InDelta(t, 1000, millis(d, 1), 0.01)
	require.Zero(t, millis(nil, 0.5))
	require.InDelta(t, 2.5, median([]float64{4, 1, 2, 3}), 0)
	require.Zero(t, median(nil))
}

func TestWorkloadsAreChosenByPattern(t *testing.T) {
	w, err := choose("put-1k-c?,visible")
	require.NoError(t, err)
	require.Len(t, w, 3)
	_, err = choose("nothing")
	require.ErrorContains(t, err, `no workload "nothing"; there are put-1k-c1`)
}
