package shards

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/page"
	"sluice/store/log"
)

// span is what one read of a shard gave. Its memory is lent when the context
// of the read has a lease, else its own.
type span struct {
	records []types.Record
	size    int // of data and keys
	next    int64
	last    time.Time // arrival of the last record
	// drained means that the shard is closed and next is its end.
	drained bool
	// behind is how far next is from the tip.
	behind time.Duration
}

// logID names the shard's log.
func (st *stream) logID(sh *shard) log.ID { return log.ID{Stream: st.id, Shard: sh.index} }

// read returns records from a position on, as far as they are durable, not
// past retention and within the limits.
func (s *Streams) read(ctx context.Context, st *stream, v *view, sh *shard, from int64, records, bytes int) (*span, error) {
	if sh.open() {
		if err := sh.tail.load(ctx, s.log, st.logID(sh)); err != nil {
			return nil, s.logError(st, err)
		}
	}
	now, limit := s.clock.Now(), sh.limit()
	out := &span{next: from, records: []types.Record{}}
	if from < limit {
		w := wish{from: from, limit: limit, records: records, bytes: bytes, horizon: v.state.horizon(now)}
		if err := s.readInto(ctx, out, st, v, sh, w); err != nil {
			return nil, err
		}
	}
	out.drained = !sh.open() && out.next >= limit
	if out.next < limit {
		out.behind = max(0, now.Sub(out.last))
	}
	return out, nil
}

// readInto reads what there is below the limit.
func (s *Streams) readInto(ctx context.Context, out *span, st *stream, v *view, sh *shard, w wish) error {
	lease := page.From(ctx)
	found, again := s.shared.find(sh.tail, w)
	if found.page != nil {
		out.share(s, sh, found, lease)
	} else {
		if lease != nil {
			if err := lease.Resize(ctx, heaviest(v, int(min(int64(w.records), w.limit-w.from)), w.bytes)); err != nil {
				return err
			}
		}
		got, err := s.log.Read(ctx, st.logID(sh), w.from, log.Limit{Records: w.records, Bytes: w.bytes, Before: w.limit, NotBefore: w.horizon})
		if err != nil {
			return s.logError(st, err)
		}
		out.take(s, sh, got, lease, w, again)
	}
	if len(out.records) == 0 {
		// Nothing below the limit is left to read: what there was has expired.
		out.next = w.limit
	}
	if lease == nil {
		return nil
	}
	return lease.Resize(ctx, out.weight())
}

// start is where a reader wants to begin, as iterators and subscriptions say it.
type start struct {
	operation string // for texts
	kind      types.ShardIteratorType
	number    *string
	timestamp *time.Time
}

// locate turns a start into a position.
func (s *Streams) locate(ctx context.Context, st *stream, sh *shard, at start) (int64, error) {
	switch at.kind {
	case types.ShardIteratorTypeTrimHorizon, types.ShardIteratorTypeLatest:
		if at.number != nil {
			return 0, errNumberUnwanted(at.kind)
		}
		if at.kind == types.ShardIteratorTypeTrimHorizon {
			return 0, nil // what is oldest is decided when it is read
		}
		if sh.open() {
			if err := sh.tail.load(ctx, s.log, st.logID(sh)); err != nil {
				return 0, s.logError(st, err)
			}
		}
		return sh.limit(), nil
	case types.ShardIteratorTypeAtTimestamp:
		return s.locateTime(ctx, st, sh, at.timestamp)
	}
	return locateNumber(st.key, sh, at)
}

// locateNumber finds the position of a sequence number, which must be one of
// this very shard. The counter alone decides: within a shard no two records
// share one.
func locateNumber(k streamKey, sh *shard, at start) (int64, error) {
	if at.number == nil {
		return 0, errNumberMissing(at.kind)
	}
	q, err := parseSequence(*at.number)
	switch {
	case err != nil:
		return 0, errNumberForm(k, sh.id, at.operation, *at.number)
	case q.shard != int64(sh.index):
		return 0, errNumberShard(q, sh.id)
	case q.version == 0:
		return 0, errInternal()
	case q.version != 2 || q.created != sh.createdSec:
		return 0, errNumberStream(k, sh.id, at.operation, *at.number)
	case at.kind == types.ShardIteratorTypeAfterSequenceNumber:
		return int64(q.counter), nil
	}
	return max(0, int64(q.counter)-1), nil
}

// locateTime finds the first record that arrived at or after a time.
func (s *Streams) locateTime(ctx context.Context, st *stream, sh *shard, t *time.Time) (int64, error) {
	if t == nil {
		return 0, errTimestampMissing()
	}
	now := s.clock.Now()
	if millis(*t) > millis(now) {
		return 0, errTimestampFuture(*t, now)
	}
	if sh.limit() == 0 && !sh.open() {
		return 0, nil // an empty shard of a reshard in generations has no log
	}
	// Arrivals are whole milliseconds.
	from, err := s.log.Seek(ctx, st.logID(sh), log.AtTime, t.Truncate(time.Millisecond))
	if err != nil && !errors.Is(err, log.ErrNotFound) {
		return 0, s.logError(st, err)
	}
	return from, nil
}

// shardOf finds the shard a request means. The form of its id is checked
// before the stream is looked for.
func (s *Streams) shardOf(ctx context.Context, k streamKey, raw string) (*stream, *shard, error) {
	index, ok := parseShardID(raw)
	if !ok {
		return nil, nil, errNoShard(k, raw)
	}
	st, err := s.reach(ctx, k)
	if err != nil {
		return nil, nil, err
	}
	if st == nil {
		return nil, nil, errShardMissing(k, index)
	}
	sh := st.view.Load().shardAt(index, s.clock.Now())
	if sh == nil {
		return nil, nil, errShardMissing(k, index)
	}
	return st, sh, nil
}

// behindMillis is MillisBehindLatest.
func (out *span) behindMillis() *int64 { return aws.Int64(out.behind.Milliseconds()) }
