package shards

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// Addresses tells which stream a decoded input is about, where only this room
// can read it (out of iterators and tokens), and which shards: those it names,
// or those its records would be written to, one for each record. What cannot
// be told is empty. Nothing is changed and nothing refused.
func (s *Streams) Addresses(ctx context.Context, in any) (stream string, shards []string) {
	scope := s.caller(ctx)
	switch in := in.(type) {
	case *kinesis.PutRecordsInput:
		shards = make([]string, len(in.Records))
		for i := range in.Records {
			shards[i] = s.shardOfRecord(ctx, in.StreamName, in.StreamARN, in.Records[i].PartitionKey, in.Records[i].ExplicitHashKey)
		}
		return "", shards
	case *kinesis.PutRecordInput:
		return "", []string{s.shardOfRecord(ctx, in.StreamName, in.StreamARN, in.PartitionKey, in.ExplicitHashKey)}
	case *kinesis.GetRecordsInput:
		if it, err := s.openIterator(scope, strings.Trim(aws.ToString(in.ShardIterator), `"`)); err == nil {
			return it.name, []string{shardID(int64(it.shard))}
		}
	case *kinesis.ListShardsInput:
		if in.NextToken != nil {
			if list, err := s.openListing(scope, *in.NextToken); err == nil {
				return list.name, nil
			}
		}
	case *kinesis.GetShardIteratorInput:
		return "", canonical(in.ShardId)
	case *kinesis.SubscribeToShardInput:
		return "", canonical(in.ShardId)
	case *kinesis.SplitShardInput:
		return "", canonical(in.ShardToSplit)
	case *kinesis.MergeShardsInput:
		return "", canonical(in.ShardToMerge, in.AdjacentShardToMerge)
	}
	return "", nil
}

// canonical spells shard ids as answers do, whatever form a request uses.
func canonical(raw ...*string) (ids []string) {
	for _, r := range raw {
		if index, ok := parseShardID(aws.ToString(r)); ok {
			ids = append(ids, shardID(int64(index)))
		}
	}
	return ids
}

// shardOfRecord is where a record would go. Under AUTO that is not known before.
func (s *Streams) shardOfRecord(ctx context.Context, name, streamARN, key, explicit *string) string {
	_, v, err := s.writable(ctx, name, streamARN)
	if err != nil || v.state.Strategy == strategyAuto {
		return ""
	}
	h := hashOf(aws.ToString(key))
	if explicit != nil {
		var ok bool
		if h, ok = parseHash(*explicit); !ok {
			return ""
		}
	}
	return v.layout.route(h).id
}

// Throttled is what an operation answers when it is called too often, for the
// named stream, if it is about one; of a batch, what it says of record i.
func (s *Streams) Throttled(ctx context.Context, in any, stream string, i int) error {
	k := s.caller(ctx)
	k.name = stream
	switch in := in.(type) {
	case *kinesis.PutRecordsInput:
		r := &in.Records[i]
		return errWriteRate(k, someShard(s.shardOfRecord(ctx, in.StreamName, in.StreamARN, r.PartitionKey, r.ExplicitHashKey)))
	case *kinesis.PutRecordInput:
		return errWriteRate(k, someShard(s.shardOfRecord(ctx, in.StreamName, in.StreamARN, in.PartitionKey, in.ExplicitHashKey)))
	case *kinesis.GetRecordsInput, *kinesis.GetShardIteratorInput:
		_, shards := s.Addresses(ctx, in)
		return errReadRate(k, someShard(shards...))
	}
	return errCallRate(k)
}

// someShard is the first of the shards, or the one that every stream had first.
func someShard(shards ...string) string {
	if len(shards) == 0 || shards[0] == "" {
		return shardID(0)
	}
	return shards[0]
}

// ExpiredIterator is the answer to an iterator that was kept too long. One that
// is younger is answered as if it had just expired.
func (s *Streams) ExpiredIterator(ctx context.Context, in any) error {
	get, ok := in.(*kinesis.GetRecordsInput)
	if !ok {
		return nil
	}
	it, err := s.openIterator(s.caller(ctx), strings.Trim(aws.ToString(get.ShardIterator), `"`))
	if err != nil {
		return errIteratorForm()
	}
	now, made := s.clock.Now(), timeOf(it.made)
	if latest := now.Add(-tokenLife - time.Second); made.After(latest) {
		made = latest
	}
	return errIteratorExpired(made, now)
}
