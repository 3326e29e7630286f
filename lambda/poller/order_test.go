package poller

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// 7.3: a poison record in front of a reshard. Nothing of the children is
// delivered before all parents are finished and that is stored.
func TestPoisonBeforeReshard(t *testing.T) {
	t.Run("7.3 poison blocks the parent", poisonBeforeReshard)
}

func poisonBeforeReshard(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(m *Mapping)
	}{
		{"plain", func(*Mapping) {}},
		{"bisect", func(m *Mapping) { m.Bisect = true }},
		{"lanes", func(m *Mapping) { m.ParallelizationFactor = 4 }},
		{"windows", func(m *Mapping) { m.TumblingWindow = time.Minute }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.create("orders", 2)
			var got seen
			w.handle(func(data []string) string {
				if slices.Contains(data, "poison") {
					return "!poison"
				}
				got.add(data)
				return `{"state":{}}`
			})
			p := w.start(w.mapping("orders", c.set, func(m *Mapping) { m.MaximumRetryAttempts = 3 }))
			key := w.keyIn("orders", shard0)
			w.putKey("orders", key, "poison")
			w.settle()
			w.merge("orders", shard0, "shardId-000000000001")
			w.put("orders", "child1", "child2")
			w.settle()
			require.NotContains(t, fmt.Sprint(got.all()), "child")
			waiting := p.Status().Shards
			require.Len(t, waiting, 2, "one parent is done")
			require.Equal(t, "its parents", waiting[1].WaitingFor)
			require.Equal(t, "the next attempt", waiting[0].WaitingFor)
			require.Equal(t, "Error: poison", waiting[0].LastError)
			require.Equal(t, 1, waiting[0].Attempt)

			w.failed.set(true) // and the destination is down as well
			for range 4 {
				w.step(time.Minute)
			}
			require.NotContains(t, fmt.Sprint(got.all()), "child", "a failure is pending")
			w.failed.set(false)
			w.saved.fail(errors.New("disk full"))
			w.step(time.Minute)
			require.Len(t, w.failed.all(), 1)
			require.NotContains(t, fmt.Sprint(got.all()), "child", "the end of the parent is not stored")
			w.saved.fail(nil)
			w.step(time.Minute)
			w.step(time.Minute)
			require.ElementsMatch(t, []string{"child1", "child2"}, childrenOf(got.all()))
		})
	}
}

func childrenOf(all [][]string) []string {
	return slices.DeleteFunc(slices.Concat(all...), func(s string) bool { return !strings.HasPrefix(s, "child") })
}

// keyIn is a partition key of a shard.
func (w *world) keyIn(stream, shard string) string {
	w.t.Helper()
	for i := range 1000 {
		key := fmt.Sprint("key", i)
		out, err := w.streams.PutRecord(w.ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: &key, Data: []byte("probe")})
		require.NoError(w.t, err)
		if *out.ShardId == shard {
			return key
		}
	}
	w.t.Fatal("no key of the shard")
	return ""
}

// 7.4: what a kill repeats is the batch that was not finished, and nothing is skipped.
func TestKillInTheMiddleOfABatch(t *testing.T) {
	t.Run("7.4 killed in the middle of a batch", killInTheMiddleOfABatch)
}

func killInTheMiddleOfABatch(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	var got seen
	entered, leave := make(chan struct{}, 1), make(chan struct{})
	var calls atomic.Int32
	w.handle(func(data []string) string {
		got.add(data)
		if calls.Add(1) == 2 {
			entered <- struct{}{}
			<-leave
			return "!killed"
		}
		return ""
	})
	w.put("orders", "a", "b", "c", "d", "e")
	m := w.mapping("orders", func(m *Mapping) { m.BatchSize = 2 })
	p, err := Start(w.config, m)
	require.NoError(t, err)
	<-entered
	// A kill: nothing that the first poller does from here on is kept.
	kept, ok, err := w.saved.Load(w.ctx, m.UUID)
	require.True(t, ok && err == nil)
	w.config.Checkpoints = &savedPositions{all: map[string]map[string]Position{m.UUID: kept}}
	again, err := Start(w.config, m)
	require.NoError(t, err)
	t.Cleanup(again.Stop)
	require.Eventually(t, func() bool { return len(got.all()) == 4 }, time.Minute, time.Millisecond)
	close(leave)
	p.Stop()
	require.Equal(t, [][]string{{"a", "b"}, {"c", "d"}, {"c", "d"}, {"e"}}, got.all())
}

// 7.5: ten lanes, one slow key.
func TestSlowKey(t *testing.T) { t.Run("7.5 one slow key of ten lanes", slowKey) }

func slowKey(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	var got seen
	entered, leave := make(chan struct{}, 1), make(chan struct{})
	w.handle(func(data []string) string {
		if data[0] == "slow0" {
			entered <- struct{}{}
			<-leave
		}
		got.add(data)
		return ""
	})
	m := w.mapping("orders", func(m *Mapping) { m.ParallelizationFactor, m.BatchSize = 10, 3 })
	var want []string
	first := w.putKey("orders", "slow", "slow0")
	for i := range 50 {
		for _, key := range []string{"slow", "k1", "k2", "k3", "k4"} {
			w.putKey("orders", key, fmt.Sprint(key, "-", i))
			want = append(want, fmt.Sprint(key, "-", i))
		}
	}
	p, err := Start(w.config, m)
	require.NoError(t, err)
	<-entered
	slow := laneOf("slow", 10)
	quick := 0
	for _, key := range []string{"k1", "k2", "k3", "k4"} {
		if laneOf(key, 10) != slow {
			quick += 50
		}
	}
	require.Eventually(t, func() bool { return len(slices.Concat(got.all()...)) == quick }, time.Minute, time.Millisecond,
		"other keys progress")
	at := w.saved.of(m.UUID, shard0).After
	require.True(t, below(at, first), "the slow record holds the checkpoint")
	close(leave)
	w.settle()
	for _, key := range []string{"slow", "k1", "k2", "k3", "k4"} {
		var order []string
		for _, data := range slices.Concat(got.all()...) {
			if strings.HasPrefix(data, key+"-") {
				order = append(order, data)
			}
		}
		require.Len(t, order, 50)
		require.True(t, slices.IsSortedFunc(order, func(a, b string) int { return len(a)*1000 - len(b)*1000 + strings.Compare(a, b) }), "order of %s", key)
	}
	p.Stop()
	got.reset()
	w.start(m)
	require.Empty(t, got.all(), "the checkpoint is at the end")
	_ = want
}

// A shard that expires unread holds nobody up.
func TestParentsThatExpireUnread(t *testing.T) {
	for _, fast := range []bool{false, true} {
		t.Run(fmt.Sprint("fan-out=", fast), func(t *testing.T) {
			w := newWorld(t)
			w.create("orders", 1)
			m := w.mapping("orders")
			if fast {
				m.Source = w.consumer("orders", "fast")
			}
			var got seen
			w.handle(func(data []string) string { got.add(data); return "" })
			w.start(m).Stop()
			w.put("orders", "lost")
			w.split("orders", shard0)
			w.step(25 * time.Hour)
			w.put("orders", "found1", "found2", "found3")
			w.start(m)
			require.Eventually(t, func() bool { w.step(time.Second); return len(slices.Concat(got.all()...)) == 3 }, time.Minute, time.Millisecond)
		})
	}
}

// Two hundred shards are read, and the four hundred that they are split into.
func TestManyShards(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 200)
	var calls atomic.Int32
	w.handle(func(data []string) string { calls.Add(int32(len(data))); return "" })
	p := w.start(w.mapping("orders"))
	put := func() {
		for i := range 2000 {
			w.putKey("orders", fmt.Sprint("key", i), "x")
		}
	}
	put()
	_, err := w.streams.UpdateShardCount(w.ctx, &kinesis.UpdateShardCountInput{StreamName: ptr("orders"), TargetShardCount: ptr(int32(400)), ScalingType: "UNIFORM_SCALING"})
	require.NoError(t, err)
	w.step(time.Second)
	put()
	w.settle()
	require.EqualValues(t, 4000, calls.Load())
	require.Len(t, p.Status().Shards, 400, "the parents are finished")
}

// A function that is slow holds reading up, not the memory.
func TestReadingWaitsForTheFunction(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	leave := make(chan struct{})
	var got seen
	w.handle(func(data []string) string { <-leave; got.add(data); return "" })
	big := string(make([]byte, 1<<20-10))
	for range 40 {
		w.putKey("orders", "k", big)
	}
	p, err := Start(w.config, w.mapping("orders", func(m *Mapping) { m.BatchSize = 1 }))
	require.NoError(t, err)
	t.Cleanup(p.Stop)
	await(t, func() bool { return p.Status().Counters.InFlightBytes >= laneBytes })
	require.Less(t, p.Status().Counters.InFlightBytes, int64(laneBytes+11<<20))
	close(leave)
	await(t, func() bool { return len(got.all()) == 40 })
}
