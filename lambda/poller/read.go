package poller

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
)

// spot is a place in a shard: after a sequence number, or from a time on.
type spot struct {
	after string
	at    int64 // milliseconds, when after is empty
}

// pageRead is what a read gave.
type pageRead struct {
	records []Record
	// bytes is what their data and keys weigh.
	bytes int
	// next is where to read on.
	next spot
	// more is set when there was more than was read.
	more bool
	// ended is set at the end of a closed shard.
	ended bool
	// mark is the mark of the shard when all up to next was there to be read
	// and nothing more, unless more is set.
	mark uint64
}

// read is a read under way.
type read struct {
	done chan struct{}
	page pageRead
	err  error
}

// sharedPage is a page kept for users who come to its place later.
type sharedPage struct {
	tap    *tap // nil when nobody reads the shard any more
	from   string
	page   pageRead
	weight int
}

// iterator is good for five minutes from made on.
type iterator struct {
	token string
	made  time.Time
}

const (
	// iteratorLife leaves half a minute of the service's five.
	iteratorLife = 270 * time.Second
	// mostIterators is for how many places of a shard iterators are kept.
	mostIterators = 64
)

// read reads up to limit records from a spot on.
func (r *Readers) read(ctx context.Context, t *tap, from spot, limit int) (pageRead, error) {
	r.mu.Lock()
	if page, ok := t.find(from, limit); ok {
		r.mu.Unlock()
		return page, nil
	}
	if other := t.reads[from]; other != nil {
		r.mu.Unlock()
		select {
		case <-other.done:
			return other.page.first(limit), other.err
		case <-ctx.Done():
			return pageRead{}, ctx.Err()
		}
	}
	now := r.config.Clock.Now()
	if next := t.pace.next(now, r.config.Tips.ReadRate()); next.After(now) {
		r.mu.Unlock()
		return pageRead{}, &pacedError{next}
	}
	one := &read{done: make(chan struct{})}
	if t.reads == nil {
		t.reads = map[spot]*read{}
	}
	t.reads[from] = one
	it := t.iterators[from]
	delete(t.iterators, from)
	r.mu.Unlock()

	var next iterator
	one.page, next, one.err = r.fetch(t.key, from, it, limit, now)
	r.mu.Lock()
	delete(t.reads, from)
	if one.err == nil {
		t.pace.read(one.page.bytes)
		r.keep(t, from, &one.page, next)
	} else {
		one.err = t.pace.slow(one.err, now)
	}
	r.mu.Unlock()
	close(one.done)
	return one.page, one.err
}

// find looks for a page that was read for somebody else.
func (t *tap) find(from spot, limit int) (pageRead, bool) {
	if from.after == "" {
		return pageRead{}, false
	}
	for _, p := range t.pages {
		if below(from.after, p.from) || !below(from.after, p.page.next.after) {
			continue
		}
		page := p.page
		skip := sort.Search(len(page.records), func(i int) bool { return below(from.after, page.records[i].SequenceNumber) })
		page.records = page.records[skip:]
		return page.first(limit), true
	}
	return pageRead{}, false
}

// first is the page with at most n records.
func (p pageRead) first(n int) pageRead {
	if len(p.records) > n {
		p.records = p.records[:n:n]
		p.next, p.more, p.ended = spot{after: p.records[n-1].SequenceNumber}, true, false
	}
	return p
}

// keep keeps an iterator and, when others read the shard, the page. mu is held.
func (r *Readers) keep(t *tap, from spot, page *pageRead, next iterator) {
	if next.token != "" {
		if t.iterators == nil || len(t.iterators) >= mostIterators {
			t.iterators = map[spot]iterator{}
		}
		t.iterators[page.next] = next
	}
	if t.users < 2 || len(page.records) == 0 || from.after == "" {
		return
	}
	p := &sharedPage{tap: t, from: from.after, page: *page, weight: page.bytes + len(page.records)*recordWeight}
	t.pages, r.shared, r.weight = append(t.pages, p), append(r.shared, p), r.weight+p.weight
	for r.weight > sharedBytes {
		old := r.shared[0]
		r.shared[0], r.shared = nil, r.shared[1:]
		r.weight -= old.weight
		if old.tap != nil {
			// Both lists are in the order of reading.
			old.tap.pages[0], old.tap.pages = nil, old.tap.pages[1:]
		}
	}
}

// fetch reads from the source. An iterator that is missing or too old is
// replaced.
func (r *Readers) fetch(k tapKey, from spot, it iterator, limit int, now time.Time) (page pageRead, next iterator, err error) {
	ctx := k.context(r.life)
	page.mark = r.config.Tips.Mark(ctx, k.stream, k.shard)
	if it.token == "" || now.Sub(it.made) > iteratorLife {
		if it.token, err = r.iterator(ctx, k, from); err != nil {
			return page, next, err
		}
	}
	out, err := r.config.Source.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: &it.token, Limit: aws.Int32(int32(limit))})
	if codeOf(err) == "ExpiredIteratorException" {
		if it.token, err = r.iterator(ctx, k, from); err == nil {
			out, err = r.config.Source.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: &it.token, Limit: aws.Int32(int32(limit))})
		}
	}
	if err != nil {
		return page, next, fmt.Errorf("read shard %s: %w", k.shard, err)
	}
	page.records, page.next = recordsOf(out.Records), from
	for i := range page.records {
		page.bytes += len(page.records[i].Data) + len(page.records[i].PartitionKey)
	}
	if n := len(page.records); n > 0 {
		page.next = spot{after: page.records[n-1].SequenceNumber}
	}
	page.ended = out.NextShardIterator == nil
	if len(page.records) > 0 && !page.ended {
		// The mark first: what comes between the two is more.
		page.mark = r.config.Tips.Mark(ctx, k.stream, k.shard)
		page.more = !r.config.Tips.Reached(ctx, k.stream, k.shard, page.next.after)
	}
	return page, iterator{token: aws.ToString(out.NextShardIterator), made: now}, nil
}

func (r *Readers) iterator(ctx context.Context, k tapKey, from spot) (string, error) {
	in := &kinesis.GetShardIteratorInput{StreamARN: aws.String(k.stream), ShardId: &k.shard,
		ShardIteratorType: types.ShardIteratorTypeAfterSequenceNumber, StartingSequenceNumber: &from.after}
	if from.after == "" {
		in.ShardIteratorType, in.StartingSequenceNumber = types.ShardIteratorTypeAtTimestamp, nil
		in.Timestamp = aws.Time(time.UnixMilli(from.at).UTC())
	}
	out, err := r.config.Source.GetShardIterator(ctx, in)
	if err != nil {
		return "", fmt.Errorf("find the place in shard %s: %w", k.shard, err)
	}
	return aws.ToString(out.ShardIterator), nil
}

// recordsOf makes records of shapes.
func recordsOf(shapes []types.Record) []Record {
	records := make([]Record, len(shapes))
	for i := range shapes {
		s := &shapes[i]
		records[i] = Record{PartitionKey: aws.ToString(s.PartitionKey), SequenceNumber: aws.ToString(s.SequenceNumber),
			Data: s.Data, Arrival: aws.ToTime(s.ApproximateArrivalTimestamp), KMS: s.EncryptionType == types.EncryptionTypeKms}
	}
	return records
}

// codeOf is the code of an error of the service, empty for others.
func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
