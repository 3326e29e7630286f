package pebblelog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"

	"sluice/store/engine"
	"sluice/store/log"
	"sluice/store/payload"
)

// stream is what is known of a stream's logs.
type stream struct {
	id uint64
	// mu guards everything below, in the shards too. It makes the order of
	// positions the order of submission, and so of the write-ahead log.
	mu      sync.Mutex
	deleted bool
	shards  map[uint32]*shard
	files   *payload.Folder // nil before the first use

	next      uint64    // number of the next bundle
	bundles   []*bundle // those that wait, up to that number
	bundled   int64     // their bytes
	spreading bool      // what waits is being spread, without mu
	spread    sync.Cond // tells, with mu, that this is over
	settling  int       // how many want that nothing waits
	due       bool      // guarded by the spreader's mu: it will be spread
}

// shard is one log. A row is read when its stream is, the rest at first use.
type shard struct {
	id     log.ID
	loaded bool
	sealed bool
	// next is the position of the next record, last the arrival of the one
	// before in ms. Both only grow, restarts included: they are found from
	// the last block, or from the log's row once that block was trimmed.
	next int64
	last int64
	// buckets lists where the log has blocks, oldest first. Elements are not
	// changed, so readers may keep the slice.
	buckets []bucketRef
	// indexed is the epoch in which the newest bucket's index row was
	// submitted; in a later one the row may have failed and is written again.
	indexed uint64
	// durable is the position below which everything is durable or will never
	// be there. Settled by the engine, without mu.
	durable atomic.Int64
	// waiting are the log's blocks that are in bundles, in the order of their
	// positions. Elements are not changed, so readers may keep the slice.
	waiting []waiting
	// gathered collects the indexes of an append's entries for this log.
	gathered []int32
}

// bucketRef names a bucket and a position at or before the first one in it.
type bucketRef struct {
	bucket uint32
	first  int64
}

// rowVersion is the version of a log's row: version, flags, next, last.
const rowVersion = 1

const flagSealed = 1

func (s *shard) row() []byte {
	b := []byte{rowVersion, 0}
	if s.sealed {
		b[1] = flagSealed
	}
	b = binary.AppendUvarint(b, uint64(s.next))
	return binary.AppendUvarint(b, uint64(s.last))
}

var errRow = errors.New("stored row is malformed")

// setRow takes a stored row in. next and last are lower bounds.
func (s *shard) setRow(b []byte) error {
	if len(b) < 2 || b[0] != rowVersion {
		return errRow
	}
	next, n := binary.Uvarint(b[2:])
	if n <= 0 {
		return errRow
	}
	last, m := binary.Uvarint(b[2+n:])
	if m <= 0 {
		return errRow
	}
	s.sealed = b[1]&flagSealed != 0
	s.next, s.last = int64(next), int64(last)
	return nil
}

func newStream(id uint64) *stream {
	st := &stream{id: id, shards: map[uint32]*shard{}}
	st.spread.L = &st.mu
	return st
}

// loadStream reads the rows of a stream's logs; nil when it has none.
func (l *Log) loadStream(id uint64) (*stream, error) {
	st := newStream(id)
	prefix := l.keys.stream(kindLog, id)
	err := l.scan(prefix, func(key, value []byte) error {
		s := &shard{id: log.ID{Stream: id, Shard: binary.BigEndian.Uint32(key[len(prefix):])}}
		if err := s.setRow(value); err != nil {
			return fmt.Errorf("%v: %w", s.id, err)
		}
		st.shards[s.id.Shard] = s
		return nil
	})
	if err != nil || len(st.shards) == 0 {
		return nil, err
	}
	if err := l.loadBundles(st); err != nil {
		return nil, fmt.Errorf("bundles of stream %d: %w", id, err)
	}
	return st, nil
}

// load finds a log's buckets and its end. The stream's mu is held.
func (l *Log) load(st *stream, s *shard) error {
	if s.loaded {
		return nil
	}
	prefix := l.keys.log(kindIndex, s.id)
	var refs []bucketRef
	err := l.scan(prefix, func(key, value []byte) error {
		if len(value) != 8 || len(key) != len(prefix)+4 {
			return fmt.Errorf("%v: %w", s.id, errRow)
		}
		refs = append(refs, bucketRef{
			bucket: binary.BigEndian.Uint32(key[len(prefix):]),
			first:  int64(binary.BigEndian.Uint64(value)),
		})
		return nil
	})
	if err != nil {
		return err
	}
	for i := len(refs) - 1; i >= 0; i-- {
		p, found, err := l.lastBlock(refs[i].bucket, s.id)
		if err != nil {
			return err
		}
		if found {
			s.next, s.last = max(s.next, p.last+1), max(s.last, p.arrival)
			break
		}
	}
	h := st.held(s)
	if p, found := h.last(); found {
		s.next, s.last = max(s.next, p.last+1), max(s.last, p.arrival)
	}
	s.buckets, s.loaded = refs, true
	s.durable.Store(s.next)
	return nil
}

// lastBlock finds the newest block of a log in a bucket.
func (l *Log) lastBlock(bucket uint32, id log.ID) (p place, found bool, err error) {
	err = l.walk(bucket, id, func(it *pebble.Iterator) error {
		if found = it.Last(); found {
			p = placeOf(it.Key(), bucket)
		}
		return it.Error()
	})
	return p, found, err
}

// walk calls f with an iterator over the blocks of a log in a bucket.
func (l *Log) walk(bucket uint32, id log.ID, f func(it *pebble.Iterator) error) error {
	prefix := l.keys.blocks(bucket, id)
	return l.engine.Read(func(r pebble.Reader) error {
		return iterate(r, prefix, f)
	})
}

func iterate(r pebble.Reader, prefix []byte, f func(it *pebble.Iterator) error) error {
	it, err := r.NewIter(&pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)})
	if err != nil {
		return err
	}
	err = f(it)
	if e := it.Close(); err == nil {
		err = e
	}
	return err
}

// scan calls f for every row that begins with prefix.
func (l *Log) scan(prefix []byte, f func(key, value []byte) error) error {
	return scanRows(l.engine, prefix, f)
}

func scanRows(e *engine.Engine, prefix []byte, f func(key, value []byte) error) error {
	return e.Read(func(r pebble.Reader) error {
		return iterate(r, prefix, func(it *pebble.Iterator) error {
			for ok := it.First(); ok; ok = it.Next() {
				value, err := it.ValueAndErr()
				if err == nil {
					err = f(it.Key(), value)
				}
				if err != nil {
					return err
				}
			}
			return it.Error()
		})
	})
}

// bucketFor is the index of the bucket in which a position may be: the last
// one that begins at or before it, the first one for positions before all.
func bucketFor(refs []bucketRef, position int64) int {
	i := sort.Search(len(refs), func(i int) bool { return refs[i].first > position })
	return max(i-1, 0)
}

// bucketSince is the index of the first bucket that ends after a time.
func bucketSince(refs []bucketRef, ms int64) int {
	bucket := bucketOf(ms)
	return sort.Search(len(refs), func(i int) bool { return refs[i].bucket >= bucket })
}
