package shards

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// loadOf is the load of the only shard of stream a.
func (r *room) loadOf(window time.Duration) shardLoad {
	r.t.Helper()
	st, err := r.resolve(r.ctx, aws.String("a"), nil)
	require.NoError(r.t, err)
	return st.view.Load().loads(r.clock.Now(), window)[0]
}

func TestLoads(t *testing.T) {
	t.Run("an idle shard has no meter", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		l := r.loadOf(minute)
		require.True(t, l.quiet())
		require.Nil(t, l.shard.tail.metering.Load())
		r.clock.Step(time.Hour)
		require.Nil(t, l.shard.tail.metering.Load())
	})
	t.Run("means over the window, or since the first traffic", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for range 120 {
			require.NoError(t, r.tryPut("a", 100))
		}
		require.Equal(t, flow{12000, 120}, r.loadOf(minute).in)
		r.clock.Step(9 * time.Second)
		require.Equal(t, flow{1200, 12}, r.loadOf(minute).in, "ten seconds")
		require.Equal(t, flow{}, r.loadOf(9*time.Second).in, "none of the last nine")
		require.Equal(t, flow{1200, 12}, r.loadOf(10*time.Second).in)
		r.clock.Step(50 * time.Second)
		require.Equal(t, flow{200, 2}, r.loadOf(minute).in)
		r.clock.Step(time.Second)
		require.Equal(t, flow{}, r.loadOf(minute).in)
		require.Equal(t, flow{12000 / 61., 120 / 61.}, r.loadOf(15*minute).in)
		r.clock.Step(14 * minute)
		require.Equal(t, flow{}, r.loadOf(15*minute).in)
	})
	t.Run("minutes and their busiest second", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for range 3 {
			for s := range 60 {
				for range 1 + 9*(s/59) {
					require.NoError(t, r.tryPut("a", 60))
				}
				r.clock.Step(time.Second)
			}
		}
		past := r.loadOf(minute).minutes
		require.Len(t, past, 3)
		for i, m := range past {
			require.Equal(t, minuteLoad{start: testStart().Add(time.Duration(i) * minute), in: flow{69, 1.15}, peak: flow{600, 10}}, m)
		}
		r.clock.Step(14 * minute)
		require.Len(t, r.loadOf(minute).minutes, 14)
		require.Zero(t, r.loadOf(minute).minutes[13].in)
	})
	t.Run("reads, refusals and their reasons", func(t *testing.T) {
		r := open(t, enforced)
		r.create("a", 1)
		for range 1500 {
			_ = r.tryPut("a", 100)
		}
		it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		for range 7 {
			_ = r.tryGet(it)
		}
		for range 6 {
			_ = r.tryIterator("a")
		}
		l := r.loadOf(minute)
		require.Equal(t, [reasons]uint64{writeRecordRate: 500, readCallRate: 2, iteratorRate: 2}, l.why)
		require.Equal(t, flow{50000, 500}, l.refused)
		require.Equal(t, flow{500000, 5000}, l.out)
		require.EqualValues(t, 5, l.calls)
		r.clock.Step(2 * minute)
		require.Equal(t, [reasons]uint64{}, r.loadOf(minute).why)
		require.Equal(t, l.why, r.loadOf(3*minute).why)
	})
}

// Sketches know what is heavy, and never claim too much.
func TestSketch(t *testing.T) {
	const sec = 1_000_000
	random := rand.New(rand.NewPCG(1, 2))
	key := func(i int) (string, hash) {
		name := fmt.Sprint("key-", i)
		return name, hashOf(name)
	}
	t.Run("heavy keys among many light ones", func(t *testing.T) {
		k := newSketch(hash{}, lastHash(), sec)
		truth, n := map[string]float64{}, 200_000
		for range n {
			i := 100 + random.IntN(100_000)
			switch roll := random.IntN(100); {
			case roll < 30:
				i = 0
			case roll < 40:
				i = 1
			case roll < 45:
				i = 2
			}
			name, h := key(i)
			truth[name] += 1 / float64(n)
			k.add(sec, h, name, 10)
		}
		found := k.heaviest()
		require.GreaterOrEqual(t, len(found), 3)
		for i, name := range []string{"key-0", "key-1", "key-2"} {
			require.Equal(t, name, found[i].name)
			require.InDelta(t, truth[name], found[i].fraction, 0.02)
		}
		for _, f := range found {
			require.LessOrEqual(t, f.fraction, truth[f.name]+1e-9, "%s is said to be heavier than it is", f.name)
		}
	})
	t.Run("nothing stands out of an even load", func(t *testing.T) {
		k := newSketch(hash{}, lastHash(), sec)
		for range 100_000 {
			name, h := key(random.IntN(10_000))
			k.add(sec, h, name, 10)
		}
		require.Empty(t, k.heaviest())
	})
	t.Run("weights halve every twenty seconds", func(t *testing.T) {
		k := newSketch(hash{}, lastHash(), sec)
		name, h := key(1)
		for range 64 {
			k.add(sec, h, name, 2000)
		}
		other, g := key(2)
		for range 16 {
			k.add(sec+60, g, other, 2000)
		}
		found := k.heaviest()
		require.Equal(t, other, found[0].name)
		require.InDelta(t, 16./24, found[0].fraction, 1e-9)
		require.InDelta(t, 8./24, found[1].fraction, 1e-9)
		k.decay(sec + 1e6)
		require.Empty(t, k.heaviest())
		require.Nil(t, k.split(hash{}, lastHash()))
	})
	t.Run("names", func(t *testing.T) {
		k := newSketch(hash{}, lastHash(), sec)
		long := strings.Repeat("é", 100)
		k.add(sec, hash{lo: 7}, "a", 10)
		k.add(sec, hashOf(long), long, 10)
		names := []string{k.heaviest()[0].name, k.heaviest()[1].name}
		require.ElementsMatch(t, []string{"a (explicit hash key 7)", strings.Repeat("é", 23) + "…"}, names)
	})
}

func TestSplitPoint(t *testing.T) {
	type load struct {
		h      hash
		weight int
	}
	third, _ := lastHash().over(3)
	from := func(share float64) hash { return hash{hi: uint64(share * (1 << 63) * 2)} }
	spread := func(from, to hash, n int) (out []load) {
		step, _ := to.minus(from).over(uint64(n))
		for i := range n {
			out = append(out, load{from.plus(step.times(uint64(i))), 1100})
		}
		return out
	}
	for _, c := range []struct {
		name     string
		from, to hash
		load     []load
		at       hash // zero: none
		left     float64
	}{
		{"no load", hash{}, lastHash(), nil, hash{}, 0},
		{"even load", hash{}, lastHash(), spread(hash{}, lastHash(), 6400), from(0.5), 0.5},
		{"all in the upper quarter", hash{}, lastHash(), spread(from(0.75), lastHash(), 6400), from(0.875), 0.5},
		{"three quarters in the lower half", hash{}, lastHash(), append(spread(hash{}, from(0.5), 7500), spread(from(0.5), lastHash(), 2500)...), from(1. / 3), 0.5},
		{"a single hot key", hash{}, lastHash(), []load{{from(0.3), 1 << 20}}, hash{}, 0},
		{"a hot key with some company", hash{}, lastHash(), append(spread(hash{}, lastHash(), 640), load{from(0.3), 5 << 20}), hash{}, 0},
		{"two hot keys side by side", hash{}, lastHash(), []load{{from(0.3), 1 << 20}, {from(0.3).next(), 1 << 20}}, from(0.3).next(), 0.5},
		{"a narrow shard", hash{lo: 100}, hash{lo: 299}, []load{{hash{lo: 110}, 9000}, {hash{lo: 290}, 9000}}, hash{lo: 111}, 0.5},
		{"a shard of three", hash{lo: 5}, hash{lo: 7}, []load{{hash{lo: 5}, 9000}, {hash{lo: 6}, 9000}}, hash{}, 0},
		{"a third", third, third.times(2), spread(third, third.times(2), 6400), from(0.5), 0.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newSketch(c.from, c.to, 1)
			for _, l := range c.load {
				k.add(1, l.h, "x", l.weight)
			}
			got := k.split(c.from, c.to)
			if c.at == (hash{}) {
				require.Nil(t, got)
				return
			}
			require.NotNil(t, got)
			require.InDelta(t, c.left, got.left, 0.02)
			require.InDelta(t, 1, got.left+got.right, 1e-9)
			require.InEpsilon(t, toFloat(c.at), toFloat(got.at), 0.02)
			require.True(t, c.from.next().less(got.at) && got.at.less(c.to), "SplitShard takes it")
			// What is promised is what the load would be.
			left, total := 0., 0.
			for _, l := range c.load {
				total += float64(max(l.weight, recordCost))
				if l.h.less(got.at) {
					left += float64(max(l.weight, recordCost))
				}
			}
			require.InDelta(t, left/total, got.left, 0.03)
		})
	}
}

// A split at the point of the report divides the load as it says, seen by the
// report of the children.
func TestSplitAsTheHeatReportSays(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	load := func() {
		for i := range 400 {
			r.put("a", fmt.Sprint("user-", int(math.Pow(float64(i), 0.8))), "x")
		}
	}
	load()
	heat, err := r.Heat(r.ctx, "a", time.Minute)
	require.NoError(t, err)
	require.NotNil(t, heat.Shards[0].Split)
	r.split("a", shard0, heat.Shards[0].Split.At)
	load()
	after, err := r.Heat(r.ctx, "a", time.Minute)
	require.NoError(t, err)
	require.Len(t, after.Shards, 3, "the closed one was written in the window")
	require.Nil(t, after.Shards[2].Split)
	require.InDelta(t, heat.Shards[0].Split.Left, after.Shards[0].In.RecordsPerSecond/400, 0.06)
	require.InDelta(t, heat.Shards[0].Split.Right, after.Shards[1].In.RecordsPerSecond/400, 0.06)
	r.clock.Step(2 * minute)
	after, err = r.Heat(r.ctx, "a", time.Minute)
	require.NoError(t, err)
	require.Len(t, after.Shards, 2)
	_, err = r.Heat(r.ctx, "b", time.Minute)
	requireError(t, err, "ResourceNotFoundException", "Stream b under account 123456789012 not found.")
}

// Records of an AUTO stream have no place of their own, so no key is hot.
func TestHeatOfAutoDistribution(t *testing.T) {
	r := open(t)
	_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a"), RecordDistributionStrategy: types.RecordDistributionStrategyAuto})
	require.NoError(t, err)
	for range 100 {
		r.put("a", "same", "x")
	}
	heat, err := r.Heat(r.ctx, "a", time.Minute)
	require.NoError(t, err)
	for _, sh := range heat.Shards {
		require.Equal(t, 25., sh.In.RecordsPerSecond)
		require.Empty(t, sh.Keys)
		require.Nil(t, sh.Split)
	}
}
