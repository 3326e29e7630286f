package shards

import (
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func TestPutRecord(t *testing.T) {
	t.Run("case 3 PutRecord while CREATING", func(t *testing.T) {
		r := open(t, lasting(time.Minute))
		r.create("a", 1)
		_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k")})
		requireError(t, err, "ResourceNotFoundException", "Stream a under account 123456789012 not found.")
	})
	t.Run("case 12 PutRecord keys a, b, e, f", func(t *testing.T) {
		r := open(t)
		r.create("a", 3)
		for key, shard := range map[string]string{"a": shard0, "b": shard1, "e": shard2, "f": shard1} {
			require.Equal(t, shard, *r.put("a", key, "x").ShardId, key)
		}
	})
	t.Run("case 13 PutRecord ExplicitHashKey 2^128", func(t *testing.T) {
		r := open(t)
		r.create("a", 3)
		_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"),
			ExplicitHashKey: aws.String("340282366920938463463374607431768211456")})
		requireError(t, err, "InvalidArgumentException", "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 340282366920938463463374607431768211456")
		require.Equal(t, shard2, *r.putAt("a", full, "x").ShardId)
		require.Equal(t, shard0, *r.putAt("a", "0", "x").ShardId)
	})
	t.Run("case 17 PartitionKey of 256 characters of three bytes", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		key := strings.Repeat("鍵", 256)
		r.put("a", key, "x")
		got := r.get(r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon))
		require.Equal(t, key, *got.Records[0].PartitionKey)
	})
	t.Run("case 18 PutRecord Data empty", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.put("a", "k", "")
		got := r.get(r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon))
		require.Len(t, got.Records, 1)
		require.NotNil(t, got.Records[0].Data)
		require.Empty(t, got.Records[0].Data)
	})
	t.Run("case 20 PutRecord, answer on plain stream", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		require.Empty(t, r.put("a", "k", "x").EncryptionType)
		require.Empty(t, r.get(r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)).Records[0].EncryptionType)
	})
	t.Run("case 23 SequenceNumber of record n vs n+1 of a shard", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		last := new(big.Int)
		for range 50 {
			text := *r.put("a", "k", "x").SequenceNumber
			require.Regexp(t, `^\d{56}$`, text)
			n, _ := new(big.Int).SetString(text, 10)
			require.Positive(t, n.Cmp(last))
			last = n
		}
	})
	t.Run("case 24 fields of a number", func(t *testing.T) {
		r := open(t)
		r.create("a", 4)
		r.clock.Step(90 * time.Second)
		r.putAt("a", full, "x")
		q, err := parseSequence(*r.putAt("a", full, "x").SequenceNumber)
		require.NoError(t, err)
		require.Equal(t, sequence{version: 2, created: testStart().Unix(), counter: 2, time: testStart().Unix() + 90, shard: 3}, q)
	})
	t.Run("case 25 restart the server, put again", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		before, _ := new(big.Int).SetString(*r.put("a", "k", "x").SequenceNumber, 10)
		r.restart()
		after, _ := new(big.Int).SetString(*r.put("a", "k", "y").SequenceNumber, 10)
		require.Positive(t, after.Cmp(before))
		require.Equal(t, []string{"x", "y"}, r.read("a", shard0))
	})
	t.Run("an unknown stream", func(t *testing.T) {
		_, err := open(t).PutRecord(open(t).ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k")})
		requireError(t, err, "ResourceNotFoundException", "Stream a under account 123456789012 not found.")
	})
	t.Run("a record without key", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), Data: []byte("x")})
		requireError(t, err, "ValidationException", "1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: Member must not be null")
	})
	t.Run("data and key together above the limit", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), Data: make([]byte, 1<<20)})
		requireError(t, err, "ValidationException", "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576")
		r.put("a", "k", strings.Repeat("x", 1<<20-1))
	})
	t.Run("dry run checks and writes nothing", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		dry := func(explicit string) error {
			_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), ExplicitHashKey: &explicit, DryRun: aws.Bool(true)})
			return err
		}
		requireError(t, dry("0"), "DryRunOperationException", "The request was rejected because the DryRun parameter was specified.")
		require.Equal(t, "InvalidArgumentException", codeOf(dry("340282366920938463463374607431768211456")))
		require.Empty(t, r.read("a", shard0))
	})
}

func TestSequenceNumberForOrdering(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	r.clock.Step(time.Minute)
	put := func(number string) (*kinesis.PutRecordOutput, error) {
		return r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), SequenceNumberForOrdering: &number})
	}
	created, now := testStart().Unix(), testStart().Unix()+60
	zero := func(version int64) string {
		return new(big.Int).Add(new(big.Int).Lsh(big.NewInt(2), 184), big.NewInt(version)).String()
	}
	last := *r.put("a", "k", "x").SequenceNumber
	t.Run("case 26 SequenceNumberForOrdering", func(t *testing.T) {
		for name, number := range map[string]string{
			"version digit 3":      zero(3),
			"version digit 0":      zero(0),
			"a time in the future": sequence{created: created, time: now + 1}.String(),
			"beyond the shard":     sequence{created: created, time: now, counter: 2}.String(),
		} {
			_, err := put(number)
			requireError(t, err, "InvalidArgumentException", "ExclusiveMinimumSequenceNumber "+number+" used in PutRecord on stream a under account 123456789012 is invalid.")
			require.NotEmpty(t, name)
		}
		for _, number := range []string{zero(2), zero(1), "0", sequence{created: created - 5, time: now, counter: 99, shard: 0}.String(),
			sequence{created: created, time: now, counter: 99, shard: 7}.String(), last} {
			_, err := put(number)
			require.NoError(t, err, number)
		}
	})
	t.Run("the new number is greater", func(t *testing.T) {
		last := *r.put("a", "k", "x").SequenceNumber
		out, err := put(last)
		require.NoError(t, err)
		a, _ := new(big.Int).SetString(last, 10)
		b, _ := new(big.Int).SetString(*out.SequenceNumber, 10)
		require.Positive(t, b.Cmp(a))
	})
}

func TestWriteRate(t *testing.T) {
	enforced := func(c *Config) { c.Limits.Enforced = true }
	t.Run("PutRecord fails as a whole", func(t *testing.T) {
		r := open(t, enforced)
		r.create("a", 2)
		for range 1000 {
			r.putAt("a", "0", "x")
		}
		_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), ExplicitHashKey: aws.String("0")})
		requireError(t, err, "ProvisionedThroughputExceededException",
			"Rate exceeded for shard shardId-000000000000 in stream a under account 123456789012.")
		r.putAt("a", full, "another shard")
		r.clock.Step(time.Second)
		r.putAt("a", "0", "a second later")
	})
	t.Run("a record larger than the rate leaves a debt", func(t *testing.T) {
		r := open(t, enforced)
		r.create("a", 1)
		r.put("a", "k", strings.Repeat("x", 1<<20-1))
		_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), Data: []byte("x")})
		var busy *types.ProvisionedThroughputExceededException
		require.True(t, errors.As(err, &busy))
	})
	t.Run("a factor multiplies rates", func(t *testing.T) {
		r := open(t, enforced, func(c *Config) { c.Limits.Factor = 2 })
		r.create("a", 1)
		for range 2000 {
			r.put("a", "k", "x")
		}
		_, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k")})
		require.Error(t, err)
	})
}
