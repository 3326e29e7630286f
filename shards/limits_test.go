package shards

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

const codeThroughput = "ProvisionedThroughputExceededException"

func enforced(c *Config) { c.Limits.Enforced = true }

func times(factor float64) func(*Config) {
	return func(c *Config) { c.Limits = Limits{Enforced: true, Factor: factor} }
}

// tryPut writes one record of so many bytes, its key of one byte included.
func (r *room) tryPut(stream string, size int) error {
	_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: aws.String("k"), Data: make([]byte, size-1)})
	return err
}

func (r *room) tryGet(iterator string) error {
	_, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &iterator})
	return err
}

func (r *room) tryIterator(stream string) error {
	_, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: &stream, ShardId: aws.String(shard0), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	return err
}

// passing counts how many calls pass until the first is refused, at most limit.
func passing(limit int, call func() error) int {
	for n := range limit {
		if call() != nil {
			return n
		}
	}
	return limit
}

// Rates of a shard, to the record and the nanosecond: the clock stands still.
func TestShardRates(t *testing.T) {
	for _, c := range []struct {
		name   string
		factor float64
		call   func(r *room) func() error
		burst  int           // calls that pass at one moment
		pause  time.Duration // after which one more passes
		text   string
	}{
		{"1,000 records a second in", 1, func(r *room) func() error { return func() error { return r.tryPut("a", 10) } }, 1000, time.Millisecond,
			"Rate exceeded for shard shardId-000000000000 in stream a under account 123456789012."},
		{"1 MiB a second in", 1, func(r *room) func() error { return func() error { return r.tryPut("a", 1<<18) } }, 4, 250 * time.Millisecond,
			"Rate exceeded for shard shardId-000000000000 in stream a under account 123456789012."},
		{"5 GetRecords a second", 1, func(r *room) func() error {
			it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
			return func() error { return r.tryGet(it) }
		}, 5, 200 * time.Millisecond, "Rate exceeded for Shard - 123456789012/a/shardId-000000000000"},
		{"5 GetShardIterator a second", 1, func(r *room) func() error { return func() error { return r.tryIterator("a") } }, 5, 200 * time.Millisecond,
			"Rate exceeded for Shard - 123456789012/a/shardId-000000000000"},
		{"x3 records", 3, func(r *room) func() error { return func() error { return r.tryPut("a", 10) } }, 3000, 333333 * time.Nanosecond,
			"Rate exceeded for shard shardId-000000000000 in stream a under account 123456789012."},
		{"x10 calls", 10, func(r *room) func() error { return func() error { return r.tryIterator("a") } }, 50, 20 * time.Millisecond,
			"Rate exceeded for Shard - 123456789012/a/shardId-000000000000"},
		{"x0.5 records", 0.5, func(r *room) func() error { return func() error { return r.tryPut("a", 10) } }, 500, 2 * time.Millisecond,
			"Rate exceeded for shard shardId-000000000000 in stream a under account 123456789012."},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open(t, times(c.factor))
			r.create("a", 1)
			call := c.call(r)
			require.Equal(t, c.burst, passing(c.burst+1, call))
			requireError(t, call(), codeThroughput, c.text)
			r.clock.Step(c.pause - time.Nanosecond)
			require.Error(t, call())
			r.clock.Step(time.Nanosecond)
			require.NoError(t, call())
			require.Error(t, call(), "one more, not two")
			r.clock.Step(minute)
			require.Equal(t, c.burst, passing(c.burst+1, call), "a second's worth is all that is saved up")
		})
	}
}

func TestSizesAtTheLimit(t *testing.T) {
	t.Run("1 MiB exactly, then a byte", func(t *testing.T) {
		r := open(t, enforced)
		r.create("a", 1)
		require.NoError(t, r.tryPut("a", 1<<20))
		require.Equal(t, codeThroughput, codeOf(r.tryPut("a", 1)))
		r.clock.Step(time.Microsecond) // pays for a byte and a little
		require.NoError(t, r.tryPut("a", 1))
	})
	t.Run("a record larger than the rate leaves a debt", func(t *testing.T) {
		r := open(t, enforced)
		r.create("a", 1)
		_, err := r.UpdateMaxRecordSize(r.ctx, &kinesis.UpdateMaxRecordSizeInput{StreamARN: streamARN("a"), MaxRecordSizeInKiB: aws.Int32(10240)})
		require.NoError(t, err)
		require.NoError(t, r.tryPut("a", 3<<20))
		r.clock.Step(2 * time.Second)
		require.Equal(t, codeThroughput, codeOf(r.tryPut("a", 1)))
		r.clock.Step(time.Microsecond)
		require.NoError(t, r.tryPut("a", 1))
	})
	t.Run("a factor leaves sizes alone", func(t *testing.T) {
		r := open(t, times(1e6))
		r.create("a", 1)
		require.Equal(t, "ValidationException", codeOf(r.tryPut("a", 1<<20+1)))
		require.NoError(t, r.tryPut("a", 1<<20))
	})
}

// Case 22 of the reference, and what it leaves open: the others are stored.
func TestPutRecordsIsRefusedRecordByRecord(t *testing.T) {
	r := open(t, enforced)
	r.create("a", 2)
	for range 1000 {
		r.putAt("a", "0", "x")
	}
	records := make([]types.PutRecordsRequestEntry, 4)
	for i := range records {
		records[i] = types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), ExplicitHashKey: aws.String([]string{"0", full}[i%2]), Data: []byte{byte('0' + i)}}
	}
	out, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: records})
	require.NoError(t, err)
	require.EqualValues(t, 2, *out.FailedRecordCount)
	for _, i := range []int{0, 2} {
		require.Equal(t, types.PutRecordsResultEntry{ErrorCode: aws.String(codeThroughput),
			ErrorMessage: aws.String("Rate exceeded for shard shardId-000000000000 in stream a under account 123456789012.")}, out.Records[i])
	}
	require.Equal(t, []string{"1", "3"}, r.read("a", shard1))
	require.Len(t, r.read("a", shard0), 1000)
}

func TestReadAllowance(t *testing.T) {
	fill := func(t *testing.T, pages int) (*room, string) {
		r := open(t)
		r.create("a", 1)
		for range 10 * pages {
			require.NoError(t, r.tryPut("a", 1<<20))
		}
		r.SetLimits(Limits{Enforced: true})
		return r, r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
	}
	page := func(t *testing.T, r *room, it string, limit int32) *kinesis.GetRecordsOutput {
		out, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it, Limit: &limit})
		require.NoError(t, err)
		return out
	}
	t.Run("10 MiB, then nothing for 5 seconds", func(t *testing.T) {
		r, it := fill(t, 2)
		for range 2 {
			out := page(t, r, it, 10000)
			require.Len(t, out.Records, 10)
			it = *out.NextShardIterator
			r.clock.Step(5*time.Second - time.Nanosecond)
			requireError(t, r.tryGet(it), codeThroughput, "Rate exceeded for Shard - 123456789012/a/shardId-000000000000")
			r.clock.Step(time.Nanosecond)
		}
	})
	t.Run("2 MiB are a second's worth", func(t *testing.T) {
		r, it := fill(t, 1)
		it = *page(t, r, it, 2).NextShardIterator
		r.clock.Step(time.Second - time.Nanosecond)
		require.Equal(t, codeThroughput, codeOf(r.tryGet(it)))
		r.clock.Step(time.Nanosecond)
		page(t, r, it, 1)
	})
	t.Run("less than 2 MiB blocks nothing", func(t *testing.T) {
		r, it := fill(t, 1)
		page(t, r, *page(t, r, it, 1).NextShardIterator, 1)
		require.Equal(t, codeThroughput, codeOf(r.tryGet(it)))
	})
	t.Run("refused calls cost nothing", func(t *testing.T) {
		r, it := fill(t, 1)
		page(t, r, it, 10000)
		for range 100 {
			require.Error(t, r.tryGet(it))
		}
		r.clock.Step(5 * time.Second)
		page(t, r, it, 1)
	})
	t.Run("a factor shortens the wait", func(t *testing.T) {
		r, it := fill(t, 1)
		r.SetLimits(Limits{Enforced: true, Factor: 2})
		page(t, r, it, 10000)
		r.clock.Step(2500*time.Millisecond - time.Nanosecond)
		require.Equal(t, codeThroughput, codeOf(r.tryGet(it)))
		r.clock.Step(time.Nanosecond)
		page(t, r, it, 1)
	})
}

func TestAllowancesAreFullAfterARestart(t *testing.T) {
	r := open(t, enforced)
	r.create("a", 1)
	require.Equal(t, 1000, passing(1001, func() error { return r.tryPut("a", 10) }))
	r.restart()
	require.Equal(t, 1000, passing(1001, func() error { return r.tryPut("a", 10) }))
}

// A thousand records are a thousand, also when many put at once.
func TestRatesHoldUnderConcurrency(t *testing.T) {
	r := open(t, enforced)
	r.create("a", 1)
	var wg sync.WaitGroup
	var stored, refused atomic.Int64
	for range 8 {
		wg.Go(func() {
			for range 250 {
				if r.tryPut("a", 10) == nil {
					stored.Add(1)
				} else {
					refused.Add(1)
				}
				if _, err := r.Heat(r.ctx, "a", time.Minute); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		for range 100 {
			r.Samples(func(Sample) {})
			r.SetLimits(Limits{Enforced: true})
		}
	})
	wg.Wait()
	require.EqualValues(t, 1000, stored.Load())
	require.EqualValues(t, 1000, refused.Load())
}

// callOf calls an operation with an input that names stream a by every member
// there is.
func (r *room) callOf(ctx context.Context, operation string) error {
	method := reflect.ValueOf(r.Streams).MethodByName(operation)
	in := reflect.New(method.Type().In(1).Elem())
	for member, value := range map[string]*string{
		"StreamName": aws.String("a"), "StreamARN": streamARN("a"), "ResourceARN": streamARN("a"), "ConsumerName": aws.String("c"),
	} {
		if f := in.Elem().FieldByName(member); f.IsValid() {
			f.Set(reflect.ValueOf(value))
		}
	}
	out := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	err, _ := out[1].Interface().(error)
	return err
}

// The rates of the control plane, each to the call.
func TestCallRates(t *testing.T) {
	const ofStream, ofAccount = "Rate exceeded for stream a under account 123456789012.", "Rate exceeded for account 123456789012."
	type rate struct {
		calls     int
		perStream bool
		text      string
	}
	account, stream := rate{5, false, ofAccount}, rate{5, false, ofStream}
	rates := map[string]rate{
		"ListStreams": account, "DescribeAccountSettings": account, "UpdateAccountSettings": account, "CreateChannel": account,
		"DeleteChannel": account, "DescribeChannel": account, "ListChannels": account, "UpdateChannel": account,
		"DescribeLimits": {1, false, ofAccount},
		"DescribeStream": {10, false, ofStream}, "UpdateShardCount": {10, false, ofStream}, "DescribeStreamSummary": {20, false, ofStream},
		"DescribeStreamConsumer": {20, true, ofStream}, "DeregisterStreamConsumer": {5, true, ofStream}, "ListStreamConsumers": {5, true, ofStream},
		"ListShards": {1000, true, ofStream},
	}
	for _, operation := range []string{"AddTagsToStream", "CreateStream", "DecreaseStreamRetentionPeriod", "DeleteResourcePolicy",
		"DeleteStream", "DisableEnhancedMonitoring", "EnableEnhancedMonitoring", "GetResourcePolicy", "IncreaseStreamRetentionPeriod",
		"ListTagsForResource", "ListTagsForStream", "MergeShards", "PutResourcePolicy", "RegisterStreamConsumer", "RemoveTagsFromStream",
		"SplitShard", "StartStreamEncryption", "StopStreamEncryption", "TagResource", "UntagResource", "UpdateMaxRecordSize",
		"UpdateStreamMode", "UpdateStreamRecordDistributionStrategy", "UpdateStreamWarmThroughput"} {
		rates[operation] = stream
	}
	dataPlane := []string{"GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "SubscribeToShard"}
	require.Len(t, Coverage(), len(rates)+len(dataPlane), "every operation has a rate here or is counted by shard")
	throttled := func(err error, text string) bool {
		return err != nil && codeOf(err) == "LimitExceededException" && strings.HasSuffix(err.Error(), text)
	}
	for operation, want := range rates {
		for _, factor := range []int{1, 2} {
			t.Run(fmt.Sprint(operation, " x", factor), func(t *testing.T) {
				r := open(t, lasting(minute))
				r.create("a", 1)
				r.clock.Step(minute)
				_ = r.register("a", "c")
				r.clock.Step(minute)
				r.SetLimits(Limits{Enforced: true, Factor: float64(factor)})
				call := func() error {
					if err := r.callOf(r.ctx, operation); throttled(err, want.text) {
						return err
					}
					return nil
				}
				if operation == "ListShards" { // its token takes the place of the name
					call = func() error {
						_, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: aws.String("a")})
						return err
					}
				}
				require.Equal(t, want.calls*factor, passing(want.calls*factor+10, call))
				r.clock.Step(time.Second/time.Duration(want.calls*factor) - time.Nanosecond)
				require.Error(t, call())
				r.clock.Step(time.Nanosecond)
				require.NoError(t, call())
				require.Error(t, call())
				other := caller.With(r.ctx, caller.Caller{Account: "999999999999", Region: testRegion})
				require.False(t, throttled(r.callOf(other, operation), ofAccount), "another account has its own rate")
				require.False(t, throttled(r.callOf(Free(r.ctx), operation), want.text), "Sluice's own calls are not counted")
				r.SetLimits(Limits{})
				require.NoError(t, call())
			})
		}
	}
}

func TestRatesPerStream(t *testing.T) {
	r := open(t, enforced)
	for _, name := range []string{"a", "b"} {
		r.create(name, 1)
		require.Equal(t, 5, passing(6, func() error {
			_, err := r.ListStreamConsumers(r.ctx, &kinesis.ListStreamConsumersInput{StreamARN: streamARN(name)})
			return err
		}), "each stream has its own")
	}
}

func TestCallersAreBounded(t *testing.T) {
	var c callers
	now := testStart()
	for i := range 3 * mostCallers {
		c.meter(streamKey{account: fmt.Sprint(i)}, now)
		require.LessOrEqual(t, len(c.all), mostCallers)
	}
	old := c.meter(streamKey{account: "old"}, now)
	for i := range mostCallers {
		c.meter(streamKey{account: fmt.Sprint(i)}, now.Add(callerRest))
	}
	require.NotSame(t, old, c.meter(streamKey{account: "old"}, now.Add(callerRest)), "who has not called for a while makes room")
}

func TestStreamsInCreating(t *testing.T) {
	r := open(t, enforced, lasting(minute))
	create := func(name string) error {
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)})
		return err
	}
	for i := range 5 {
		require.NoError(t, create(fmt.Sprint("s", i)))
	}
	r.clock.Step(time.Second)
	requireError(t, create("sixth"), "LimitExceededException", "Rate exceeded for stream sixth under account 123456789012.")
	r.clock.Step(minute)
	require.NoError(t, create("sixth"))
}

// What may be done so often a day may be done again as soon as the first of
// them is a day old, to the millisecond.
func TestRollingDay(t *testing.T) {
	r := open(t, enforced)
	r.create("a", 1)
	scale := func(target int32) error {
		_, err := r.UpdateShardCount(r.ctx, &kinesis.UpdateShardCountInput{StreamName: aws.String("a"), TargetShardCount: &target, ScalingType: types.ScalingTypeUniformScaling})
		return err
	}
	for i := range 10 {
		require.NoError(t, scale(int32(2-i%2)))
		r.clock.Step(time.Hour)
	}
	r.clock.Step(14*time.Hour - time.Millisecond)
	requireError(t, scale(2), "LimitExceededException", "UpdateShardCount is limited to 10 successful calls in 24 hours for stream a under account 123456789012.")
	r.SetLimits(Limits{Enforced: true, Factor: 100})
	require.Error(t, scale(2), "a factor multiplies rates, not numbers a day")
	r.restart()
	require.Error(t, scale(2), "days are remembered over a restart")
	r.clock.Step(time.Millisecond)
	require.NoError(t, scale(2))
	require.Error(t, scale(1), "the next becomes possible an hour later")
}
