package limits

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/emmansun/base64"

	"sluice/bench/load"
)

// firstShards is how many shards the records are spread over until a
// CreateStream says otherwise.
const firstShards = 4

// Segments takes puts as cheaply as a durable server on net/http can: it cuts
// the records out of the JSON by hand, hashes their keys, and appends them to a
// file with one write(2) a request before it answers. Reading copies the frames
// of a shard from the file into a small buffer and encodes them from there. It
// has one stream, checks nothing and refuses nothing. With fsync each append is
// on the disk before its answer; those that wait meanwhile share the next one.
func Segments(address, folder string, fsync bool) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(folder, "segment"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	s := newSegments(fsync)
	s.file = file
	if err := s.open(); err != nil {
		return err
	}
	return serve(address, s.answer)
}

// Parsed does what Segments does for puts, but for the file: it keeps nothing.
func Parsed(address string) error { return serve(address, newSegments(false).answer) }

type segments struct {
	scratch sync.Pool // of *scratch
	pieces  sync.Pool // of *piece

	mu     sync.Mutex // one append at a time
	file   *os.File   // nil: nothing is kept
	end    int64      // guarded by mu: the size of the file
	shards []segShard // guarded by mu, as is what is in it

	fsync  bool
	syncs  sync.Mutex // one at a time
	synced int64      // guarded by syncs: what comes before is on the disk
}

// segShard knows where the records of a shard are.
type segShard struct {
	next uint64
	runs []run
}

// run is records of one shard that stand beside each other in the file.
type run struct {
	first, count uint64
	at           int64
	size, chars  int // of the frames, and of their JSON
}

func newSegments(fsync bool) *segments {
	return &segments{
		fsync:   fsync,
		shards:  make([]segShard, firstShards),
		scratch: sync.Pool{New: func() any { return new(scratch) }},
		pieces:  sync.Pool{New: func() any { return new(piece) }},
	}
}

// append keeps the frames of a request, and numbers its records.
func (s *segments) append(c *scratch) error {
	s.mu.Lock()
	at := s.end
	for i := range c.runs {
		r := &c.runs[i].run
		if r.count == 0 {
			continue
		}
		shard := &s.shards[i]
		r.first, r.at = shard.next, at
		shard.next += r.count
		at += int64(r.size)
	}
	var err error
	if s.file != nil {
		if _, err = s.file.Write(c.frames); err == nil {
			s.keep(c)
		}
	}
	s.end += int64(len(c.frames))
	end := s.end
	s.mu.Unlock()
	if err != nil || !s.fsync {
		return err
	}
	return s.sync(end)
}

// keep makes the runs readable. mu is held.
func (s *segments) keep(c *scratch) {
	for i := range c.runs {
		if r := c.runs[i].run; r.count > 0 {
			s.shards[i].runs = append(s.shards[i].runs, r)
		}
	}
}

func (s *segments) sync(end int64) error {
	s.syncs.Lock()
	defer s.syncs.Unlock()
	if s.synced >= end {
		return nil
	}
	s.mu.Lock()
	end = s.end
	s.mu.Unlock()
	if err := s.file.Sync(); err != nil {
		return err
	}
	s.synced = end
	return nil
}

// scratch is what a request needs besides its body.
type scratch struct {
	records []load.Record
	shards  []uint16 // of each record
	runs    []building
	frames  []byte
}

// building is a run that is being put together: its records by their place in
// the request.
type building struct {
	run
	places []int32
}

func (s *segments) answer(operation string, body []byte, room *[]byte) (reply, error) {
	switch operation {
	case "PutRecord", "PutRecords":
		return s.put(operation == "PutRecords", body, room)
	case "CreateStream":
		return s.create(body)
	case "DescribeStream":
		return s.describe()
	case "GetShardIterator":
		return iterator(body)
	case "GetRecords":
		return s.get(body)
	}
	return reply{}, nil
}

func (s *segments) put(many bool, body []byte, room *[]byte) (reply, error) {
	c := s.scratch.Get().(*scratch)
	defer s.scratch.Put(c)
	var err error
	if many {
		c.records, _, err = load.Records(c.records[:0], body)
	} else {
		c.records, err = load.Single(c.records[:0], body)
	}
	if err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	n := len(s.shards)
	s.mu.Unlock()
	c.sort(n)
	if err := c.frame(); err != nil {
		return reply{}, err
	}
	if err := s.append(c); err != nil {
		return reply{}, err
	}
	*room = c.results((*room)[:0], many)
	return reply{body: *room}, nil
}

// sort finds the shard of each record.
func (c *scratch) sort(shards int) {
	if len(c.runs) != shards {
		c.runs = make([]building, shards)
	}
	for i := range c.runs {
		c.runs[i].run, c.runs[i].places = run{}, c.runs[i].places[:0]
	}
	c.shards = c.shards[:0]
	for i := range c.records {
		hash := md5.Sum(c.records[i].Key)
		shard := uint64(binary.BigEndian.Uint32(hash[:])) * uint64(shards) >> 32
		c.shards = append(c.shards, uint16(shard))
		c.runs[shard].places = append(c.runs[shard].places, int32(i))
	}
}

// frame puts the records in the form in which they are stored, those of a shard
// beside each other: the size of the data, the shard, the length of the key,
// the time, the key, the data.
func (c *scratch) frame() error {
	now := uint64(time.Now().UnixMilli())
	c.frames = c.frames[:0]
	for shard := range c.runs {
		b := &c.runs[shard]
		before := len(c.frames)
		for _, i := range b.places {
			r := &c.records[i]
			at := len(c.frames)
			c.frames = append(c.frames, make([]byte, frameHead)...)
			c.frames = append(c.frames, r.Key...)
			data := len(c.frames)
			var err error
			if c.frames, err = base64.StdEncoding.AppendDecode(c.frames, r.Data); err != nil {
				return fmt.Errorf("data: %w", err)
			}
			size := len(c.frames) - data
			putFrameHead(c.frames[at:], size, shard, len(r.Key), now)
			b.chars += recordChars(len(r.Key), size)
		}
		b.count, b.size = uint64(len(b.places)), len(c.frames)-before
	}
	return nil
}

func (c *scratch) results(to []byte, many bool) []byte {
	if many {
		to = append(to, `{"FailedRecordCount":0,"Records":[`...)
	}
	for i, shard := range c.shards {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(to, `{"ShardId":"`...)
		to = appendShardID(to, int(shard))
		to = append(to, `","SequenceNumber":"`...)
		r := &c.runs[shard].run
		to = appendSequence(to, r.first)
		r.first++
		to = append(to, `"}`...)
	}
	if many {
		to = append(to, `]}`...)
	}
	return to
}

// shardChars is how many digits a shard id has.
const shardChars = 12

func appendShardID(to []byte, shard int) []byte {
	to = append(to, "shardId-"...)
	digits := strconv.AppendInt(to, int64(shard), 10)
	n := len(digits) - len(to)
	for range shardChars - n {
		to = append(to, '0')
	}
	return strconv.AppendInt(to, int64(shard), 10)
}

// sequenceBase has twenty digits, so that all numbers have the same length.
const (
	sequenceBase   = uint64(1e19)
	sequencePrefix = 36
	sequenceChars  = sequencePrefix + 20
)

func appendSequence(to []byte, position uint64) []byte {
	to = append(to, sequence[:sequencePrefix]...)
	return strconv.AppendUint(to, sequenceBase+position, 10)
}

func (s *segments) create(body []byte) (reply, error) {
	var in struct{ ShardCount int }
	if err := json.Unmarshal(body, &in); err != nil {
		return reply{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.shards) != in.ShardCount { // else it is the stream that there is
		s.shards = make([]segShard, in.ShardCount)
	}
	return reply{}, nil
}

func (s *segments) describe() (reply, error) {
	type shard struct{ ShardId string }
	var out struct {
		StreamDescription struct {
			StreamStatus  string
			Shards        []shard
			HasMoreShards bool
		}
	}
	out.StreamDescription.StreamStatus = "ACTIVE"
	s.mu.Lock()
	for i := range s.shards {
		out.StreamDescription.Shards = append(out.StreamDescription.Shards, shard{string(appendShardID(nil, i))})
	}
	s.mu.Unlock()
	body, err := json.Marshal(out)
	return reply{body: body}, err
}
