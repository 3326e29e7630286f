package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// listedPerPage is the default and the cap of MaxResults.
const listedPerPage = 1000

// ListShards lists the shards of a stream by id, with every filter. The
// filters at a time show shards that cover the hash space exactly once, at
// every instant and over all pages.
//
// State: real
// Notes: all filters; tokens live 300 s
// Test: TestListShards
func (s *Streams) ListShards(ctx context.Context, in *kinesis.ListShardsInput, _ ...opt) (*kinesis.ListShardsOutput, error) {
	now := s.clock.Now()
	st, list, err := s.beginListing(ctx, in, now)
	if err != nil {
		return nil, err
	}
	if err := s.admitStreamCall(ctx, "ListShards", listShardsCalls, st); err != nil {
		return nil, err
	}
	n := listedPerPage
	if in.MaxResults != nil {
		n = min(n, max(1, int(*in.MaxResults)))
	}
	shards, more := list.page(st.view.Load(), n, now)
	out := &kinesis.ListShardsOutput{Shards: shards}
	if more {
		list.made = millis(now)
		out.NextToken = s.sealListing(st.key, list)
	}
	return out, nil
}

// beginListing starts a list or goes on with one.
func (s *Streams) beginListing(ctx context.Context, in *kinesis.ListShardsInput, now time.Time) (*stream, listing, error) {
	if in.NextToken != nil {
		return s.goOnListing(ctx, in)
	}
	if in.StreamName == nil && in.StreamARN == nil {
		return nil, listing{}, errTokenOrStream()
	}
	st, err := s.resolve(ctx, in.StreamName, in.StreamARN)
	if err != nil {
		return nil, listing{}, err
	}
	v := st.view.Load()
	if t := in.StreamCreationTimestamp; t != nil && t.Unix() != v.state.Created/1000 {
		return nil, listing{}, errStreamCreated(st.key)
	}
	if v.state.Status == statusCreating {
		return nil, listing{}, errNotActive(st.key, v.state.Status)
	}
	list, err := newListing(st, v, in.ShardFilter, now)
	if err != nil {
		return nil, listing{}, err
	}
	list.after = max(list.after, aws.ToString(in.ExclusiveStartShardId))
	return st, list, nil
}

// goOnListing reads the token of an earlier page, with which nothing else may
// be given. An ARN may, because it tells some clients where to send the call.
func (s *Streams) goOnListing(ctx context.Context, in *kinesis.ListShardsInput) (*stream, listing, error) {
	switch {
	case in.StreamName != nil:
		return nil, listing{}, errTokenAnd("StreamName")
	case in.ExclusiveStartShardId != nil:
		return nil, listing{}, errTokenAnd("ExclusiveStartShardId")
	case in.StreamCreationTimestamp != nil:
		return nil, listing{}, errTokenAnd("StreamCreationTimestamp")
	case in.ShardFilter != nil:
		return nil, listing{}, errTokenAnd("ShardFilter")
	}
	k := s.scopeOf(ctx, in.StreamARN)
	list, err := s.openListing(k, *in.NextToken)
	if err != nil {
		return nil, listing{}, err
	}
	k.name = list.name
	st, err := s.reach(ctx, k)
	if err != nil {
		return nil, listing{}, err
	}
	if st == nil || st.id != list.stream {
		return nil, listing{}, errNoStream(k)
	}
	if in.StreamARN != nil && *in.StreamARN != k.arn().String() {
		return nil, listing{}, errTokenForm()
	}
	return st, list, nil
}
