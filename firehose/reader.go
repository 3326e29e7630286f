package firehose

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"

	"sluice/internal/aggregate"
	"sluice/internal/arn"
	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/store/kv"
	"sluice/store/log"
)

const (
	// readPause is between two reads of a shard while its limits are enforced,
	// as the service reads once a second.
	readPause = time.Second
	// readLimit is how many records one read asks for.
	readLimit = 10000
)

// errSourceGone means that the Kinesis stream was deleted, or that another has
// taken its name. The delivery stream stays as it is.
var errSourceGone = errors.New("the source stream does not exist any more")

// reader copies the records of a Kinesis stream into the log of a delivery
// stream, and stores how far it has come after they are there. It sleeps until
// the stream has something new; one goroutine at a time works for it.
type reader struct {
	room   *Firehose
	stream *stream
	source string // ARN
	ctx    context.Context
	end    context.CancelFunc
	// stalled is set while the source waits for deliveries.
	stalled atomic.Bool

	mu      sync.Mutex
	running bool        // guarded by mu
	again   bool        // guarded by mu; woken while running
	stopped bool        // guarded by mu
	timer   clock.Timer // guarded by mu
	unwatch func()      // guarded by mu; of the stream, nil while nothing is waited for

	// What follows belongs to the goroutine that works.
	members []types.Shard
	shards  map[string]*sourceShard
}

// sourceShard is a shard that is read.
type sourceShard struct {
	id       string
	closed   bool
	place    place
	iterator *string
	last     time.Time // of the last read, where limits are enforced

	unwatch func() // guarded by the reader's mu; set while it waits for records
}

func newReader(f *Firehose, s *stream, places map[string]place) *reader {
	source := s.state.Load().Source.ARN
	r := &reader{room: f, stream: s, source: source, shards: map[string]*sourceShard{}}
	name, _ := arn.Parse(source)
	r.ctx, r.end = context.WithCancel(caller.With(f.life, caller.Caller{Account: name.Account, Region: name.Region}))
	for id, at := range places {
		r.shards[id] = &sourceShard{id: id, place: at}
	}
	return r
}

// wake has the reader look for news. It may be called by whoever brings them.
func (r *reader) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	if r.running {
		r.again = true
		return
	}
	release := r.room.config.Hold("source of " + r.stream.key.name)
	if r.running = r.room.start(func() { defer release(); r.work() }); !r.running {
		release()
	}
}

// stop ends the reading for good.
func (r *reader) stop() {
	r.mu.Lock()
	r.stopped = true
	r.end()
	if r.timer != nil {
		r.timer.Stop()
	}
	idle := !r.running
	r.mu.Unlock()
	if idle {
		r.rest()
	}
}

// rest lets go of what is waited for. Nothing may work then.
func (r *reader) rest() {
	r.mu.Lock()
	stops := []func(){r.unwatch}
	r.unwatch = nil
	for _, sh := range r.shards {
		stops = append(stops, sh.unwatch)
		sh.unwatch = nil
	}
	r.mu.Unlock()
	for _, stop := range stops {
		if stop != nil {
			stop()
		}
	}
}

// work passes over the shards until there is nothing new.
func (r *reader) work() {
	for {
		next, err := r.pass()
		r.mu.Lock()
		if r.stopped {
			r.running = false
			r.mu.Unlock()
			r.rest()
			return
		}
		if err != nil {
			r.room.config.Logger.Error("a delivery stream could not read its source and will try again", "stream", r.stream.key.name, "source", r.source, "error", err)
			next = r.room.config.Clock.Now().Add(retries().First)
		} else if r.again {
			r.again = false
			r.mu.Unlock()
			continue
		}
		r.again, r.running = false, false
		if r.timer != nil {
			r.timer.Stop()
			r.timer = nil
		}
		if !next.IsZero() {
			r.timer = r.room.later(next, "source of "+r.stream.key.name, func(time.Time) { r.wake() })
		}
		r.mu.Unlock()
		return
	}
}

// pass reads every shard that may be read until it has no more, and returns
// when to come back for those that may not be read yet; zero when all wait for
// news.
func (r *reader) pass() (next time.Time, err error) {
	if err := r.look(); errors.Is(err, errSourceGone) {
		return time.Time{}, nil // what happens to the name wakes
	} else if err != nil {
		return time.Time{}, err
	}
	for more := true; more; {
		more, next = false, time.Time{}
		for _, sh := range r.readable() {
			at, err := r.drain(sh)
			if err != nil {
				return next, err
			}
			if sh.place.Done {
				more = true // its children may be read now
			}
			if !at.IsZero() && (next.IsZero() || at.Before(next)) {
				next = at
			}
		}
	}
	return next, nil
}

// look lists the shards when anything about the stream has changed, and waits
// for the next change.
func (r *reader) look() error {
	tips := r.room.config.Tips
	r.mu.Lock()
	waits := r.unwatch != nil
	r.mu.Unlock()
	if waits {
		return nil
	}
	for {
		mark := tips.Mark(r.ctx, r.source, "")
		err := r.list()
		if err != nil && !errors.Is(err, errSourceGone) {
			return err
		}
		stop, waiting := tips.Watch(r.ctx, r.source, "", mark, func() {
			r.mu.Lock()
			r.unwatch = nil
			r.mu.Unlock()
			r.wake()
		})
		if !waiting {
			continue
		}
		r.mu.Lock()
		r.unwatch = stop
		r.mu.Unlock()
		if tips.Mark(r.ctx, r.source, "") != mark { // it may have called before unwatch was set
			r.mu.Lock()
			r.unwatch = nil
			r.mu.Unlock()
			stop()
			continue
		}
		return err
	}
}

// list learns of the shards of the stream.
func (r *reader) list() error {
	made, err := r.room.sourceMade(r.ctx, r.source)
	if err != nil {
		return err
	}
	if made != r.stream.state.Load().Source.Made {
		return errSourceGone
	}
	if r.members, err = r.room.listShards(r.ctx, r.source); err != nil {
		return err
	}
	for i := range r.members {
		m := &r.members[i]
		id := aws.ToString(m.ShardId)
		sh := r.shards[id]
		if sh == nil {
			sh = &sourceShard{id: id, place: place{Format: stateFormat, After: aws.ToString(m.SequenceNumberRange.StartingSequenceNumber)}}
			r.mu.Lock()
			r.shards[id] = sh
			r.mu.Unlock()
		}
		sh.closed = m.SequenceNumberRange.EndingSequenceNumber != nil
	}
	return nil
}

// sourceMade tells when a Kinesis stream was created.
func (f *Firehose) sourceMade(ctx context.Context, source string) (int64, error) {
	out, err := f.config.Source.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamARN: aws.String(source)})
	if isCode(err, "ResourceNotFoundException") {
		return 0, errSourceGone
	}
	if err != nil {
		return 0, fmt.Errorf("describe the source: %w", err)
	}
	return millis(aws.ToTime(out.StreamDescriptionSummary.StreamCreationTimestamp)), nil
}

func (f *Firehose) listShards(ctx context.Context, source string) (shards []types.Shard, err error) {
	in := &kinesis.ListShardsInput{StreamARN: aws.String(source)}
	for {
		out, err := f.config.Source.ListShards(ctx, in)
		if isCode(err, "ResourceNotFoundException") {
			return nil, errSourceGone
		}
		if err != nil {
			return nil, fmt.Errorf("list the shards of the source: %w", err)
		}
		if shards = append(shards, out.Shards...); out.NextToken == nil {
			return shards, nil
		}
		in = &kinesis.ListShardsInput{NextToken: out.NextToken}
	}
}

func isCode(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}

// readable lists the shards that are neither finished nor waited for, and
// whose parents are finished or no longer there.
func (r *reader) readable() (out []*sourceShard) {
	there := map[string]bool{}
	for i := range r.members {
		there[aws.ToString(r.members[i].ShardId)] = true
	}
	finished := func(id *string) bool {
		return id == nil || !there[*id] || r.shards[*id].place.Done
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.members {
		m := &r.members[i]
		sh := r.shards[aws.ToString(m.ShardId)]
		if !sh.place.Done && sh.unwatch == nil && finished(m.ParentShardId) && finished(m.AdjacentParentShardId) {
			out = append(out, sh)
		}
	}
	return out
}

// drain copies a shard until it has no more, and returns when it may be read
// again; zero when it waits for news or is finished.
func (r *reader) drain(sh *sourceShard) (time.Time, error) {
	tips := r.room.config.Tips
	for r.ctx.Err() == nil {
		mark := tips.Mark(r.ctx, r.source, sh.id)
		if !sh.closed && tips.Reached(r.ctx, r.source, sh.id, sh.place.After) {
			if r.await(sh, mark) {
				return time.Time{}, nil
			}
			continue
		}
		if at := sh.last.Add(readPause); tips.ReadRate() > 0 && r.room.config.Clock.Now().Before(at) {
			return at, nil
		}
		if r.stall() {
			return time.Time{}, nil // a delivery wakes
		}
		out, err := r.take(sh)
		if isCode(err, "ProvisionedThroughputExceededException") {
			return r.room.config.Clock.Now().Add(readPause), nil
		}
		if isCode(err, "ResourceNotFoundException") {
			return time.Time{}, nil // what became of the stream wakes
		}
		if err != nil {
			return time.Time{}, fmt.Errorf("read %s: %w", sh.id, err)
		}
		if sh.place.Done {
			return time.Time{}, nil
		}
		if len(out.Records) == 0 && aws.ToInt64(out.MillisBehindLatest) == 0 && !sh.closed && r.await(sh, mark) {
			return time.Time{}, nil
		}
	}
	return time.Time{}, r.ctx.Err()
}

// await has a shard wake the reader once its mark is another, and reports
// false when it is already.
func (r *reader) await(sh *sourceShard, mark uint64) bool {
	tips := r.room.config.Tips
	stop, waiting := tips.Watch(r.ctx, r.source, sh.id, mark, func() {
		r.mu.Lock()
		sh.unwatch = nil
		r.mu.Unlock()
		r.wake()
	})
	if !waiting {
		return false
	}
	r.mu.Lock()
	sh.unwatch = stop
	r.mu.Unlock()
	if tips.Mark(r.ctx, r.source, sh.id) == mark {
		return true
	}
	// It may have called before unwatch was set.
	r.mu.Lock()
	sh.unwatch = nil
	r.mu.Unlock()
	stop()
	return false
}

// take reads a page of a shard and copies it. Only so many readers do at once,
// because a page may be large.
func (r *reader) take(sh *sourceShard) (*kinesis.GetRecordsOutput, error) {
	select {
	case r.room.reads <- struct{}{}:
		defer func() { <-r.room.reads }()
	case <-r.ctx.Done():
		return nil, r.ctx.Err()
	}
	out, err := r.read(sh)
	if err != nil {
		return nil, err
	}
	return out, r.copy(sh, out)
}

// read reads a page of a shard.
func (r *reader) read(sh *sourceShard) (*kinesis.GetRecordsOutput, error) {
	sh.last = r.room.config.Clock.Now()
	source := r.room.config.Source
	if sh.iterator == nil {
		out, err := source.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamARN: aws.String(r.source), ShardId: aws.String(sh.id),
			ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: aws.String(sh.place.After)})
		if err != nil {
			return nil, err
		}
		sh.iterator = out.ShardIterator
	}
	out, err := source.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: sh.iterator, StreamARN: aws.String(r.source), Limit: aws.Int32(readLimit)})
	sh.iterator = nil
	if isCode(err, "ExpiredIteratorException") {
		sh.last = time.Time{}
		return r.read(sh)
	}
	if err != nil {
		return nil, err
	}
	sh.iterator = out.NextShardIterator
	return out, nil
}

// copy appends what was read and then stores how far that is.
func (r *reader) copy(sh *sourceShard, out *kinesis.GetRecordsOutput) error {
	st := r.stream.state.Load()
	at := place{Format: stateFormat, After: sh.place.After, Done: out.NextShardIterator == nil}
	var entries []log.Entry
	size := 0
	for i := range out.Records {
		rec := &out.Records[i]
		at.After = aws.ToString(rec.SequenceNumber)
		e := envelope{Arrival: millis(aws.ToTime(rec.ApproximateArrivalTimestamp)), Shard: sh.id, Key: aws.ToString(rec.PartitionKey), Sequence: at.After}
		parts, whole := opened(rec)
		for sub, part := range parts {
			if !whole {
				e.Key, e.Sub = part.PartitionKey, sub
			}
			data, err := e.seal(part.Data)
			if err != nil {
				return err
			}
			entries = append(entries, log.Entry{Log: log.ID{Stream: st.ID, Shard: rawLog}, Data: data})
			size += len(part.Data)
		}
	}
	if len(entries) > 0 {
		if err := r.room.append(r.ctx, r.stream, entries, int64(size)); err != nil {
			return err
		}
	}
	if at != sh.place {
		raw, err := encode(&at)
		if err != nil {
			return err
		}
		var b kv.Batch
		b.Set(r.stream.key.sourceKey(sh.id), raw)
		if err := r.room.config.Space.Commit(r.ctx, &b); err != nil {
			return err
		}
	}
	sh.place = at
	return nil
}

// opened takes an aggregate of the producer library apart.
func opened(r *types.Record) (parts []aggregate.Record, whole bool) {
	if parts, ok := aggregate.Decode(r.Data); ok {
		return parts, false
	}
	return []aggregate.Record{{Data: r.Data}}, true
}

// append stores records that came from a source, and plans their delivery.
func (f *Firehose) append(ctx context.Context, s *stream, entries []log.Entry, size int64) error {
	commit, err := f.config.Log.Append(ctx, entries)
	if err == nil {
		err = commit.Wait()
	}
	if err != nil {
		return err
	}
	counts := &s.pump.counts
	counts.ReadRecords.Add(uint64(len(entries)))
	counts.ReadBytes.Add(uint64(size))
	f.recordRead(s, len(entries), int(size))
	f.arrived(s, commit.Placed()[0].Arrival, size)
	return nil
}
