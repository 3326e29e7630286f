package shards

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/store/log"
)

// span is what one read of a shard gave. It owns its memory.
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
		page, err := s.log.Read(ctx, st.logID(sh), from, log.Limit{Records: records, Bytes: bytes, Before: limit, NotBefore: v.state.horizon(now)})
		if err != nil {
			return nil, s.logError(st, err)
		}
		out.take(sh, page)
		page.Release()
		if len(page.Records) == 0 {
			// Nothing below the limit is left to read: what there was has expired.
			out.next = limit
		}
	}
	out.drained = !sh.open() && out.next >= limit
	if out.next < limit {
		out.behind = max(0, now.Sub(out.last))
	}
	return out, nil
}

// take copies a page into shapes. Texts and payloads share one allocation
// each: the page's memory goes back to the log before the answer is encoded.
func (out *span) take(sh *shard, page log.Page) {
	n, keySize, dataSize := len(page.Records), 0, 0
	for i := range page.Records {
		keySize += len(page.Records[i].PartitionKey)
		dataSize += len(page.Records[i].Data)
	}
	var keys strings.Builder
	keys.Grow(keySize)
	data, digits := make([]byte, 0, dataSize), make([]byte, 0, 58*n)
	ends := make([]int, n)
	for i := range page.Records {
		r := &page.Records[i]
		keys.WriteString(r.PartitionKey)
		data = append(data, r.Data...)
		digits = sh.number(r.Position, r.Arrival).append(digits)
		ends[i] = len(digits)
	}
	text, keyText := string(digits), keys.String()
	strs, times := make([]string, 2*n), make([]time.Time, n)
	out.records = make([]types.Record, n)
	digit, key, at := 0, 0, 0
	for i := range page.Records {
		r := &page.Records[i]
		strs[2*i], strs[2*i+1], times[i] = text[digit:ends[i]], keyText[key:key+len(r.PartitionKey)], r.Arrival
		out.records[i] = types.Record{
			SequenceNumber: &strs[2*i], Data: data[at : at+len(r.Data) : at+len(r.Data)],
			ApproximateArrivalTimestamp: &times[i], EncryptionType: recordEncryption(r.Encrypted),
		}
		if r.PartitionKey != "" { // one was given
			out.records[i].PartitionKey = &strs[2*i+1]
		}
		digit, key, at = ends[i], key+len(r.PartitionKey), at+len(r.Data)
	}
	out.next, out.size = page.Next, keySize+dataSize
	if n > 0 {
		out.last = times[n-1]
	}
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
	st := s.lookup(ctx, k)
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
