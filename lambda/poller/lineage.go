package poller

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// member is a shard of a stream as a mapping needs to know it.
type member struct {
	id, start       string // start is its starting sequence number
	parent, another string // ids, empty for none
}

// listing is the shards of a stream as of a mark.
type listing struct {
	mu      sync.Mutex // held while the shards are listed
	mark    uint64
	members []member
}

// errNoStream means that there is no stream of the name.
var errNoStream = errors.New("the stream does not exist")

// mostLists is of how many streams the shards are remembered.
const mostLists = 1024

// list returns the shards of a stream and the mark it had before. Mappings
// that ask about the same stream share the answer.
func (r *Readers) list(ctx context.Context, k tapKey) (members []member, mark uint64, err error) {
	ctx = k.context(ctx)
	mark = r.config.Tips.Mark(ctx, k.stream, "")
	if mark == 0 {
		return nil, 0, errNoStream
	}
	r.mu.Lock()
	l := r.lists[k]
	if l == nil {
		if len(r.lists) >= mostLists {
			r.lists = map[tapKey]*listing{}
		}
		l = new(listing)
		r.lists[k] = l
	}
	r.mu.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mark == mark {
		return l.members, mark, nil
	}
	in := &kinesis.ListShardsInput{StreamARN: aws.String(k.stream)}
	for {
		out, err := r.config.Source.ListShards(ctx, in)
		if err != nil {
			return nil, mark, fmt.Errorf("list the shards of %s: %w", k.stream, err)
		}
		for i := range out.Shards {
			sh := &out.Shards[i]
			members = append(members, member{id: aws.ToString(sh.ShardId), start: aws.ToString(sh.SequenceNumberRange.StartingSequenceNumber),
				parent: aws.ToString(sh.ParentShardId), another: aws.ToString(sh.AdjacentParentShardId)})
		}
		if out.NextToken == nil {
			break
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
	l.mark, l.members = mark, members
	return members, mark, nil
}

// lineage decides which shards may be read. positions are durable.
type lineage struct {
	members   []member
	positions map[string]Position
}

// fresh returns the shards without a position: those that appeared after the
// mapping was made, or all of a stream that was deleted and made again.
func (g lineage) fresh() []member {
	var out []member
	for _, m := range g.members {
		if p, ok := g.positions[m.id]; !ok || p.Shard != m.start {
			out = append(out, m)
		}
	}
	return out
}

// expired returns the ids of positions in shards that are no longer there.
func (g lineage) expired() []string {
	there := make(map[string]bool, len(g.members))
	for _, m := range g.members {
		there[m.id] = true
	}
	var out []string
	for id := range g.positions {
		if !there[id] {
			out = append(out, id)
		}
	}
	return out
}

// readable returns the shards that are not finished and whose parents are; a
// parent that is not there any more has nothing left to deliver.
func (g lineage) readable() []member {
	there := make(map[string]bool, len(g.members))
	for _, m := range g.members {
		there[m.id] = true
	}
	finished := func(id string) bool { return id == "" || !there[id] || g.positions[id].Finished }
	var out []member
	for _, m := range g.members {
		if !g.positions[m.id].Finished && finished(m.parent) && finished(m.another) {
			out = append(out, m)
		}
	}
	return out
}
