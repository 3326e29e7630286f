package pebblelog

import (
	"context"
	"fmt"
	"sort"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"sluice/internal/must"
	"sluice/store/log"
)

// view is what a read needs of a log, taken at one moment.
type view struct {
	id      log.ID
	buckets []bucketRef
	held
	waits   bool // something is held, in the memory of the ring
	next    int64
	durable int64
}

// view takes a view, which must be given back with done.
func (l *Log) view(id log.ID) (view, error) {
	st, err := l.lock(id)
	if err != nil {
		return view{}, err
	}
	defer st.mu.Unlock()
	s, err := l.shard(st, id)
	if err != nil {
		return view{}, err
	}
	v := view{id: id, buckets: s.buckets, held: st.held(s), next: s.next, durable: s.durable.Load()}
	if v.waits = len(s.waiting) > 0; v.waits {
		l.ring.Reading() // with mu held, so before it can be spread
	}
	return v, nil
}

// done lets go of a view.
func (l *Log) done(v *view) {
	if v.waits {
		l.ring.Done()
	}
}

// Read implements log.Log.
func (l *Log) Read(_ context.Context, id log.ID, from int64, limit log.Limit) (page log.Page, err error) {
	must.Hold(limit.Records > 0 && limit.Bytes > 0, "read limit %+v", limit)
	err = retryGone(func(last bool) error {
		page, err = l.read(id, from, limit, last)
		return err
	})
	return page, err
}

// read is Read. When last is set, a missing file is damage.
func (l *Log) read(id log.ID, from int64, limit log.Limit, last bool) (log.Page, error) {
	v, err := l.view(id)
	if err != nil {
		return log.Page{}, err
	}
	defer l.done(&v)
	limit.Before = min(limit.Before, v.durable)
	r := reading{view: v, log: l, last: last, keys: l.keys, from: from, limit: limit, since: ceilMillis(limit.NotBefore)}
	r.page.pools = &l.pools
	if from < limit.Before {
		if err := l.engine.Read(r.run); err != nil {
			r.page.release()
			return log.Page{}, fmt.Errorf("read %v: %w", id, err)
		}
	}
	next := max(from, limit.Before)
	if r.full {
		next = r.from
	}
	return log.Page{Records: r.page.records, Next: next, Release: r.page.release}, nil
}

// reading is a read under way.
type reading struct {
	view
	log   *Log
	last  bool // a missing file is damage
	keys  keys
	limit log.Limit
	since int64 // ms; earlier records are passed over
	from  int64 // the next position to return
	bytes int
	full  bool // a limit was reached
	page  page

	gathered gathered
}

func (r *reading) run(db pebble.Reader) error {
	i := bucketFor(r.buckets, r.from)
	if r.since > 0 {
		i = max(i, bucketSince(r.buckets, r.since))
	}
	for ; i < len(r.buckets) && !r.full && r.buckets[i].first < r.limit.Before && r.stored(); i++ {
		bucket := r.buckets[i].bucket
		err := iterate(db, r.keys.blocks(bucket, r.id), func(it *pebble.Iterator) error {
			return r.bucket(it, bucket)
		})
		if err != nil {
			return err
		}
	}
	return r.fromHeld(r.limit.Before)
}

// bucket reads on in one bucket.
func (r *reading) bucket(it *pebble.Iterator, bucket uint32) error {
	prefix := r.keys.blocks(bucket, r.id)
	ok := it.SeekGE(blockKey(prefix, r.from))
	if ok && placeOf(it.Key(), bucket).arrival < r.since {
		p, err := firstSince(it, prefix, bucket, r.since)
		if err != nil || p == nil {
			return err
		}
		ok = it.SeekGE(blockKey(prefix, p.first()))
	}
	for ; ok && !r.full; ok = it.Next() {
		p := placeOf(it.Key(), bucket)
		if p.first() >= r.limit.Before {
			break
		}
		if err := r.turn(p, bucket); err != nil || r.full {
			return err
		}
		if p.last < r.from { // it was found in a bundle already
			continue
		}
		value, err := it.ValueAndErr()
		switch {
		case err != nil:
		case isPointer(value):
			err = r.gather(p, bucket, value)
		default:
			if err = r.fetch(bucket); err == nil && !r.full {
				err = r.block(p, bucket, value, false)
			}
		}
		if err != nil {
			return err
		}
	}
	if err := it.Error(); err != nil || r.full {
		return err
	}
	return r.fetch(bucket)
}

// turn reads what waits in bundles and has its turn before a block.
func (r *reading) turn(p place, bucket uint32) error {
	if len(r.waiting) == 0 {
		return nil
	}
	if err := r.fetch(bucket); err != nil || r.full {
		return err
	}
	return r.fromHeld(p.first())
}

// block takes from a block what is wanted. The wanted records are neighbours, so
// their payload is copied in one go out of memory that is not the page's. ours
// tells that it is.
func (r *reading) block(p place, bucket uint32, value []byte, ours bool) error {
	if p.last < r.from { // it was found in a bundle already
		return nil
	}
	b, err := openBlock(value, p, bucket)
	if err != nil {
		return err
	}
	if b.count != p.count {
		return errBlock
	}
	position, skip, size, count := p.first(), 0, len(b.payload), b.count
	if r.partly(&b, p) {
		position, skip, size, count = r.wanted(&b, p)
	}
	r.bytes += size
	memory := b.payload[skip : skip+size]
	if !ours {
		memory = r.page.copied(memory)
	}
	r.page.list()
	r.list(&b, position, count, memory)
	r.from = position + int64(count)
	return nil
}

// partly tells whether of a block something may not be wanted.
func (r *reading) partly(b *block, p place) bool {
	return p.first() < r.from || p.last >= r.limit.Before || r.since > 0 && (p.arrival < r.since || b.runs != nil) ||
		len(r.page.records)+b.count > r.limit.Records || r.bytes+len(b.payload) > r.limit.Bytes
}

// wanted finds the records that are wanted, and moves b to the first of them.
// They are size bytes, behind skip others.
func (r *reading) wanted(b *block, p place) (position int64, skip, size, count int) {
	position = p.first()
	end := min(p.last+1, r.limit.Before)
	for position < end {
		ahead := *b
		s := ahead.next()
		if position >= r.from && s.arrival >= r.since {
			break
		}
		*b = ahead
		skip += s.key + s.data
		position++
	}
	for table := *b; position+int64(count) < end; count++ {
		s := table.next()
		n := s.key + s.data
		if len(r.page.records)+count >= r.limit.Records || (r.bytes+size+n > r.limit.Bytes && len(r.page.records)+count > 0) {
			r.full = true
			break
		}
		size += n
	}
	return position, skip, size, count
}

// list enters the next records of a block, whose payload is given.
func (r *reading) list(b *block, position int64, count int, memory []byte) {
	var arrival time.Time
	ms := int64(-1)
	for i := range count {
		s := b.next()
		if s.arrival != ms {
			ms, arrival = s.arrival, time.UnixMilli(s.arrival).UTC()
		}
		r.page.records = append(r.page.records, log.Record{
			Position: position + int64(i), Arrival: arrival, Encrypted: s.encrypted,
			PartitionKey: r.page.key(memory[:s.key]),
			Data:         memory[s.key : s.key+s.data : s.key+s.data],
		})
		memory = memory[s.key+s.data:]
	}
}

// blockKey is where the block that holds a position, or the next one after
// it, is found by SeekGE.
func blockKey(prefix []byte, position int64) []byte {
	k := append(make([]byte, 0, len(prefix)+8), prefix...)
	for shift := 56; shift >= 0; shift -= 8 {
		k = append(k, byte(position>>shift))
	}
	return k
}

// firstSince finds the first block of a bucket that arrived at or after ms;
// nil when there is none. Arrivals ascend with positions, so it is a binary
// search by position, one seek a step, and touches keys only.
func firstSince(it *pebble.Iterator, prefix []byte, bucket uint32, ms int64) (*place, error) {
	if !it.Last() {
		return nil, it.Error()
	}
	last := placeOf(it.Key(), bucket)
	if last.arrival < ms {
		return nil, nil
	}
	if !it.First() {
		return nil, it.Error()
	}
	first := placeOf(it.Key(), bucket)
	found := last
	low := first.first()
	sort.Search(int(last.last-low), func(i int) bool {
		if !it.SeekGE(blockKey(prefix, low+int64(i))) {
			return true // an error; reported below
		}
		p := placeOf(it.Key(), bucket)
		if p.arrival < ms {
			return false
		}
		found = p
		return true
	})
	return &found, it.Error()
}

// Seek implements log.Log.
func (l *Log) Seek(_ context.Context, id log.ID, where log.Where, t time.Time) (position int64, err error) {
	err = retryGone(func(last bool) error {
		position, err = l.seek(id, where, t, last)
		return err
	})
	return position, err
}

// seek is Seek. When last is set, a missing file is damage.
func (l *Log) seek(id log.ID, where log.Where, t time.Time, last bool) (int64, error) {
	v, err := l.view(id)
	if err != nil {
		return 0, err
	}
	defer l.done(&v)
	if where == log.Latest {
		return v.next, nil
	}
	ms := int64(0)
	if where == log.AtTime {
		ms = ceilMillis(t)
	}
	position := v.next
	found := false
	for i := bucketSince(v.buckets, ms); i < len(v.buckets) && !found; i++ {
		bucket := v.buckets[i].bucket
		prefix := l.keys.blocks(bucket, id)
		err := l.walk(bucket, id, func(it *pebble.Iterator) (err error) {
			p, err := firstSince(it, prefix, bucket, ms)
			if p != nil {
				found = true
				position, err = l.within(it, id, bucket, *p, ms, last)
			}
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("seek in %v: %w", id, err)
		}
	}
	return v.seekHeld(ms, position), nil
}

// within finds the first record of a stored block that arrived at or after ms;
// the last one did.
func (l *Log) within(it *pebble.Iterator, id log.ID, bucket uint32, p place, ms int64, sure bool) (int64, error) {
	if ms == 0 || p.count == 1 {
		return p.first(), nil
	}
	if !it.SeekGE(blockKey(l.keys.blocks(bucket, id), p.last)) {
		return p.first(), it.Error()
	}
	value, err := it.ValueAndErr()
	if err == nil {
		value, err = l.blockOf(id.Stream, value, sure)
	}
	if err != nil {
		return 0, err
	}
	b, err := openBlock(value, p, bucket)
	if err != nil {
		return 0, err
	}
	position := p.first()
	for b.next().arrival < ms {
		position++
	}
	return position, nil
}
