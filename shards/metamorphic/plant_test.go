package metamorphic

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/shards"
	"sluice/store/log"
	"sluice/store/snapshot"
)

// plant breaks a law on purpose.
type plant struct {
	name string
	laws []string // that it may be found to break
	log  func(shards.Log) shards.Log
	api  func(*shards.Streams) api
	// shelf stands before the snapshots.
	shelf func(snapshot.Shelf) snapshot.Shelf
	// sameWorld has a restore go on in the world that it ends.
	sameWorld bool
}

func plants() []plant {
	return []plant{
		{name: "a record is dropped", laws: []string{lawOnce, lawLineage, lawMoment}, log: func(l shards.Log) shards.Log { return dropping{l} }},
		{name: "a record comes twice", laws: []string{lawOnce, lawTruth}, log: func(l shards.Log) shards.Log { return &doubling{Log: l} }},
		{name: "a number is given twice", laws: []string{lawNumbers}, log: func(l shards.Log) shards.Log { return &reusing{Log: l} }},
		{name: "two records change places", laws: []string{lawNumbers, lawOrder}, log: func(l shards.Log) shards.Log { return swapping{l} }},
		{name: "a child comes early", laws: []string{lawLineage}, api: func(s *shards.Streams) api { return &hasty{Streams: s, shard: map[string]string{}} }},
		{name: "an older snapshot is restored", laws: []string{lawOnce, lawTruth, lawService, lawMoment, lawNumbers, lawLineage, lawWorlds}, shelf: func(s snapshot.Shelf) snapshot.Shelf { return older{s} }},
		{name: "iterators outlive a restore", laws: []string{lawWorlds}, sameWorld: true},
	}
}

// rare chooses one position in many, always the same.
func rare(position int64) bool { return position%53 == 17 }

// dropping leaves a record out when it is read.
type dropping struct{ shards.Log }

func (d dropping) Read(ctx context.Context, id log.ID, from int64, limit log.Limit) (log.Page, error) {
	page, err := d.Log.Read(ctx, id, from, limit)
	for i := range page.Records {
		if rare(page.Records[i].Position) {
			page.Records = append(page.Records[:i:i], page.Records[i+1:]...)
			break
		}
	}
	return page, err
}

// swapping exchanges two neighbours when they are read.
type swapping struct{ shards.Log }

func (d swapping) Read(ctx context.Context, id log.ID, from int64, limit log.Limit) (log.Page, error) {
	page, err := d.Log.Read(ctx, id, from, limit)
	if n := len(page.Records); n > 1 && rare(page.Records[n-1].Position) {
		page.Records = append([]log.Record(nil), page.Records...)
		page.Records[n-1], page.Records[n-2] = page.Records[n-2], page.Records[n-1]
	}
	return page, err
}

// doubling writes a record twice and tells of it once.
type doubling struct {
	shards.Log
	n atomic.Int64
}

func (d *doubling) Append(ctx context.Context, batch []log.Entry) (log.Commit, error) {
	if d.n.Add(1)%40 != 39 {
		return d.Log.Append(ctx, batch)
	}
	commit, err := d.Log.Append(ctx, append(batch[:len(batch):len(batch)], batch[len(batch)-1]))
	if err != nil {
		return nil, err
	}
	return told{commit, commit.Placed()[:len(batch)]}, nil
}

// told is a commit that does not tell the truth.
type told struct {
	log.Commit
	placed []log.Placed
}

func (t told) Placed() []log.Placed { return t.placed }

// reusing tells two producers the same position.
type reusing struct {
	shards.Log
	n atomic.Int64
}

func (d *reusing) Append(ctx context.Context, batch []log.Entry) (log.Commit, error) {
	commit, err := d.Log.Append(ctx, batch)
	if n := d.n.Add(1); err != nil || n%40 != 39 {
		return commit, err
	}
	placed := append([]log.Placed(nil), commit.Placed()...)
	for i := range batch {
		for j := range i {
			if batch[i].Log == batch[j].Log {
				placed[i].Position, placed[i].Arrival = placed[j].Position, placed[j].Arrival
			}
		}
	}
	return told{commit, placed}, nil
}

// older restores the snapshot before the one that is asked for.
type older struct{ snapshot.Shelf }

func (o older) Stage(name string) (snapshot.Staged, error) {
	all, err := o.List()
	if err != nil {
		return nil, err
	}
	return o.Shelf.Stage(all[max(0, slices.IndexFunc(all, func(d snapshot.Document) bool { return d.Name == name })-1)].Name)
}

// hasty names the children of a closed shard while it has records left.
type hasty struct {
	*shards.Streams
	mu    sync.Mutex
	shard map[string]string // stream and shard by iterator; guarded by mu
}

func (h *hasty) note(iterator, place string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shard[iterator] = place
}

func (h *hasty) place(iterator string) (stream, shard string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	stream, shard, _ = strings.Cut(h.shard[iterator], " ")
	return stream, shard
}

func (h *hasty) GetShardIterator(ctx context.Context, in *kinesis.GetShardIteratorInput, o ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error) {
	out, err := h.Streams.GetShardIterator(ctx, in, o...)
	if err == nil {
		h.note(*out.ShardIterator, *in.StreamName+" "+*in.ShardId)
	}
	return out, err
}

func (h *hasty) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput, o ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error) {
	out, err := h.Streams.GetRecords(ctx, in, o...)
	if err != nil || out.NextShardIterator == nil {
		return out, err
	}
	stream, shard := h.place(*in.ShardIterator)
	h.note(*out.NextShardIterator, stream+" "+shard)
	list, err := h.Streams.ListShards(shards.Free(ctx), &kinesis.ListShardsInput{StreamName: &stream})
	if err != nil {
		return out, nil
	}
	early := *out
	for _, sh := range list.Shards {
		if sh.ParentShardId != nil && *sh.ParentShardId == shard && sh.AdjacentParentShardId == nil {
			early.ChildShards = append(early.ChildShards, types.ChildShard{ShardId: sh.ShardId, ParentShards: []string{shard}, HashKeyRange: sh.HashKeyRange})
		}
	}
	return &early, nil
}
