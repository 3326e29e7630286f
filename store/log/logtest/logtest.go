// Package logtest is the contract of log.Log as a test suite. Every log passes
// it: memory, Pebble in both durabilities, and Fake, whose positions have gaps
// and are decided late, as a Kafka topic's are.
package logtest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/store/log"
)

// Instance is a log under test, and what can be done to what is behind it.
// A nil function means that this kind of log has no such thing.
type Instance struct {
	Log log.Log
	// Reopen closes the log in an orderly way and opens it again.
	Reopen func(t *testing.T) log.Log
	// Crash opens a copy of what would be left if the crash that the log
	// promises to survive happened now. The log itself goes on.
	Crash func(t *testing.T) log.Log
	// Full makes the disk full, or gives space back.
	Full func(full bool)
	// Fail makes writes fail, or lets them succeed again.
	Fail func(fail bool)
}

// Open makes an empty log whose arrival stamps come from now. What it needs is
// cleaned up through t.
type Open func(t *testing.T, now func() time.Time) *Instance

// Clock is a service clock that a test moves.
type Clock struct{ ms atomic.Int64 }

// start is a moment in the middle of a time bucket of any sensible width.
var start = time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)

// NewClock returns a clock that stands at a fixed moment.
func NewClock() *Clock {
	c := &Clock{}
	c.ms.Store(start.UnixMilli())
	return c
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time { return time.UnixMilli(c.ms.Load()).UTC() }

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// Run runs the suite.
func Run(t *testing.T, open Open) {
	tests := []struct {
		name string
		run  func(t *testing.T, h *harness)
	}{
		{"Order", testOrder},
		{"Missing", testMissing},
		{"EmptyBatch", testEmptyBatch},
		{"TwoStreams", testTwoStreams},
		{"ArrivalNeverDecreases", testArrival},
		{"RecordLimit", testRecordLimit},
		{"ByteLimit", testByteLimit},
		{"Before", testBefore},
		{"NotBefore", testNotBefore},
		{"EveryStart", testEveryStart},
		{"BigRecords", testBigRecords},
		{"PagesOutliveWrites", testPagesOutliveWrites},
		{"OwnsNothing", testOwnsNothing},
		{"ManyShards", testManyShards},
		{"SeekTime", testSeekTime},
		{"Seal", testSeal},
		{"SealedInBatch", testSealedInBatch},
		{"Trim", testTrim},
		{"TrimAll", testTrimAll},
		{"Delete", testDelete},
		{"Restart", testRestart},
		{"RestartKeepsPositions", testRestartKeepsPositions},
		{"Crash", testCrash},
		{"Full", testFull},
		{"FailedWrite", testFailedWrite},
		{"FailedWriteThenCrash", testFailedWriteThenCrash},
		{"Concurrent", testConcurrent},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clock := NewClock()
			in := open(t, clock.Now)
			test.run(t, &harness{t: t, log: in.Log, in: in, clock: clock})
		})
	}
}

// harness wraps a log in calls that expect success.
type harness struct {
	t     *testing.T
	log   log.Log
	in    *Instance
	clock *Clock
}

var ctx = context.Background()

// far is beyond every position.
const far = int64(1) << 62

func id(shard uint32) log.ID { return log.ID{Stream: 7, Shard: shard} }

func (h *harness) create(shards ...uint32) {
	ids := make([]log.ID, len(shards))
	for i, s := range shards {
		ids[i] = id(s)
	}
	require.NoError(h.t, h.log.Create(ctx, ids))
}

// append appends and waits.
func (h *harness) append(batch ...log.Entry) []log.Placed {
	h.t.Helper()
	c, err := h.log.Append(ctx, batch)
	require.NoError(h.t, err)
	require.NoError(h.t, c.Wait())
	require.Len(h.t, c.Placed(), len(batch))
	return c.Placed()
}

// texts appends a record per text to a shard and returns the positions.
func (h *harness) texts(shard uint32, texts ...string) []int64 {
	h.t.Helper()
	batch := make([]log.Entry, len(texts))
	for i, s := range texts {
		batch[i] = entry(shard, s)
	}
	var positions []int64
	for _, p := range h.append(batch...) {
		require.NoError(h.t, p.Err)
		positions = append(positions, p.Position)
	}
	return positions
}

func entry(shard uint32, text string) log.Entry {
	return log.Entry{Log: id(shard), PartitionKey: "key-" + text, Data: []byte(text)}
}

// all reads a shard from a position to its durable end, page by page, and
// returns copies.
func (h *harness) all(shard uint32, from int64) []log.Record {
	h.t.Helper()
	records, err := readAll(h.log, id(shard), from, log.Limit{Records: 1000, Bytes: 1 << 20, Before: far})
	require.NoError(h.t, err)
	return records
}

func readAll(l log.Log, id log.ID, from int64, limit log.Limit) ([]log.Record, error) {
	var records []log.Record
	for {
		page, err := l.Read(ctx, id, from, limit)
		if err != nil {
			return nil, err
		}
		n := len(page.Records)
		for _, r := range page.Records {
			records = append(records, copied(r))
		}
		stuck := n > 0 && page.Next <= from
		from = page.Next
		page.Release()
		if n == 0 {
			return records, nil
		}
		if stuck {
			return nil, fmt.Errorf("%v: a page of %d records did not move on from %d", id, n, from)
		}
	}
}

// copied is a record that outlives its page.
func copied(r log.Record) log.Record {
	r.Data = append([]byte{}, r.Data...)
	r.PartitionKey = string(append([]byte{}, r.PartitionKey...))
	return r
}

// textsOf are the data of records as texts.
func textsOf(records []log.Record) []string {
	texts := []string{}
	for _, r := range records {
		texts = append(texts, string(r.Data))
	}
	return texts
}

func (h *harness) seek(shard uint32, where log.Where, t time.Time) int64 {
	h.t.Helper()
	p, err := h.log.Seek(ctx, id(shard), where, t)
	require.NoError(h.t, err)
	return p
}

func (h *harness) reopen() {
	h.t.Helper()
	if h.in.Reopen == nil {
		h.t.Skip("this log does not outlive its process")
	}
	h.log = h.in.Reopen(h.t)
}
