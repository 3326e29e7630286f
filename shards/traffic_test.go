package shards

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// put writes one record and returns the answer.
func (r *room) put(stream, key, data string) *kinesis.PutRecordOutput {
	r.t.Helper()
	out, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: &key, Data: []byte(data)})
	require.NoError(r.t, err)
	return out
}

// putAt writes one record to the shard that owns a hash key.
func (r *room) putAt(stream, explicit, data string) *kinesis.PutRecordOutput {
	r.t.Helper()
	out, err := r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: &stream, PartitionKey: aws.String("k"),
		ExplicitHashKey: &explicit, Data: []byte(data)})
	require.NoError(r.t, err)
	return out
}

// iterator returns a shard iterator of a kind without further arguments.
func (r *room) iterator(stream, shard string, kind types.ShardIteratorType) string {
	r.t.Helper()
	return r.iteratorFrom(kinesis.GetShardIteratorInput{StreamName: &stream, ShardId: &shard, ShardIteratorType: kind})
}

func (r *room) iteratorFrom(in kinesis.GetShardIteratorInput) string {
	r.t.Helper()
	out, err := r.GetShardIterator(r.ctx, &in)
	require.NoError(r.t, err)
	return *out.ShardIterator
}

// get reads one page.
func (r *room) get(iterator string) *kinesis.GetRecordsOutput {
	r.t.Helper()
	out, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &iterator})
	require.NoError(r.t, err)
	return out
}

// read returns the payloads of a shard from its horizon on.
func (r *room) read(stream, shard string) []string {
	r.t.Helper()
	return payloads(r.get(r.iterator(stream, shard, types.ShardIteratorTypeTrimHorizon)).Records)
}

func payloads(records []types.Record) []string {
	out := []string{}
	for i := range records {
		out = append(out, string(records[i].Data))
	}
	return out
}

// list returns the shards that a filter shows.
func (r *room) list(stream string, filter *types.ShardFilter) []types.Shard {
	r.t.Helper()
	out, err := r.ListShards(r.ctx, &kinesis.ListShardsInput{StreamName: &stream, ShardFilter: filter})
	require.NoError(r.t, err)
	require.Nil(r.t, out.NextToken)
	return out.Shards
}

// requireCover holds shards to covering the hash space exactly once.
func requireCover(t testing.TB, shards []types.Shard, at ...any) {
	t.Helper()
	starts := map[string]string{}
	for _, sh := range shards {
		starts[*sh.HashKeyRange.StartingHashKey] = *sh.HashKeyRange.EndingHashKey
	}
	next, n := hash{}, 0
	for {
		end, ok := starts[next.String()]
		require.True(t, ok, "hole at %s %s", next, fmt.Sprint(at...))
		n++
		h, _ := parseHash(end)
		if h == lastHash() {
			break
		}
		next = h.next()
	}
	require.Equal(t, len(shards), n, "overlap %s", fmt.Sprint(at...))
}

func (r *room) split(stream, shard, at string) {
	r.t.Helper()
	_, err := r.SplitShard(r.ctx, &kinesis.SplitShardInput{StreamName: &stream, ShardToSplit: &shard, NewStartingHashKey: &at})
	require.NoError(r.t, err)
}

func (r *room) merge(stream, first, second string) {
	r.t.Helper()
	_, err := r.MergeShards(r.ctx, &kinesis.MergeShardsInput{StreamName: &stream, ShardToMerge: &first, AdjacentShardToMerge: &second})
	require.NoError(r.t, err)
}

// Ids of the first shards, and the middle of the hash space.
const (
	shard0 = "shardId-000000000000"
	shard1 = "shardId-000000000001"
	shard2 = "shardId-000000000002"
	shard3 = "shardId-000000000003"
	half   = "170141183460469231731687303715884105728"
	full   = "340282366920938463463374607431768211455"
)
