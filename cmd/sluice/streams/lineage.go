package streams

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// Lister is the part of the API that tells the shards of a stream.
type Lister interface {
	ListShards(context.Context, *kinesis.ListShardsInput, ...func(*kinesis.Options)) (*kinesis.ListShardsOutput, error)
}

// Shards lists all shards of a stream, closed ones included, parents first.
func Shards(ctx context.Context, api Lister, stream string) ([]types.Shard, error) {
	in := &kinesis.ListShardsInput{}
	in.StreamName, in.StreamARN = Reference(stream)
	var list []types.Shard
	for {
		out, err := api.ListShards(ctx, in)
		if err != nil {
			return nil, err
		}
		list = append(list, out.Shards...)
		if aws.ToString(out.NextToken) == "" {
			// Ids count up, so a parent comes before its children.
			slices.SortFunc(list, func(a, b types.Shard) int { return cmp.Compare(*a.ShardId, *b.ShardId) })
			return list, nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
}

// Open is true for a shard that takes records.
func Open(s types.Shard) bool {
	return s.SequenceNumberRange == nil || s.SequenceNumberRange.EndingSequenceNumber == nil
}

// Parents are the shards that a shard continues: none, one, or two after a merge.
func Parents(s types.Shard) []string {
	var list []string
	for _, id := range []*string{s.ParentShardId, s.AdjacentParentShardId} {
		if id != nil && *id != "" {
			list = append(list, *id)
		}
	}
	return list
}

// lineage knows which shards may be read: a child's turn comes when all its
// parents that are being read have been read to their end.
type lineage struct {
	waiting  map[string][]string // shard -> parents
	known    map[string]bool
	finished map[string]bool
}

func newLineage() *lineage {
	return &lineage{waiting: map[string][]string{}, known: map[string]bool{}, finished: map[string]bool{}}
}

func (l *lineage) add(id string, parents []string) {
	if !l.known[id] {
		l.known[id] = true
		l.waiting[id] = parents
	}
}

// descend adds the shards of the list that continue a known one. Others are
// older than where reading began.
func (l *lineage) descend(list []types.Shard) (found bool) {
	for _, s := range list {
		parents := Parents(s)
		if !l.known[*s.ShardId] && slices.ContainsFunc(parents, func(id string) bool { return l.known[id] }) {
			l.add(*s.ShardId, parents)
			found = true
		}
	}
	return found
}

func (l *lineage) finish(id string) { l.finished[id] = true }

// ready removes and returns the shards whose turn has come.
func (l *lineage) ready() []string {
	var list []string
	for id, parents := range l.waiting {
		if !slices.ContainsFunc(parents, func(p string) bool { return l.known[p] && !l.finished[p] }) {
			list = append(list, id)
			delete(l.waiting, id)
		}
	}
	slices.Sort(list)
	return list
}
