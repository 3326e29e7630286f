package pebblelog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"sluice/store/log"
)

// ErrRow means that a row is none that this package writes.
var ErrRow = errors.New("a row of records is malformed")

// parsed is a row's key, taken apart.
type parsed struct {
	kind   byte
	id     log.ID
	bucket uint32
	place  place // of blocks
}

// parse takes a key after its namespace apart.
func parse(kind byte, rest []byte) (p parsed, err error) {
	size := map[byte]int{kindBlock: 16 + blockSuffix, kindIndex: 16, kindLog: 12, kindBundle: 16}[kind]
	if size == 0 || len(rest) != size {
		return p, fmt.Errorf("%w: its key has %d bytes", ErrRow, len(rest))
	}
	p.kind = kind
	if kind == kindBlock {
		p.bucket, rest = binary.BigEndian.Uint32(rest), rest[4:]
		p.place = placeOf(rest, p.bucket)
	}
	if kind == kindBundle {
		p.id.Stream = binary.BigEndian.Uint64(rest)
		return p, nil
	}
	p.id = log.ID{Stream: binary.BigEndian.Uint64(rest), Shard: binary.BigEndian.Uint32(rest[8:])}
	if kind == kindIndex {
		p.bucket = binary.BigEndian.Uint32(rest[12:])
	}
	return p, nil
}

// Check tells whether a row, given by the parts of its key, is one that this
// package could have written, so that reading it later cannot go wrong. kind
// is the key's first byte, rest what follows the namespace.
func Check(kind byte, rest, value []byte) error {
	p, err := parse(kind, rest)
	if err != nil {
		return err
	}
	switch kind {
	case kindIndex:
		if len(value) != 8 || value[0] >= 0x40 {
			return fmt.Errorf("%w: index of %v", ErrRow, p.id)
		}
		return nil
	case kindLog:
		return p.checkLog(value)
	}
	if kind == kindBundle {
		return eachPart(value, func(part part, _ int) error {
			of := parsed{kind: kindBlock, id: log.ID{Stream: p.id.Stream, Shard: part.shard}, bucket: part.bucket, place: part.place}
			return of.checkBlock(part.value)
		})
	}
	return p.checkBlock(value)
}

func (p parsed) checkBlock(value []byte) error {
	b, err := openBlock(value, p.place, p.bucket)
	if err != nil {
		return err
	}
	offset := p.place.arrival - int64(p.bucket)*bucketMillis
	if b.count < 1 || b.count != p.place.count || p.place.last < 0 || p.place.last >= 1<<62 || p.place.first() < 0 || offset >= bucketMillis {
		return fmt.Errorf("%w: block of %v", ErrRow, p.id)
	}
	return nil
}

func (p parsed) checkLog(value []byte) error {
	var s shard
	if err := s.setRow(value); err != nil {
		return err
	}
	if s.next < 0 || s.next >= 1<<62 || s.last < 0 || s.last >= 1<<53 {
		return fmt.Errorf("%w: end of %v", ErrRow, p.id)
	}
	return nil
}

// Rows gives the rows that hold the contents of a log. What put is given is
// its to keep.
func Rows(namespace string, c log.Contents, put func(key, value []byte) error) error {
	k := keys{namespace: namespace}
	s := shard{id: c.ID, sealed: c.Sealed, next: c.Next}
	if !c.Last.IsZero() {
		s.last = c.Last.UnixMilli()
	}
	if err := put(k.log(kindLog, c.ID), s.row()); err != nil {
		return err
	}
	known := uint32(0)
	for i := 0; i < len(c.Records); {
		bucket := bucketOf(c.Records[i].Arrival.UnixMilli())
		if i == 0 || bucket != known {
			known = bucket
			first := binary.BigEndian.AppendUint64(nil, uint64(c.Records[i].Position))
			if err := put(k.index(c.ID, bucket), first); err != nil {
				return err
			}
		}
		key, value, n := k.pack(c.ID, bucket, c.Records[i:])
		if err := put(key, value); err != nil {
			return err
		}
		i += n
	}
	return nil
}

// pack makes a block of the first records that belong in one: neighbours
// without a gap that arrived together.
func (k keys) pack(id log.ID, bucket uint32, records []log.Record) (key, value []byte, n int) {
	var batch []entry
	var indexes []int32
	size := 0
	for i := range records {
		r := &records[i]
		e := entry{Log: id, PartitionKey: r.PartitionKey, Data: r.Data, Encrypted: r.Encrypted}
		apart := i > 0 && (r.Position != records[i-1].Position+1 || !r.Arrival.Equal(records[0].Arrival))
		if apart || i > 0 && size+recordSize(&e) > blockBytes {
			break
		}
		size += recordSize(&e)
		batch, indexes = append(batch, e), append(indexes, int32(i))
	}
	n = len(batch)
	value = make([]byte, blockSize(n, size))
	putBlock(value, batch, indexes)
	key = append(k.blocks(bucket, id), make([]byte, blockSuffix)...)
	at := place{last: records[n-1].Position, arrival: records[0].Arrival.UnixMilli(), count: n}
	at.put(key[len(key)-blockSuffix:], bucket)
	return key, value, n
}

// Gatherer makes contents of the rows of one namespace, in any order.
type Gatherer struct {
	logs  map[log.ID]*log.Contents
	loose map[log.ID]bool // have records and no row yet
}

// Add takes a row that Check accepts, by the parts of its key. It keeps value.
func (g *Gatherer) Add(kind byte, rest, value []byte) error {
	p, err := parse(kind, rest)
	if err != nil || kind == kindIndex {
		return err
	}
	if g.logs == nil {
		g.logs, g.loose = map[log.ID]*log.Contents{}, map[log.ID]bool{}
	}
	switch kind {
	case kindBlock:
		return unpack(g.log(p.id), p.place, p.bucket, value)
	case kindBundle:
		return eachPart(value, func(part part, _ int) error {
			return unpack(g.log(log.ID{Stream: p.id.Stream, Shard: part.shard}), part.place, part.bucket, part.value)
		})
	}
	c := g.log(p.id)
	var s shard
	if err := s.setRow(value); err != nil {
		return err
	}
	c.Sealed, c.Next = s.sealed, s.next
	if s.last > 0 {
		c.Last = time.UnixMilli(s.last).UTC()
	}
	delete(g.loose, p.id)
	return nil
}

// log returns the contents of a log, as far as they are known.
func (g *Gatherer) log(id log.ID) *log.Contents {
	c := g.logs[id]
	if c == nil {
		c = &log.Contents{ID: id}
		g.logs[id] = c
		g.loose[id] = true
	}
	return c
}

func unpack(c *log.Contents, at place, bucket uint32, value []byte) error {
	b, err := openBlock(value, at, bucket)
	if err != nil {
		return err
	}
	payload := b.payload
	for i := range b.count {
		s := b.next()
		c.Records = append(c.Records, log.Record{
			Position: at.first() + int64(i), Arrival: time.UnixMilli(s.arrival).UTC(), Encrypted: s.encrypted,
			PartitionKey: text(payload[:s.key]), Data: payload[s.key : s.key+s.data : s.key+s.data],
		})
		payload = payload[s.key+s.data:]
	}
	return nil
}

// Contents returns what was gathered, in the order of streams and shards.
func (g *Gatherer) Contents() ([]log.Contents, error) {
	all := make([]log.Contents, 0, len(g.logs))
	for id, c := range g.logs {
		if g.loose[id] {
			return nil, fmt.Errorf("%w: records of %v, which does not exist", ErrRow, id)
		}
		slices.SortFunc(c.Records, func(a, b log.Record) int { return int(min(max(a.Position-b.Position, -1), 1)) })
		for i := 1; i < len(c.Records); i++ {
			if a, b := &c.Records[i-1], &c.Records[i]; a.Position == b.Position || b.Arrival.Before(a.Arrival) {
				return nil, fmt.Errorf("%w: %v is out of order at %d", ErrRow, id, b.Position)
			}
		}
		if n := len(c.Records); n > 0 {
			last := &c.Records[n-1]
			c.Next = max(c.Next, last.Position+1)
			if last.Arrival.After(c.Last) {
				c.Last = last.Arrival
			}
		}
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b log.Contents) int {
		return bytes.Compare(keys{}.log(kindLog, a.ID), keys{}.log(kindLog, b.ID))
	})
	return all, nil
}
