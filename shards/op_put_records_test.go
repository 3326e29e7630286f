package shards

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// entries makes records of a key each.
func entries(keys ...string) []types.PutRecordsRequestEntry {
	var out []types.PutRecordsRequestEntry
	for _, k := range keys {
		out = append(out, types.PutRecordsRequestEntry{PartitionKey: aws.String(k), Data: []byte(k)})
	}
	return out
}

func TestPutRecords(t *testing.T) {
	t.Run("case 14 PutRecords, second of two has a hash key out of range", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		records := entries("a", "b")
		records[1].ExplicitHashKey = aws.String("340282366920938463463374607431768211456")
		_, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: records})
		requireError(t, err, "InvalidArgumentException", "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 340282366920938463463374607431768211456")
		require.Empty(t, r.read("a", shard0))
	})
	t.Run("case 18a PutRecords, record of 1 MiB + 1 byte", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		large := []types.PutRecordsRequestEntry{{PartitionKey: aws.String("k"), Data: make([]byte, 1<<20+1)}}
		put := func(records []types.PutRecordsRequestEntry) error {
			_, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: records})
			return err
		}
		requireError(t, put(large), "ValidationException", "1 validation error detected: Value at 'records.1.member.data' failed to satisfy constraint: Member must have length less than or equal to 1048576")
		two := append(entries("a"), large[0], large[0])
		requireError(t, put(two), "ValidationException", "2 validation errors detected: Value at 'records.2.member.data' failed to satisfy constraint: Member must have length less than or equal to 1048576; Value at 'records.3.member.data' failed to satisfy constraint: Member must have length less than or equal to 1048576")
		require.Empty(t, r.read("a", shard0))
		_, err := r.UpdateMaxRecordSize(r.ctx, &kinesis.UpdateMaxRecordSizeInput{StreamARN: streamARN("a"), MaxRecordSizeInKiB: aws.Int32(2048)})
		require.NoError(t, err)
		require.NoError(t, put(large))
	})
	t.Run("case 21 PutRecords, all good", func(t *testing.T) {
		r := open(t)
		r.create("a", 3)
		out, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamARN: streamARN("a"), Records: entries("a", "b", "e", "f")})
		require.NoError(t, err)
		require.NotNil(t, out.FailedRecordCount)
		require.Zero(t, *out.FailedRecordCount)
		require.Empty(t, out.EncryptionType)
		var shards []string
		for i := range out.Records {
			shards = append(shards, *out.Records[i].ShardId)
			require.Nil(t, out.Records[i].ErrorCode)
		}
		require.Equal(t, []string{shard0, shard1, shard2, shard1}, shards)
		// Records of one shard get consecutive counters in request order.
		b, _ := parseSequence(*out.Records[1].SequenceNumber)
		f, _ := parseSequence(*out.Records[3].SequenceNumber)
		require.Equal(t, b.counter+1, f.counter)
		require.Equal(t, []string{"b", "f"}, r.read("a", shard1))
		got := r.get(r.iterator("a", shard1, types.ShardIteratorTypeTrimHorizon))
		require.Equal(t, *out.Records[3].SequenceNumber, *got.Records[1].SequenceNumber)
	})
	t.Run("case 22 1001 records in a second on one shard", func(t *testing.T) {
		r := open(t, func(c *Config) { c.Limits.Enforced = true })
		r.create("a", 1)
		failed := 0
		for n := 0; n < 1001; n += 91 {
			keys := make([]string, 91)
			for i := range keys {
				keys[i] = fmt.Sprint(n + i)
			}
			out, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: entries(keys...)})
			require.NoError(t, err)
			failed += int(*out.FailedRecordCount)
			if last := out.Records[90]; n == 910 {
				require.Equal(t, types.PutRecordsResultEntry{
					ErrorCode:    aws.String("ProvisionedThroughputExceededException"),
					ErrorMessage: aws.String("Rate exceeded for shard shardId-000000000000 in stream a under account 123456789012."),
				}, last)
			}
		}
		require.Equal(t, 1, failed)
		require.Len(t, r.read("a", shard0), 1000)
	})
	t.Run("case 82 AUTO stream, PutRecords without keys", func(t *testing.T) {
		r := open(t)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a"), RecordDistributionStrategy: types.RecordDistributionStrategyAuto})
		require.NoError(t, err)
		records := make([]types.PutRecordsRequestEntry, 40)
		records[0] = types.PutRecordsRequestEntry{PartitionKey: aws.String("kept"), ExplicitHashKey: aws.String("0")}
		out, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: records})
		require.NoError(t, err)
		require.Zero(t, *out.FailedRecordCount)
		keys := 0
		for _, id := range []string{shard0, shard1, shard2, shard3} {
			got := r.get(r.iterator("a", id, types.ShardIteratorTypeTrimHorizon))
			require.Len(t, got.Records, 10)
			for _, rec := range got.Records {
				if rec.PartitionKey != nil {
					keys++
				}
			}
		}
		require.Equal(t, 1, keys)
		_, err = r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), SequenceNumberForOrdering: out.Records[0].SequenceNumber})
		require.Equal(t, "InvalidArgumentException", codeOf(err))
	})
	t.Run("more than 10 MiB together", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		records := make([]types.PutRecordsRequestEntry, 11)
		for i := range records {
			records[i] = types.PutRecordsRequestEntry{PartitionKey: aws.String("k"), Data: make([]byte, 1<<20-1)}
		}
		_, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: records})
		requireError(t, err, "InvalidArgumentException", "Records size exceeds 10 MB limit")
		_, err = r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: records[:10]})
		require.NoError(t, err)
	})
	t.Run("a key is missing in the list", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		_, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: append(entries("a"), types.PutRecordsRequestEntry{})})
		requireError(t, err, "ValidationException", "1 validation error detected: Value null at 'records.2.member.partitionKey' failed to satisfy constraint: Member must not be null")
	})
	t.Run("encrypted streams say so", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "plain")
		_, err := r.StartStreamEncryption(r.ctx, &kinesis.StartStreamEncryptionInput{StreamName: aws.String("a"), EncryptionType: types.EncryptionTypeKms, KeyId: aws.String("alias/aws/kinesis")})
		require.NoError(t, err)
		out, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: entries("k")})
		require.NoError(t, err)
		require.Equal(t, types.EncryptionTypeKms, out.EncryptionType)
		got := r.get(r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon))
		require.Empty(t, got.Records[0].EncryptionType)
		require.Equal(t, types.EncryptionTypeKms, got.Records[1].EncryptionType)
	})
	t.Run("nothing to put", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		out, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a")})
		require.NoError(t, err)
		require.Empty(t, out.Records)
	})
}

// BenchmarkPutRecords is the room's share of a put, without door and store.
func BenchmarkPutRecords(b *testing.B) {
	r := open(b)
	r.create("a", 256)
	records := make([]types.PutRecordsRequestEntry, 500)
	for i := range records {
		records[i] = types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint("key", i)), Data: make([]byte, 1024)}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		_, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: records})
		require.NoError(b, err)
		if i%100 == 99 {
			b.StopTimer()
			require.NoError(b, r.log.Trim(r.ctx, 1, testStart().Add(time.Hour)))
			b.StartTimer()
		}
	}
}
