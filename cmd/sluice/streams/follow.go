package streams

import (
	"container/heap"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"golang.org/x/sync/errgroup"

	"sluice/internal/clock"
	"sluice/internal/dice"
)

// Source is the part of the API that reading takes.
type Source interface {
	Lister
	GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error)
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error)
}

// ErrEnough, returned by the function that takes records, ends reading without
// an error.
var ErrEnough = errors.New("enough")

// Follower reads a stream, or one shard of it, in the order a consumer may rely
// on: the records of a shard in theirs, and a shard only after its parents.
// Between shards that do not descend from each other it goes by arrival.
//
// One goroutine runs the show: it has all shards fetched whose page is used up,
// a few at a time, then hands out records as long as it knows the oldest one.
// So at most one page of each shard is held, and what comes out of a standing
// stream is the same each time.
type Follower struct {
	Source Source
	Clock  clock.Clock
	Dice   *dice.Dice
	Stream string
	// Shard restricts reading to a shard and, with Follow, what continues it.
	Shard string
	From  Position
	// After tells of each shard the last sequence number that a former run
	// read; it goes on behind that.
	After map[string]string
	// Follow waits for more at the end. Otherwise reading ends where the stream
	// does.
	Follow      bool
	Deaggregate bool
	// Poll is how long a shard without news is left alone. The service allows
	// five calls a second and shard to all readers together.
	Poll time.Duration
	// Parallel is how many shards are fetched at a time.
	Parallel int

	lineage *lineage
	active  []*reading
	// initial is how a shard known from the start is opened; what appears later
	// is read from its beginning.
	initial map[string]bool
}

// Run reads until the end, the end of ctx, or an error of take.
func (f *Follower) Run(ctx context.Context, take func(Record) error) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	for {
		f.start()
		if len(f.active) == 0 {
			return nil
		}
		fetched, err := f.fetch(ctx)
		if err != nil {
			return err
		}
		taken, err := f.hand(take)
		if errors.Is(err, ErrEnough) {
			return nil
		}
		if err != nil {
			return err
		}
		ended, err := f.retire(ctx)
		if err != nil {
			return err
		}
		if !f.Follow && !ended && !slices.ContainsFunc(f.active, func(r *reading) bool { return !r.exhausted() }) {
			return nil
		}
		if fetched == 0 && taken == 0 && !ended {
			if err := f.Clock.Sleep(ctx, f.pause()); err != nil {
				return err
			}
		}
	}
}

// begin lists the shards and picks those to read.
func (f *Follower) begin(ctx context.Context) error {
	f.lineage, f.initial, f.active = newLineage(), map[string]bool{}, nil
	f.Parallel, f.Poll = max(f.Parallel, 1), max(f.Poll, time.Millisecond)
	list, err := Shards(ctx, f.Source, f.Stream)
	if err != nil {
		return err
	}
	for _, s := range list {
		id := *s.ShardId
		switch {
		case f.Shard != "" && f.Shard != id:
		case f.Shard == "" && f.From.Kind == types.ShardIteratorTypeLatest && !Open(s):
		default:
			f.initial[id] = true
			f.lineage.add(id, Parents(s))
		}
	}
	if f.Shard != "" && !f.initial[f.Shard] {
		return &Error{Text: "the stream has no shard " + f.Shard, Advice: "`sluice shards " + f.Stream + "` lists them"}
	}
	return nil
}

// start opens the shards whose turn has come.
func (f *Follower) start() {
	for _, id := range f.lineage.ready() {
		r := &reading{shard: id, from: Position{Kind: types.ShardIteratorTypeTrimHorizon}, last: f.After[id]}
		if f.initial[id] {
			r.from = f.From
		}
		f.active = append(f.active, r)
	}
}

// fetch gets a page for every shard that has none and is due.
func (f *Follower) fetch(ctx context.Context) (fetched int, err error) {
	now := f.Clock.Now()
	limit := int32(min(max(100_000/len(f.active), 100), 10_000))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(f.Parallel)
	for _, r := range f.active {
		if len(r.page) > 0 || r.drained || now.Before(r.due) || r.atTip && !f.Follow {
			continue
		}
		fetched++
		group.Go(func() error { return f.fetchShard(ctx, r, limit) })
	}
	return fetched, group.Wait()
}

// hand gives out records, the oldest first, until one could be missing: until
// a shard that is behind has used up its page.
func (f *Follower) hand(take func(Record) error) (taken int, err error) {
	var heads byArrival
	for _, r := range f.active {
		switch {
		case len(r.page) > 0:
			heads = append(heads, r)
		case r.drained || r.blocks(f.Follow):
			return 0, nil // its children, or its next page, may hold the oldest
		}
	}
	heap.Init(&heads)
	for len(heads) > 0 {
		r := heads[0]
		for _, record := range recordsOf(r.shard, r.page[0], f.Deaggregate) {
			if err := take(record); err != nil {
				return taken, err
			}
		}
		taken++
		r.page = r.page[1:]
		if len(r.page) > 0 {
			heap.Fix(&heads, 0)
			continue
		}
		if r.drained || r.blocks(f.Follow) {
			return taken, nil
		}
		heap.Pop(&heads)
	}
	return taken, nil
}

// retire takes out the shards that are read to their end and finds what
// continues them.
func (f *Follower) retire(ctx context.Context) (ended bool, err error) {
	var children []types.Shard
	relist := false
	f.active = slices.DeleteFunc(f.active, func(r *reading) bool {
		if !r.drained || len(r.page) > 0 {
			return false
		}
		f.lineage.finish(r.shard)
		children = append(children, r.children...)
		relist = relist || len(r.children) == 0
		ended = true
		return true
	})
	if !ended || f.Shard != "" && !f.Follow {
		return ended, nil
	}
	if relist { // an endpoint that does not name children
		if children, err = Shards(ctx, f.Source, f.Stream); err != nil {
			return ended, err
		}
	}
	f.lineage.descend(children)
	return ended, nil
}

// pause is how long nothing is due.
func (f *Follower) pause() time.Duration {
	now := f.Clock.Now()
	wait := f.Poll
	for _, r := range f.active {
		wait = min(wait, r.due.Sub(now))
	}
	return max(wait, time.Millisecond)
}
