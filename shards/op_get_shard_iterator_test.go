package shards

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

func TestGetShardIterator(t *testing.T) {
	r := open(t)
	r.create("a", 3)
	ask := func(shard string, kind types.ShardIteratorType, number *string, at *time.Time) (string, error) {
		out, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("a"), ShardId: &shard,
			ShardIteratorType: kind, StartingSequenceNumber: number, Timestamp: at})
		if err != nil {
			return "", err
		}
		return *out.ShardIterator, nil
	}
	first := *r.putAt("a", "0", "one").SequenceNumber
	r.clock.Step(time.Second)
	second := *r.putAt("a", "0", "two").SequenceNumber
	r.clock.Step(time.Second)
	r.putAt("a", "0", "three")

	t.Run("case 27 ShardId shardId-5 on 3 shards", func(t *testing.T) {
		_, err := ask("shardId-5", types.ShardIteratorTypeLatest, nil, nil)
		requireError(t, err, "ResourceNotFoundException", "Shard shardId-000000000005 in stream a under account 123456789012 does not exist")
	})
	t.Run("case 28 ShardId 0, foo-0", func(t *testing.T) {
		for _, id := range []string{"0", "foo-0", "shardId-0", shard0} {
			it, err := ask(id, types.ShardIteratorTypeTrimHorizon, nil, nil)
			require.NoError(t, err, id)
			require.Len(t, r.get(it).Records, 3)
		}
	})
	t.Run("case 29 ShardId ABKLFD8 on an unknown stream", func(t *testing.T) {
		for _, id := range []string{"ABKLFD8", "shardId-", "shardId-2147483648", "shardId--1"} {
			_, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("nope"), ShardId: &id, ShardIteratorType: types.ShardIteratorTypeLatest})
			requireError(t, err, "ResourceNotFoundException", "Could not find shard "+id+" in stream nope under account 123456789012.")
		}
	})
	t.Run("a stream that is not there", func(t *testing.T) {
		_, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("nope"), ShardId: aws.String("5"), ShardIteratorType: types.ShardIteratorTypeLatest})
		requireError(t, err, "ResourceNotFoundException", "Shard shardId-000000000005 in stream nope under account 123456789012 does not exist")
	})
	t.Run("case 30 AFTER_SEQUENCE_NUMBER without number", func(t *testing.T) {
		const text = "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified "
		_, err := ask("0", types.ShardIteratorTypeAfterSequenceNumber, nil, nil)
		requireError(t, err, "InvalidArgumentException", text+"AFTER_SEQUENCE_NUMBER and no StartingSequenceNumber.")
		_, err = ask("0", types.ShardIteratorTypeAtSequenceNumber, nil, nil)
		requireError(t, err, "InvalidArgumentException", text+"AT_SEQUENCE_NUMBER and no StartingSequenceNumber.")
		_, err = ask("0", types.ShardIteratorTypeLatest, &first, nil)
		requireError(t, err, "InvalidArgumentException", text+"LATEST and also a StartingSequenceNumber.")
		_, err = ask("0", types.ShardIteratorTypeTrimHorizon, &first, nil)
		requireError(t, err, "InvalidArgumentException", text+"TRIM_HORIZON and also a StartingSequenceNumber.")
	})
	t.Run("case 31 number of shard 2 on shard 0", func(t *testing.T) {
		number := *r.putAt("a", full, "x").SequenceNumber
		_, err := ask("0", types.ShardIteratorTypeAtSequenceNumber, &number, nil)
		requireError(t, err, "InvalidArgumentException", "Invalid StartingSequenceNumber. It encodes shardId-000000000002, while it was used in a call to a shard with shardId-000000000000")
	})
	t.Run("case 32 StartingSequenceNumber 0", func(t *testing.T) {
		_, err := ask("0", types.ShardIteratorTypeAtSequenceNumber, aws.String("0"), nil)
		requireError(t, err, "InternalFailure", "")
	})
	t.Run("case 33 number of an older stream of the same name", func(t *testing.T) {
		r := open(t)
		r.create("b", 1)
		old := *r.put("b", "k", "x").SequenceNumber
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("b")})
		require.NoError(t, err)
		r.clock.Step(time.Second)
		r.create("b", 1)
		_, err = r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("b"), ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: &old})
		requireError(t, err, "InvalidArgumentException", "StartingSequenceNumber "+old+" used in GetShardIterator on shard shardId-000000000000 in stream b under account 123456789012 is invalid because it did not come from this stream.")
	})
	t.Run("a number that is none", func(t *testing.T) {
		for _, number := range []string{"1", "99999999999999999999999999999999999999999999999999999999999999999999"} {
			_, err := ask("1", types.ShardIteratorTypeAtSequenceNumber, &number, nil)
			if number == "1" { // a version 0 number of shard 1
				requireError(t, err, "InternalFailure", "")
				continue
			}
			requireError(t, err, "InvalidArgumentException", "StartingSequenceNumber "+number+" used in GetShardIterator on shard shardId-000000000001 in stream a under account 123456789012 is invalid.")
		}
	})
	t.Run("case 34 AT_TIMESTAMP one minute ahead", func(t *testing.T) {
		now := r.clock.Now()
		_, err := ask("0", types.ShardIteratorTypeAtTimestamp, nil, aws.Time(now.Add(time.Minute)))
		requireError(t, err, "InvalidArgumentException", fmt.Sprintf("The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: %d, currentTimestampInMillis: %d", now.UnixMilli()+60000, now.UnixMilli()))
		_, err = ask("0", types.ShardIteratorTypeAtTimestamp, nil, nil)
		requireError(t, err, "InvalidArgumentException", "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.")
	})
	t.Run("every type finds its place", func(t *testing.T) {
		start := sequence{created: testStart().Unix(), time: testStart().Unix()}.String()
		for _, c := range []struct {
			kind   types.ShardIteratorType
			number *string
			at     *time.Time
			want   []string
		}{
			{kind: types.ShardIteratorTypeTrimHorizon, want: []string{"one", "two", "three"}},
			{kind: types.ShardIteratorTypeLatest, want: []string{}},
			{kind: types.ShardIteratorTypeAtSequenceNumber, number: &second, want: []string{"two", "three"}},
			{kind: types.ShardIteratorTypeAfterSequenceNumber, number: &second, want: []string{"three"}},
			{kind: types.ShardIteratorTypeAtSequenceNumber, number: &start, want: []string{"one", "two", "three"}},
			{kind: types.ShardIteratorTypeAfterSequenceNumber, number: &start, want: []string{"one", "two", "three"}},
			{kind: types.ShardIteratorTypeAtTimestamp, at: aws.Time(testStart()), want: []string{"one", "two", "three"}},
			{kind: types.ShardIteratorTypeAtTimestamp, at: aws.Time(testStart().Add(time.Millisecond)), want: []string{"two", "three"}},
			{kind: types.ShardIteratorTypeAtTimestamp, at: aws.Time(testStart().Add(-time.Hour)), want: []string{"one", "two", "three"}},
		} {
			it, err := ask("0", c.kind, c.number, c.at)
			require.NoError(t, err)
			require.Equal(t, c.want, payloads(r.get(it).Records), c)
		}
	})
	t.Run("AT_TIMESTAMP with nothing yet does not skip what comes", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "before")
		r.clock.Step(time.Second)
		it := r.iteratorFrom(kinesis.GetShardIteratorInput{StreamName: aws.String("a"), ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(r.clock.Now())})
		r.put("a", "k", "after")
		require.Equal(t, []string{"after"}, payloads(r.get(it).Records))
	})
	t.Run("iterators look like the service's and fit 512 characters", func(t *testing.T) {
		long := "n"
		for len(long) < 128 {
			long += "n"
		}
		r.create(long, 1)
		it := r.iterator(long, "0", types.ShardIteratorTypeLatest)
		require.Regexp(t, `^AAAAAAAAAAE`, it)
		require.LessOrEqual(t, len(it), 512)
		require.NotEqual(t, it, r.iterator(long, "0", types.ShardIteratorTypeLatest))
	})
	t.Run("case 81 dry run", func(t *testing.T) {
		dry := func(shard string) error {
			_, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("a"), ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeLatest, DryRun: aws.Bool(true)})
			return err
		}
		requireError(t, dry("0"), "DryRunOperationException", "The request was rejected because the DryRun parameter was specified.")
		require.Equal(t, "ResourceNotFoundException", codeOf(dry("9")))
	})
	t.Run("in CREATING there is no shard", func(t *testing.T) {
		r := open(t, lasting(time.Minute))
		r.create("a", 1)
		_, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("a"), ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeLatest})
		requireError(t, err, "ResourceNotFoundException", "Shard shardId-000000000000 in stream a under account 123456789012 does not exist")
	})
	t.Run("nothing given is an answer, not a panic", func(t *testing.T) {
		_, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{})
		require.Error(t, err)
		_, err = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{})
		require.Error(t, err)
	})
}

// FuzzIterator: whatever is sent as an iterator is refused, unless it was sealed here.
func FuzzIterator(f *testing.F) {
	r := open(f)
	r.create("a", 1)
	f.Add("abc", uint64(1), "a", uint32(0), int64(0))
	f.Add(r.iterator("a", "0", types.ShardIteratorTypeLatest), uint64(7), "stream", uint32(1<<31), int64(-1))
	other := caller.With(context.Background(), caller.Caller{Account: "210987654321", Region: testRegion})
	f.Fuzz(func(t *testing.T, text string, stream uint64, name string, shard uint32, position int64) {
		_, err := r.GetRecords(other, &kinesis.GetRecordsInput{ShardIterator: &text})
		requireError(t, err, "InvalidArgumentException", "Invalid ShardIterator.")
		_, _ = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &text})

		k := streamKey{account: testAccount, region: testRegion, name: name}
		it := iterator{stream: stream, name: name, shard: shard, position: position, made: millis(r.clock.Now())}
		sealed := r.sealIterator(k, it)
		again, err := r.openIterator(k, sealed)
		require.NoError(t, err)
		require.Equal(t, it, again)
		// Sealed, but of nothing that exists: an answer of the service.
		_, err = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &sealed})
		if err != nil {
			require.NotEqual(t, "not an error of the service", codeOf(err))
		}
	})
}

// FuzzToken does the same for next-tokens of lists.
func FuzzToken(f *testing.F) {
	r := open(f)
	r.create("a", 2)
	page, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: aws.String("a"), MaxResults: aws.Int32(1)})
	require.NoError(f, err)
	f.Add(*page.NextToken)
	f.Add("abc")
	f.Add(r.iterator("a", "0", types.ShardIteratorTypeLatest))
	f.Fuzz(func(t *testing.T, text string) {
		out, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{NextToken: &text})
		if text == *page.NextToken {
			require.NoError(t, err)
			require.Len(t, out.Shards, 1)
			return
		}
		requireError(t, err, "InvalidArgumentException", "Invalid NextToken.")
	})
}
