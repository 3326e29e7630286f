package limits

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"

	"github.com/emmansun/base64"
)

// frameHead is the length of what comes before the key in a stored record.
const frameHead = 4 + 2 + 1 + 8

func putFrameHead(b []byte, size, shard, key int, now uint64) {
	binary.BigEndian.PutUint32(b, uint32(size))
	binary.BigEndian.PutUint16(b[4:], uint16(shard))
	b[6] = byte(key)
	binary.BigEndian.PutUint64(b[7:], now)
}

// parseFrameHead returns the length of the data and key, and the time.
func parseFrameHead(b []byte) (size, key int, now uint64) {
	return int(binary.BigEndian.Uint32(b)), int(b[6]), binary.BigEndian.Uint64(b[7:])
}

// open finds what an earlier process left.
func (s *segments) open() error {
	if info, err := s.file.Stat(); err != nil || info.Size() == 0 {
		return err
	}
	s.shards = nil // as many as there are records of
	b := bufio.NewReaderSize(s.file, 1<<20)
	var head [frameHead]byte
	for {
		if _, err := io.ReadFull(b, head[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		size, key, _ := parseFrameHead(head[:])
		if _, err := b.Discard(key + size); err != nil {
			return err
		}
		shard := int(binary.BigEndian.Uint16(head[4:]))
		for shard >= len(s.shards) {
			s.shards = append(s.shards, segShard{})
		}
		s.found(&s.shards[shard], key, size)
	}
}

// found adds the next record to its shard. Neighbours share a run, as far as
// one piece can hold it.
func (s *segments) found(to *segShard, key, size int) {
	whole := frameHead + key + size
	last := len(to.runs) - 1
	if last < 0 || to.runs[last].at+int64(to.runs[last].size) != s.end || to.runs[last].size+whole > pieceBytes {
		to.runs = append(to.runs, run{first: to.next, at: s.end})
		last++
	}
	r := &to.runs[last]
	r.count++
	r.size += whole
	r.chars += recordChars(key, size)
	to.next++
	s.end += int64(whole)
}

// The text around the parts of a record.
const (
	beforeSequence = `{"SequenceNumber":"`
	beforeTime     = `","ApproximateArrivalTimestamp":`
	timeChars      = 14
	beforeData     = `,"Data":"`
	beforeKey      = `","PartitionKey":"`
	afterKey       = `"}`
)

// recordChars is the length of a record in an answer.
func recordChars(key, size int) int {
	return len(beforeSequence) + sequenceChars + len(beforeTime) + timeChars + len(beforeData) + base64.StdEncoding.EncodedLen(size) + len(beforeKey) + key + len(afterKey)
}

func iterator(body []byte) (reply, error) {
	var in struct{ ShardId, ShardIteratorType string }
	if err := json.Unmarshal(body, &in); err != nil {
		return reply{}, err
	}
	return reply{body: []byte(`{"ShardIterator":"` + in.ShardId + `.0"}`)}, nil
}

// page is part of a shard: whole runs, but that some records of the first are
// passed over, and that the last may end early.
type page struct {
	s       *segments
	runs    []run
	skip    int // records
	records int
	number  uint64 // of the first record
	next    string
}

// The text around the records of an answer.
const (
	beforeIterator = `{"MillisBehindLatest":0,"NextShardIterator":"`
	beforeRecords  = `","Records":[`
	afterRecords   = `]}`
)

// get answers GetRecords. A page holds as many whole runs as it may, or part of
// one that alone is too many.
func (s *segments) get(body []byte) (reply, error) {
	var in struct {
		ShardIterator string
		Limit         int
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return reply{}, err
	}
	id, from, _ := strings.Cut(in.ShardIterator, ".")
	shard, err1 := strconv.Atoi(strings.TrimPrefix(id, "shardId-"))
	number, err2 := strconv.ParseUint(from, 10, 64)
	if err := errors.Join(err1, err2); err != nil {
		return reply{}, fmt.Errorf("iterator %q: %w", in.ShardIterator, err)
	}
	p := page{s: s, number: number}
	s.mu.Lock()
	runs := s.shards[shard].runs
	s.mu.Unlock()
	length := p.choose(runs, in.Limit)
	p.next = id + "." + strconv.FormatUint(number+uint64(p.records), 10)
	length += len(beforeIterator) + len(p.next) + len(beforeRecords) + max(p.records-1, 0) + len(afterRecords)
	return reply{length: length, pour: p.pour}, nil
}

// choose takes the runs of the page and returns how long its records are.
func (p *page) choose(runs []run, limit int) (chars int) {
	at := sort.Search(len(runs), func(i int) bool { return runs[i].first+runs[i].count > p.number })
	for ; at < len(runs) && p.records < limit; at++ {
		r := runs[at]
		have := int(r.count)
		p.runs = append(p.runs, r)
		if len(p.runs) == 1 {
			p.skip = int(p.number - r.first)
			have -= p.skip
		}
		if p.skip > 0 && len(p.runs) == 1 || p.records+have > limit {
			skip := int(r.count) - have
			have = min(have, limit-p.records)
			chars += p.part(r, skip, have)
		} else {
			chars += r.chars
		}
		p.records += have
	}
	return chars
}

// part is how long some records of a run are.
func (p *page) part(r run, skip, count int) (chars int) {
	b := make([]byte, r.size)
	if _, err := p.s.file.ReadAt(b, r.at); err != nil {
		return 0 // pour fails as well
	}
	for i := range skip + count {
		size, key, _ := parseFrameHead(b)
		if i >= skip {
			chars += recordChars(key, size)
		}
		b = b[frameHead+key+size:]
	}
	return chars
}

// pieceBytes is how much is read or encoded at once: what stays in the cache of
// a processor.
const pieceBytes = 256 << 10

// piece is the memory of an answer under way.
type piece struct{ in, out []byte }

// pour writes the page.
func (p *page) pour(to io.Writer) error {
	m := p.s.pieces.Get().(*piece)
	defer p.s.pieces.Put(m)
	m.out = append(append(append(m.out[:0], beforeIterator...), p.next...), beforeRecords...)
	left, number := p.records, p.number
	for _, r := range p.runs {
		if cap(m.in) < r.size {
			m.in = make([]byte, r.size)
		}
		b := m.in[:r.size]
		if _, err := p.s.file.ReadAt(b, r.at); err != nil {
			return err
		}
		for range r.count {
			size, key, now := parseFrameHead(b)
			frame := b[frameHead : frameHead+key+size]
			b = b[frameHead+key+size:]
			if p.skip > 0 {
				p.skip--
				continue
			}
			if left == 0 {
				break
			}
			if number > p.number {
				m.out = append(m.out, ',')
			}
			m.out = appendRecord(m.out, number, now, frame[:key], frame[key:])
			number++
			left--
			if len(m.out) < pieceBytes {
				continue
			}
			if _, err := to.Write(m.out); err != nil {
				return err
			}
			m.out = m.out[:0]
		}
	}
	_, err := to.Write(append(m.out, afterRecords...))
	return err
}

func appendRecord(to []byte, number, now uint64, key, data []byte) []byte {
	to = appendSequence(append(to, beforeSequence...), number)
	to = append(to, beforeTime...)
	to = strconv.AppendUint(to, now/1000, 10)
	ms := now % 1000
	to = append(to, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
	to = base64.StdEncoding.AppendEncode(append(to, beforeData...), data)
	to = append(append(to, beforeKey...), key...)
	return append(to, afterKey...)
}
