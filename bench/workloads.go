package main

import "fmt"

// Rates of the latency workloads, a second, and how many consumers follow the
// one shard of the fan-out workload.
const (
	visibleRate     = 1000
	fanOutRate      = 200
	fanOutConsumers = 20
)

// The sizes of records.
const (
	small = 100
	plain = 1024
	large = 100 << 10
)

func workloads() []workload {
	var all []workload
	for _, group := range [][]workload{putWorkloads(), batchWorkloads(), readWorkloads(), latencyWorkloads(), storedWorkloads(), otherWorkloads()} {
		all = append(all, group...)
	}
	return all
}

// putWorkloads are PutRecord of each size on each number of connections.
func putWorkloads() []workload {
	var all []workload
	for _, size := range []struct {
		bytes       int
		name, title string
	}{{plain, "1k", "1 KiB"}, {small, "100b", "100 B"}, {large, "100k", "100 KiB"}} {
		for _, c := range []int{1, 8, 64} {
			all = append(all, workload{
				name: fmt.Sprintf("put-%s-c%d", size.name, c), title: fmt.Sprintf("PutRecord %s, %s", size.title, connections(c)),
				run: put(size.bytes, 1, c),
			})
		}
	}
	all[0].floors = []floor{times(3, "kinesalite")}
	all[1].short, all[1].floors = true, []floor{times(6, "kinesalite"), times(0.95, "segments")}
	beside := []workload{
		{name: "put-1k-c8-cbor", title: "PutRecord 1 KiB, 8 connections, CBOR", sluice: true, turns: true,
			floors: []floor{{ratio: 1, workload: "put-1k-c8"}}, run: putCBOR(plain, 1, 8)},
		{name: "put-1k-c8-streams", title: "PutRecord 1 KiB, 8 connections, beside 10,000 streams", sluice: true, turns: true,
			floors: []floor{{ratio: 0.9, workload: "put-1k-c8"}}, run: putAfter(plain, 1, 8, crowded)},
		{name: "put-1k-c8-full", title: "PutRecord 1 KiB, 8 connections, on a filled store", kept: true, turns: true,
			floors: []floor{{ratio: 0.85, workload: "put-1k-c8"}}, run: putAfter(plain, 1, 8, full)},
	}
	return append(all[:2:2], append(beside, all[2:]...)...)
}

func connections(n int) string {
	if n == 1 {
		return "1 connection"
	}
	return fmt.Sprintf("%d connections", n)
}

// batchWorkloads are PutRecords, and the same beside each what they are compared
// to.
func batchWorkloads() []workload {
	return []workload{
		{name: "puts-1k-c4", title: "PutRecords 500 × 1 KiB, 4 connections", short: true,
			floors: []floor{times(28, "kinesalite"), times(0.9, "segments")}, run: put(plain, 500, 4)},
		{name: "puts-1k-c4-cbor", title: "PutRecords 500 × 1 KiB, 4 connections, CBOR", sluice: true, turns: true, short: true,
			floors: []floor{{ratio: 1, workload: "puts-1k-c4"}}, run: putCBOR(plain, 500, 4)},
		{name: "puts-1k-s256", title: "PutRecords 500 × 1 KiB, 4 connections, 256 shards", shards: 256, sluice: true, turns: true, short: true,
			floors: []floor{{ratio: 0.8, workload: "puts-1k-c4"}}, run: put(plain, 500, 4)},
		{name: "puts-1k-s1000", title: "PutRecords 500 × 1 KiB, 4 connections, 1,000 shards", shards: 1000, sluice: true, turns: true,
			floors: []floor{{ratio: 0.6, workload: "puts-1k-c4"}}, run: put(plain, 500, 4)},
		{name: "hose-1k-c4", title: "PutRecordBatch 500 × 1 KiB, 4 connections, delivered meanwhile", sluice: true, turns: true, short: true,
			floors: []floor{{ratio: 0.6, workload: "puts-1k-c4"}, {behind: 2}, {memory: 300}}, run: hosePuts(1024, 500, 4)},
		{name: "puts-1k-c4-full", title: "PutRecords 500 × 1 KiB, 4 connections, on a filled store", kept: true, turns: true,
			floors: []floor{{ratio: 0.85, workload: "puts-1k-c4"}}, run: putAfter(plain, 500, 4, full)},
		{name: "puts-100b-c4", title: "PutRecords 500 × 100 B, 4 connections", short: true,
			floors: []floor{times(50, "kinesalite"), times(0.9, "segments")}, run: put(small, 500, 4)},
		{name: "puts-100b-c4-cbor", title: "PutRecords 500 × 100 B, 4 connections, CBOR", sluice: true, turns: true,
			floors: []floor{{ratio: 1, workload: "puts-100b-c4"}}, run: putCBOR(small, 500, 4)},
		{name: "puts-100b-s1000", title: "PutRecords 500 × 100 B, 4 connections, 1,000 shards", shards: 1000, sluice: true, turns: true, short: true,
			floors: []floor{{ratio: 0.6, workload: "puts-100b-c4"}}, run: put(small, 500, 4)},
	}
}

// readWorkloads are pages of GetRecords.
func readWorkloads() []workload {
	return []workload{
		{name: "get-1k-c2", title: "GetRecords pages of 10,000 × 1 KiB, 2 connections, the newest", short: true,
			floors: []floor{times(30, "kinesalite"), times(1.15, "segments")}, run: get(pages{size: plain, connections: 2, each: 1})},
		{name: "get-1k-c2-cbor", title: "GetRecords pages of 10,000 × 1 KiB, 2 connections, the newest, CBOR", sluice: true, turns: true, short: true,
			floors: []floor{{ratio: 1, workload: "get-1k-c2"}}, run: get(pages{size: plain, connections: 2, each: 1, cbor: true})},
		{name: "get-1k-disk", title: "GetRecords pages of 10,000 × 1 KiB, 2 connections, from files", short: true, kept: true,
			floors: []floor{times(0.9, "segments")}, run: get(pages{size: plain, connections: 2, each: 8, stored: true})},
		{name: "get-100k-c2", title: "GetRecords pages of 100 × 100 KiB, 2 connections, the newest",
			floors: []floor{times(30, "kinesalite"), times(1.15, "segments")}, run: get(pages{size: large, connections: 2, each: 1})},
		{name: "get-100k-disk", title: "GetRecords pages of 100 × 100 KiB, 2 connections, from files", kept: true,
			floors: []floor{times(0.9, "segments")}, run: get(pages{size: large, connections: 2, each: 8, stored: true})},
		{name: "cold-s4", title: "cold read of single shards among 4", shards: 4, sluice: true, short: true, run: cold(plain)},
		{name: "cold-s256", title: "cold read of single shards among 256, their writes interleaved", shards: 256, sluice: true, short: true, turns: true,
			floors: []floor{{ratio: 0.5, workload: "cold-s4"}, {read: 3}}, run: cold(plain)},
	}
}

// latencyWorkloads are single records at a steady rate, and several kinds of
// calls at once.
func latencyWorkloads() []workload {
	return []workload{
		{name: "visible", title: fmt.Sprintf("put to visible, %d puts/s", visibleRate), short: true, latency: true,
			floors: []floor{{millis: 0.3, tail: 2}}, run: visible(plain, visibleRate)},
		{name: "fanout", title: fmt.Sprintf("put to fan-out event, %d puts/s, %d consumers", fanOutRate, fanOutConsumers), short: true, fanOut: true, latency: true,
			floors: []floor{{millis: 0.5, tail: 3}}, run: fanOut(plain, fanOutRate, fanOutConsumers)},
		{name: "mixed-c8", title: "4 connections of single puts, 2 of batches of 50, 2 readers at the tip; 1 KiB", told: true, run: mixed(plain, 8)},
	}
}

// storedWorkloads are of a store that much was written to; -fill says how much.
func storedWorkloads() []workload {
	return []workload{
		{name: "start-clean", title: "start on a filled store, after a clean end", kept: true, latency: true,
			floors: []floor{{millis: 300}}, run: start(plain, false)},
		{name: "start-kill", title: "start on a filled store, after kill -9", kept: true, latency: true,
			floors: []floor{{millis: 3000}}, run: start(plain, true)},
		{name: "fill", title: "filling while 36 hours of service time pass", kept: true,
			floors: []floor{{written: 2.2}}, run: longFill(plain)},
	}
}

func otherWorkloads() []workload {
	return []workload{
		{name: "list-10000", title: "ListShards pages of 10,000 shards", sluice: true, short: true, floors: []floor{{millis: 10}}, run: listing(10_000)},
		{name: "hose-parquet", title: "JSON of 12 columns to Parquet with Snappy, per second of one core", sluice: true, short: true,
			floors: []floor{{megabytes: 80}, {memory: 300}}, run: hoseParquet},
		{name: "leases-c64", title: "conditional UpdateItem of a lease, 64 connections", sluice: true, run: leases(64)},
	}
}
