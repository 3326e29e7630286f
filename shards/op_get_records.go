package shards

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// Limits of one GetRecords answer.
const (
	pageRecords = 10000
	pageBytes   = 10 << 20
)

// GetRecords reads on from an iterator: at most Limit records and 10 MiB of
// data and keys, nothing that is past retention, nothing a crash could take
// back. At the end of a closed shard there is no next iterator, and always the
// child shards instead.
//
// State: real
// Notes: 2 MiB and 5 calls a second and shard
// Test: TestGetRecords
func (s *Streams) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput, _ ...opt) (*kinesis.GetRecordsOutput, error) {
	scope := s.scopeOf(ctx, in.StreamARN)
	it, err := s.openIterator(scope, strings.Trim(aws.ToString(in.ShardIterator), `"`))
	if err != nil {
		return nil, errIteratorForm()
	}
	now := s.clock.Now()
	if made := timeOf(it.made); s.expired(made, it.world, now) {
		return nil, errIteratorExpired(made, now)
	}
	k := streamKey{account: scope.account, region: scope.region, name: it.name}
	if in.StreamARN != nil {
		if meant, err := s.identify(ctx, nil, in.StreamARN); err != nil || meant != k {
			return nil, errIteratorStream()
		}
	}
	st, err := s.reach(ctx, k)
	if err != nil {
		return nil, err
	}
	if st == nil || st.id != it.stream {
		return nil, errShardMissing(k, it.shard)
	}
	v := st.view.Load()
	sh := v.shardAt(it.shard, now)
	if sh == nil {
		return nil, errShardMissing(k, it.shard)
	}
	if err := s.admitRead(k, sh, now); err != nil {
		return nil, err
	}
	if aws.ToBool(in.DryRun) {
		return nil, errDryRun()
	}
	limit := pageRecords
	if in.Limit != nil {
		limit = min(limit, max(1, int(*in.Limit)))
	}
	got, err := s.read(ctx, st, v, sh, it.position, limit, pageBytes)
	if err != nil {
		return nil, err
	}
	s.countRead(sh, now, got)
	out := &kinesis.GetRecordsOutput{Records: got.records, MillisBehindLatest: got.behindMillis()}
	if got.drained {
		out.ChildShards = v.layout.childShards(sh)
		return out, nil
	}
	it.position, it.made = got.next, millis(now)
	out.NextShardIterator = aws.String(s.sealIterator(k, it))
	return out, nil
}
