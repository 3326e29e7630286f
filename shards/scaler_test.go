package shards

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
	"sluice/internal/quick"
	"sluice/store/kv"
)

// thousandth makes a shard take a record and a KiB a second, so that a test
// needs few of them to fill one.
func thousandth(enforced bool) func(*Config) {
	return func(c *Config) { c.Limits = Limits{Enforced: enforced, Factor: 0.001} }
}

// traffic puts so many records a second under keys in turn, for a while.
func (r *room) traffic(stream string, perSecond int, d time.Duration, keys ...string) {
	r.t.Helper()
	n := 0
	for range int(d / time.Second) {
		in := &kinesis.PutRecordsInput{StreamName: &stream}
		for range perSecond {
			key := keys[n%len(keys)]
			n++
			e := types.PutRecordsRequestEntry{Data: []byte("x"), PartitionKey: aws.String("k")}
			if strings.HasPrefix(key, "@") {
				e.ExplicitHashKey = aws.String(key[1:])
			} else {
				e.PartitionKey = aws.String(key)
			}
			in.Records = append(in.Records, e)
		}
		_, err := r.PutRecords(r.ctx, in)
		require.NoError(r.t, err)
		r.clock.Step(time.Second)
	}
}

// many returns keys that lie evenly in the hash space.
func many(n int) []string {
	var keys []string
	for i := range n {
		keys = append(keys, "@"+evenStart(i, n).plus(hash{lo: uint64(i)}).String())
	}
	return keys
}

func (r *room) openShards(stream string) int {
	r.t.Helper()
	shards := r.list(stream, &types.ShardFilter{Type: types.ShardFilterTypeAtLatest})
	requireCover(r.t, shards)
	return len(shards)
}

// told lists what was decided about a stream.
func (r *room) told(stream string) []string {
	out := []string{}
	for _, d := range r.decisions(streamKey{testAccount, testRegion, stream}) {
		out = append(out, fmt.Sprintf("%s %s %s: %s", d.At.Format(time.TimeOnly), d.Action, strings.Join(d.Shards, " "), d.Reason))
	}
	return out
}

func (r *room) tag(stream, policy string) error {
	_, err := r.AddTagsToStream(r.ctx, &kinesis.AddTagsToStreamInput{StreamName: &stream, Tags: map[string]string{ScalingTag: policy}})
	return err
}

func TestOnDemandFollowsItsPeak(t *testing.T) {
	r := open(t, lasting(30*time.Second), thousandth(false))
	r.createOnDemand("a")
	r.clock.Step(30 * time.Second)
	require.Equal(t, 4, r.openShards("a"))

	// Four shards' worth: after a minute it is known, half a minute later the
	// eight are there, and at most twice as many within a quarter of an hour.
	r.traffic("a", 4, 61*time.Second, many(64)...)
	require.Equal(t, "UPDATING", r.status("a"))
	require.Equal(t, 4, r.openShards("a"))
	r.traffic("a", 4, 30*time.Second, many(64)...)
	require.Equal(t, "ACTIVE", r.status("a"))
	require.Equal(t, 8, r.openShards("a"))

	r.traffic("a", 8, 12*time.Minute, many(64)...)
	require.Equal(t, 8, r.openShards("a"), "a quarter of an hour ago there were four")
	r.traffic("a", 8, 5*time.Minute, many(64)...)
	require.GreaterOrEqual(t, r.openShards("a"), 16)
	told := r.told("a")
	require.Contains(t, strings.Join(told, "\n"), "hold", told)

	// A quiet day changes nothing, and neither does a restart: the peak counts
	// for 30 days. Then there are four again, and no timer is left.
	r.clock.Step(48 * time.Hour)
	require.Equal(t, 16, r.openShards("a"))
	r.restart()
	r.clock.Step(28 * day)
	require.Equal(t, 16, r.openShards("a"))
	r.clock.Step(10 * day)
	require.Equal(t, 4, r.openShards("a"))
	r.clock.Step(30 * day) // the last records are freed
	require.Nil(t, r.clock.State().Next)
}

func TestOnDemandShrinksInOneLeap(t *testing.T) {
	for _, transition := range []time.Duration{0, 100 * time.Millisecond} {
		r := open(t, lasting(transition), thousandth(false))
		r.createOnDemand("a")
		r.clock.Step(time.Second)
		r.traffic("a", 30, 40*time.Minute, many(64)...)
		require.Equal(t, 32, r.openShards("a"))
		before := r.clock.Now()
		r.clock.Step(365 * day)
		require.Equal(t, 4, r.openShards("a"))
		// Each step took place when it was due, though the clock was far ahead.
		var last time.Time
		for _, d := range r.decisions(streamKey{testAccount, testRegion, "a"}) {
			require.False(t, d.At.Before(last))
			last = d.At
		}
		require.Less(t, last.Sub(before), 36*day)
		// Whoever freed records while the last shards closed looks for more once.
		r.clock.Step(day)
		require.Nil(t, r.clock.State().Next)
	}
}

func TestOnDemandThrottlesWhileBehind(t *testing.T) {
	r := open(t, thousandth(true))
	r.createOnDemand("a")
	r.clock.Step(time.Second) // buckets are full at first
	refused := func() int32 {
		in := &kinesis.PutRecordsInput{StreamName: aws.String("a")}
		for _, key := range many(16) {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{Data: []byte("x"), PartitionKey: aws.String("k"), ExplicitHashKey: aws.String(key[1:])})
		}
		out, err := r.PutRecords(r.ctx, in)
		require.NoError(t, err)
		r.clock.Step(time.Second)
		return *out.FailedRecordCount
	}
	for range 59 {
		require.EqualValues(t, 12, refused(), "four shards take one record each")
	}
	for range 10 {
		refused()
	}
	require.EqualValues(t, 8, refused())
	require.Equal(t, 8, r.openShards("a"))
	for range 15 * 60 {
		refused()
	}
	require.Equal(t, 16, r.openShards("a"))
	require.EqualValues(t, 0, refused())
}

func TestOnDemandCeiling(t *testing.T) {
	r := open(t, thousandth(false))
	r.createOnDemand("a")
	r.commits(enabled)
	_, err := r.UpdateStreamWarmThroughput(r.ctx, &kinesis.UpdateStreamWarmThroughputInput{StreamName: aws.String("a"), WarmThroughputMiBps: aws.Int32(150)})
	require.NoError(t, err)
	require.Equal(t, 150, r.openShards("a"))
	r.clock.Step(20 * time.Minute)
	r.traffic("a", 300, 70*time.Second, many(300)...)
	require.Equal(t, 200, r.openShards("a"))
	require.Contains(t, strings.Join(r.told("a"), "\n"), "the most is 200 shards")

	// Warm throughput is a floor: given back, the peak holds the rest.
	_, err = r.UpdateStreamWarmThroughput(r.ctx, &kinesis.UpdateStreamWarmThroughputInput{StreamName: aws.String("a"), WarmThroughputMiBps: aws.Int32(100)})
	require.NoError(t, err)
	r.clock.Step(100 * day)
	require.Equal(t, 100, r.openShards("a"))
	_, err = r.UpdateStreamWarmThroughput(r.ctx, &kinesis.UpdateStreamWarmThroughputInput{StreamName: aws.String("a"), WarmThroughputMiBps: aws.Int32(0)})
	require.NoError(t, err)
	r.clock.Step(100 * day)
	require.Equal(t, 4, r.openShards("a"))
}

func TestModeSwitchKeepsShards(t *testing.T) {
	r := open(t, thousandth(true))
	r.create("a", 10)
	_, err := r.UpdateStreamMode(r.ctx, &kinesis.UpdateStreamModeInput{StreamARN: streamARN("a"), StreamModeDetails: &types.StreamModeDetails{StreamMode: onDemand}})
	require.NoError(t, err)
	r.clock.Step(30 * day)
	require.Equal(t, 10, r.openShards("a"), "as if it had needed them once")
	r.clock.Step(4 * day)
	require.Equal(t, 4, r.openShards("a"))
	_, err = r.UpdateStreamMode(r.ctx, &kinesis.UpdateStreamModeInput{StreamARN: streamARN("a"), StreamModeDetails: &types.StreamModeDetails{StreamMode: types.StreamModeProvisioned}})
	require.NoError(t, err)
	r.traffic("a", 4, 70*time.Second, many(64)...)
	require.Equal(t, 4, r.openShards("a"), "a provisioned stream does not scale by itself")
}

func TestAutoDistributionScales(t *testing.T) {
	r := open(t, thousandth(false))
	r.createOnDemand("a")
	_, err := r.UpdateStreamRecordDistributionStrategy(r.ctx, &kinesis.UpdateStreamRecordDistributionStrategyInput{
		StreamARN: streamARN("a"), RecordDistributionStrategy: types.RecordDistributionStrategyAuto})
	require.NoError(t, err)
	r.traffic("a", 4, 70*time.Second, "the only key")
	require.Equal(t, 8, r.openShards("a"))
	sum, err := r.DescribeStreamSummary(r.ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("a")})
	require.NoError(t, err)
	require.Equal(t, types.RecordDistributionStrategyAuto, sum.StreamDescriptionSummary.RecordDistributionStrategy)
}

func TestProvisionedScaling(t *testing.T) {
	t.Run("off by default", func(t *testing.T) {
		r := open(t, thousandth(false))
		r.create("a", 1)
		r.traffic("a", 3, 2*time.Minute, many(64)...)
		require.Equal(t, 1, r.openShards("a"))
		require.Empty(t, r.told("a"))
	})
	t.Run("up where the heat is, and down again", func(t *testing.T) {
		r := open(t, thousandth(false))
		r.create("a", 1)
		require.NoError(t, r.tag("a", "max=4 cooldown=5m"))
		// All keys lie in the first sixteenth of the hash space.
		var keys []string
		for i := range 64 {
			keys = append(keys, "@"+evenStart(i, 64*16).String())
		}
		r.traffic("a", 2, 6*time.Minute, keys...)
		require.Equal(t, 4, r.openShards("a"))
		for _, sh := range r.list("a", &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}) {
			if from, _ := parseHash(*sh.HashKeyRange.StartingHashKey); from != (hash{}) {
				require.True(t, from.less(evenStart(1, 16)), "every cut went through the heat: %s", from)
			}
		}
		r.clock.Step(time.Hour)
		require.Equal(t, 1, r.openShards("a"))
		require.Equal(t, []string{"split", "split", "split", "hold", "merge", "merge", "merge"}, actions(r.told("a")))
	})
	t.Run("a single hot key is told, once, and left alone", func(t *testing.T) {
		r := open(t, thousandth(false))
		r.create("a", 2)
		require.NoError(t, r.tag("a", "max=64"))
		r.traffic("a", 2, 10*time.Minute, "user-1")
		require.Equal(t, 2, r.openShards("a"))
		require.Len(t, r.told("a"), 1)
		require.Contains(t, r.told("a")[0], `hot-key shardId-000000000001: takes 200 % of a shard's write rate, the target is 70 %; key "user-1" alone makes 100 % of that, and no split divides a key`)
	})
	t.Run("the least and the most", func(t *testing.T) {
		r := open(t, thousandth(false))
		r.create("a", 2)
		require.NoError(t, r.tag("a", "min=5 max=6"))
		r.clock.Step(time.Second)
		require.Equal(t, 5, r.openShards("a"))
		r.traffic("a", 20, 5*time.Minute, many(64)...)
		require.Equal(t, 6, r.openShards("a"))
		require.NoError(t, r.tag("a", "min=1 max=6"))
		r.clock.Step(24 * time.Hour)
		require.Equal(t, 1, r.openShards("a"))
	})
	t.Run("an untagged stream stays as it is", func(t *testing.T) {
		r := open(t, thousandth(false))
		r.create("a", 4)
		require.NoError(t, r.tag("a", "min=1 max=6"))
		_, err := r.RemoveTagsFromStream(r.ctx, &kinesis.RemoveTagsFromStreamInput{StreamName: aws.String("a"), TagKeys: []string{ScalingTag}})
		require.NoError(t, err)
		r.clock.Step(24 * time.Hour)
		require.Equal(t, 4, r.openShards("a"))
	})
	t.Run("it goes on after a restart", func(t *testing.T) {
		r := open(t, lasting(10*time.Second), thousandth(false))
		r.create("a", 1)
		r.clock.Step(10 * time.Second)
		require.NoError(t, r.SetScaling(r.ctx, "a", ScalingPolicy{Max: 4}))
		r.traffic("a", 2, 61*time.Second, many(64)...)
		require.Equal(t, "UPDATING", r.status("a"))
		r.restart()
		r.clock.Step(10 * time.Second)
		require.Equal(t, 2, r.openShards("a"))
		r.clock.Step(time.Hour)
		require.Equal(t, 1, r.openShards("a"))
	})
}

func actions(told []string) []string {
	var out []string
	for _, line := range told {
		out = append(out, strings.Fields(line)[1])
	}
	return out
}

func TestScalingPolicies(t *testing.T) {
	for text, want := range map[string]string{
		"max=16":                                 "min=1 max=16 target=0.7 cooldown=5m",
		" cooldown=90s  target=0.5 min=2 max=3 ": "min=2 max=3 target=0.5 cooldown=1m30s",
		"":                                       "max is missing",
		"min=2":                                  "max is missing",
		"max":                                    `"max" is not name=value`,
		"max=2,min=1":                            `max "2,min=1" is not a number of shards`,
		"max=0":                                  `max "0" is not a number of shards`,
		"min=0 max=2":                            `min "0" is not a number of shards`,
		"min=3 max=2":                            "max is 2, less than min, which is 3",
		"max=10001":                              "max is 10001, the most is 10000",
		"max=2 max=3":                            "max is there twice",
		"max=2 target=0":                         `target "0" is not a fraction such as 0.7`,
		"max=2 target=1.5":                       "target is 1.5, it must lie between 0.05 and 1",
		"max=2 target=NaN":                       "target is NaN, it must lie between 0.05 and 1",
		"max=2 cooldown=x":                       `cooldown "x" is not a duration such as 5m`,
		"max=2 cooldown=5s":                      "cooldown is 5s, it must lie between 10s and 720h",
		"max=2 cooldown=9000h":                   "cooldown is 9000h0m0s, it must lie between 10s and 720h",
		"max=2 speed=3":                          `"speed" is unknown; there are min, max, target and cooldown`,
	} {
		p, err := ParseScalingPolicy(text)
		if err == nil {
			require.Equal(t, want, p.String(), text)
			again, err := ParseScalingPolicy(p.String())
			require.NoError(t, err)
			require.Equal(t, p, again)
			continue
		}
		require.EqualError(t, err, "scaling policy: "+want, text)
	}
}

func TestSetScaling(t *testing.T) {
	r := open(t, thousandth(false))
	r.create("a", 2)
	r.createOnDemand("b")

	requireError(t, r.tag("a", "min=3 max=2"), "InvalidArgumentException",
		"The tag sluice:autoscale cannot be followed: scaling policy: max is 2, less than min, which is 3.")
	_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("c"), ShardCount: aws.Int32(1), Tags: map[string]string{ScalingTag: "x"}})
	requireError(t, err, "InvalidArgumentException",
		`The tag sluice:autoscale cannot be followed: scaling policy: "x" is not name=value.`)
	_, err = r.TagResource(r.ctx, &kinesis.TagResourceInput{ResourceARN: streamARN("a"), Tags: map[string]string{ScalingTag: "x"}})
	require.Error(t, err)

	require.EqualError(t, r.SetScaling(r.ctx, "a", ScalingPolicy{}), "scaling policy: max is missing")
	require.EqualError(t, r.SetScaling(r.ctx, "b", ScalingPolicy{Max: 2}), "scaling policy: stream b is on-demand and scales by the rules of the service")
	require.Error(t, r.SetScaling(r.ctx, "nope", ScalingPolicy{Max: 2}))

	require.NoError(t, r.tag("a", "max=2"))
	got, err := r.Scaling(r.ctx, "a")
	require.NoError(t, err)
	require.Equal(t, &Scaling{Stream: "a", OpenShards: 2, Source: "tag", Next: got.Next, Decisions: []decision{},
		Policy: &ScalingPolicy{Min: 1, Max: 2, Target: 0.7, CoolDown: 5 * time.Minute}}, got)
	require.NoError(t, r.SetScaling(r.ctx, "a", ScalingPolicy{Min: 2, Max: 4}))
	require.NoError(t, r.SetScaling(r.ctx, "a", ScalingPolicy{Min: 2, Max: 4}), "again is no change")
	got, err = r.Scaling(r.ctx, "a")
	require.NoError(t, err)
	require.Equal(t, "set", got.Source)
	require.NoError(t, r.ClearScaling(r.ctx, "a"))
	require.NoError(t, r.ClearScaling(r.ctx, "a"))
	got, err = r.Scaling(r.ctx, "a")
	require.NoError(t, err)
	require.Equal(t, "tag", got.Source)
	got, err = r.Scaling(r.ctx, "b")
	require.NoError(t, err)
	require.Equal(t, "on-demand", got.Source)
	require.Equal(t, 200, got.Policy.Max)
	_, err = r.Scaling(r.ctx, "nope")
	require.Error(t, err)
}

// TestIdleStreamsCostNothing holds a thousand on-demand streams to no timer at
// all while they are idle, and a year over them to two seconds. It may take a little
// longer when every one of them has shards to give back in it.
func TestIdleStreamsCostNothing(t *testing.T) {
	r := open(t, thousandth(false))
	var callers []context.Context
	for i := range 1000 / onDemandStreams {
		callers = append(callers, caller.With(t.Context(), caller.Caller{Account: fmt.Sprintf("%012d", i), Region: testRegion}))
	}
	each := func(f func(ctx context.Context, name string) error) {
		for _, ctx := range callers {
			for i := range onDemandStreams {
				require.NoError(t, f(ctx, fmt.Sprint("s", i)))
			}
		}
	}
	leap := func(most time.Duration) {
		quick.Within(t, most, func() { require.True(t, r.clock.Step(365*day).Settled) })
		r.clock.Step(48 * time.Hour) // closed shards leave the map
		require.Nil(t, r.clock.State().Next)
	}
	each(func(ctx context.Context, name string) error {
		_, err := r.CreateStream(Free(ctx), &kinesis.CreateStreamInput{StreamName: &name})
		return err
	})
	require.Nil(t, r.clock.State().Next)
	leap(2 * time.Second)
	in := &kinesis.PutRecordsInput{}
	for _, key := range many(240) {
		in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), ExplicitHashKey: aws.String(key[1:])})
	}
	each(func(ctx context.Context, name string) error {
		in.StreamName = &name
		_, err := r.PutRecords(ctx, in)
		return err
	})
	r.clock.Step(time.Minute)
	open := func(ctx context.Context, name string) int {
		out, err := r.DescribeStreamSummary(Free(ctx), &kinesis.DescribeStreamSummaryInput{StreamName: &name})
		require.NoError(t, err)
		return int(*out.StreamDescriptionSummary.OpenShardCount)
	}
	require.Equal(t, 8, open(callers[3], "s7"))
	leap(10 * time.Second) // a second, when nothing else runs
	require.Equal(t, 4, open(callers[3], "s7"))
}

func TestPeaks(t *testing.T) {
	st := &streamState{}
	at := testStart()
	st.notePeak(peakOf(3, at), at)
	st.notePeak(peakOf(5, at.Add(day)), at.Add(day))
	require.Len(t, st.Peaks, 1, "a later one that is as high makes an earlier one superfluous")
	st.notePeak(peakOf(2.0001, at.Add(2*day)), at.Add(2*day))
	st.notePeak(peakOf(1, at.Add(2*day)), at.Add(2*day))
	require.Equal(t, []peak{{dayOf(at) + 1, 5000}, {dayOf(at) + 2, 2001}}, st.Peaks)
	require.Equal(t, 5.0, st.peakLoad(at.Add(31*day)))
	require.Equal(t, st.Peaks[0].expires(), st.nextExpiry(at.Add(31*day)))
	require.Equal(t, 5.0, st.peakLoad(st.Peaks[0].expires().Add(-time.Nanosecond)))
	require.Equal(t, 2.001, st.peakLoad(st.Peaks[0].expires()))
	require.Zero(t, st.peakLoad(at.Add(40*day)))
	require.True(t, st.nextExpiry(at.Add(40*day)).IsZero())
}

// unwilling is a catalog that lets nothing begin.
type unwilling struct {
	Catalog
	refuse atomic.Bool
}

func (c *unwilling) Propose(ctx context.Context, cmd kv.Command) (kv.Value, error) {
	if cmd.Kind == "begin" && c.refuse.Load() {
		return kv.Value{}, errDisk
	}
	return c.Catalog.Propose(ctx, cmd)
}

func TestScalingThatFailsGoesOn(t *testing.T) {
	broken := &unwilling{}
	r := open(t, thousandth(false), func(c *Config) { broken.Catalog = c.Catalog; c.Catalog = broken })
	r.create("a", 1)
	require.NoError(t, r.tag("a", "max=4"))
	broken.refuse.Store(true)
	r.traffic("a", 2, 90*time.Second, many(64)...)
	require.Equal(t, 1, r.openShards("a"))
	require.Empty(t, r.told("a"), "what did not happen is not told")
	broken.refuse.Store(false)
	r.traffic("a", 2, 90*time.Second, many(64)...)
	require.Greater(t, r.openShards("a"), 1)
}

func TestScalingStopsAtTheQuota(t *testing.T) {
	r := open(t, func(c *Config) { c.Limits = Limits{Factor: 0.001, Shards: 5} })
	r.create("a", 1)
	r.create("b", 3)
	require.NoError(t, r.tag("a", "max=16"))
	r.traffic("a", 10, 10*time.Minute, many(64)...)
	require.Equal(t, 2, r.openShards("a"))
	require.Equal(t, []string{"split", "hold"}, actions(r.told("a")))
	require.Contains(t, r.told("a")[1], "2 shards of 2 above the target of 70 %; the account's shard limit is reached")
}

func TestScalerYieldsToOthers(t *testing.T) {
	r := open(t, lasting(5*time.Minute), thousandth(false))
	r.create("a", 1)
	r.clock.Step(5 * time.Minute)
	require.NoError(t, r.tag("a", "max=16 cooldown=1m"))
	r.traffic("a", 2, 5*time.Second, many(64)...)
	r.split("a", "0", half) // while the scaler is about to
	r.traffic("a", 2, 4*time.Minute, many(64)...)
	require.Empty(t, r.told("a"), "a change is under way")
	r.traffic("a", 2, 2*time.Minute, many(64)...)
	require.NotEmpty(t, r.told("a"))
	_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("a")})
	require.NoError(t, err)
	r.clock.Step(time.Hour)
	require.Equal(t, codeMissing, r.status("a"))
	require.Empty(t, r.told("a"))
	require.Nil(t, r.clock.State().Next)
}
