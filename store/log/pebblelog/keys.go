package pebblelog

import (
	"encoding/binary"
	"time"

	"sluice/store/log"
)

// Kinds of keys; the first byte. Catalogs use another, see docs/storage.md.
const (
	kindBlock  byte = 'b'
	kindIndex  byte = 'i'
	kindLog    byte = 'l'
	kindBundle byte = 'w'
)

// bucketMillis is the width of a time bucket. An hour keeps the overhead of
// bucket-wise trimming near 4 % at the shortest retention of 24 hours, and
// the bucket list of a shard below 9,000 at the longest of 365 days.
const bucketMillis = int64(time.Hour / time.Millisecond)

// blockSuffix is the length of a block key's variable end.
const blockSuffix = 16

// keys makes the keys of one namespace.
type keys struct{ namespace string }

func (k keys) prefix(kind byte, size int) []byte {
	b := make([]byte, 0, 2+len(k.namespace)+size)
	b = append(b, kind)
	b = append(b, k.namespace...)
	return append(b, 0)
}

// bucket is the common beginning of the blocks of a stream in a bucket.
func (k keys) bucket(bucket uint32, stream uint64) []byte {
	b := binary.BigEndian.AppendUint32(k.prefix(kindBlock, 16+blockSuffix), bucket)
	return binary.BigEndian.AppendUint64(b, stream)
}

// blocks is the common beginning of the blocks of a log in a bucket.
func (k keys) blocks(bucket uint32, id log.ID) []byte {
	return binary.BigEndian.AppendUint32(k.bucket(bucket, id.Stream), id.Shard)
}

// blockBytes is the size of the key of a block, and putBlock writes one.
func (k keys) blockBytes() int { return 2 + len(k.namespace) + 16 + blockSuffix }

func (k keys) putBlock(key []byte, bucket uint32, id log.ID, p place) {
	n := copy(key[1:], k.namespace) + 2 // a zero byte ends it
	key[0], key[n-1] = kindBlock, 0
	binary.BigEndian.PutUint32(key[n:], bucket)
	binary.BigEndian.PutUint64(key[n+4:], id.Stream)
	binary.BigEndian.PutUint32(key[n+12:], id.Shard)
	p.put(key[n+16:], bucket)
}

// stream is the common beginning of all rows of a kind of a stream.
func (k keys) stream(kind byte, stream uint64) []byte {
	return binary.BigEndian.AppendUint64(k.prefix(kind, 16), stream)
}

// log is the key of a log's row, or the beginning of its index rows.
func (k keys) log(kind byte, id log.ID) []byte {
	return binary.BigEndian.AppendUint32(k.stream(kind, id.Stream), id.Shard)
}

// index is the key of the row that says that a log has blocks in a bucket.
func (k keys) index(id log.ID, bucket uint32) []byte {
	return binary.BigEndian.AppendUint32(k.log(kindIndex, id), bucket)
}

// after is the first key behind all that begin with prefix. No prefix here
// consists of 0xff only, for each begins with a kind.
func after(prefix []byte) []byte {
	b := append([]byte(nil), prefix...)
	for i := len(b) - 1; ; i-- {
		b[i]++
		if b[i] != 0 {
			return b[:i+1]
		}
	}
}

// place is what a block's key says of it: enough to find positions and times
// without reading payloads. The position in the key is the last one, so that
// the first key at or after (p, 0, 0) is the block that holds p.
type place struct {
	last    int64
	arrival int64 // ms since 1970
	count   int
}

func (p place) first() int64 { return p.last - int64(p.count) + 1 }

// put writes the end of a block's key.
func (p place) put(b []byte, bucket uint32) {
	binary.BigEndian.PutUint64(b[0:], uint64(p.last))
	binary.BigEndian.PutUint32(b[8:], uint32(p.arrival-int64(bucket)*bucketMillis))
	binary.BigEndian.PutUint32(b[12:], uint32(p.count))
}

// placeOf reads the end of a block's key.
func placeOf(key []byte, bucket uint32) place {
	b := key[len(key)-blockSuffix:]
	return place{
		last:    int64(binary.BigEndian.Uint64(b[0:])),
		arrival: int64(binary.BigEndian.Uint32(b[8:])) + int64(bucket)*bucketMillis,
		count:   int(binary.BigEndian.Uint32(b[12:])),
	}
}

// bucketOf is the bucket of a time in ms. Times before 1970 do not occur.
func bucketOf(ms int64) uint32 { return uint32(max(ms, 0) / bucketMillis) }

// ceilMillis rounds up to ms: a record arrived at or after t if its arrival,
// which is in ms, is at least this. A zero time is before everything.
func ceilMillis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	ms := t.UnixMilli()
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		ms++
	}
	return ms
}
