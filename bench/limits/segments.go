package limits

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"sluice/bench/load"
)

// shardBits says how many shards the records are spread over: four.
const shardBits = 2

// Segments takes puts as cheaply as a durable server on net/http can: it cuts
// the records out of the JSON by hand, hashes their keys, and appends them to a
// file with one write(2) a request before it answers. It can be read back by
// nobody, has no index, no checks and no streams. With fsync each append is on
// the disk before its answer; those that wait meanwhile share the next one.
func Segments(address, folder string, fsync bool) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(folder, "segment"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	s := &segments{file: file, fsync: fsync, scratch: sync.Pool{New: func() any { return new(scratch) }}}
	return serve(address, s.answer)
}

// Parsed does what Segments does, but for the file: it keeps nothing.
func Parsed(address string) error {
	s := &segments{scratch: sync.Pool{New: func() any { return new(scratch) }}}
	return serve(address, s.answer)
}

type segments struct {
	scratch sync.Pool

	mu   sync.Mutex // one append at a time
	file *os.File   // nil: nothing is kept
	next uint64

	fsync  bool
	syncs  sync.Mutex // one at a time
	synced uint64     // guarded by syncs: what comes before is on the disk
}

// append keeps the frames of n records.
func (s *segments) append(frames []byte, n uint64) (first uint64, err error) {
	s.mu.Lock()
	first = s.next
	s.next += n
	if s.file != nil {
		_, err = s.file.Write(frames)
	}
	s.mu.Unlock()
	if err != nil || !s.fsync {
		return first, err
	}
	s.syncs.Lock()
	defer s.syncs.Unlock()
	if s.synced >= first+n {
		return first, nil
	}
	s.mu.Lock()
	end := s.next
	s.mu.Unlock()
	if err := s.file.Sync(); err != nil {
		return first, err
	}
	s.synced = end
	return first, nil
}

// scratch is what a request needs besides its body.
type scratch struct {
	records []load.Record
	frames  []byte
}

func (s *segments) answer(operation string, body []byte, room *[]byte) ([]byte, error) {
	if operation != "PutRecord" && operation != "PutRecords" {
		return nil, nil
	}
	c := s.scratch.Get().(*scratch)
	defer s.scratch.Put(c)
	var err error
	if operation == "PutRecord" {
		c.records, err = load.Single(c.records[:0], body)
	} else {
		c.records, _, err = load.Records(c.records[:0], body)
	}
	if err != nil {
		return nil, err
	}
	if err := c.frame(); err != nil {
		return nil, err
	}
	first, err := s.append(c.frames, uint64(len(c.records)))
	*room = c.results((*room)[:0], first, operation == "PutRecords")
	return *room, err
}

// frame puts the records in the form in which they are stored.
func (c *scratch) frame() error {
	now := uint64(time.Now().UnixMilli())
	c.frames = c.frames[:0]
	for _, r := range c.records {
		hash := md5.Sum(r.Key)
		size := base64.StdEncoding.DecodedLen(len(r.Data))
		c.frames = binary.BigEndian.AppendUint32(c.frames, uint32(size))
		c.frames = append(c.frames, hash[0]>>(8-shardBits), byte(len(r.Key)))
		c.frames = binary.BigEndian.AppendUint64(c.frames, now)
		c.frames = append(c.frames, r.Key...)
		var err error
		if c.frames, err = base64.StdEncoding.AppendDecode(c.frames, r.Data); err != nil {
			return fmt.Errorf("data: %w", err)
		}
	}
	return nil
}

func (c *scratch) results(to []byte, first uint64, many bool) []byte {
	if many {
		to = append(to, `{"FailedRecordCount":0,"Records":[`...)
	}
	for i, r := range c.records {
		if i > 0 {
			to = append(to, ',')
		}
		hash := md5.Sum(r.Key)
		to = append(to, `{"ShardId":"shardId-00000000000`...)
		to = append(to, '0'+hash[0]>>(8-shardBits))
		to = append(to, `","SequenceNumber":"`...)
		to = append(to, sequence[:36]...)
		to = strconv.AppendUint(to, 1e19+first+uint64(i), 10)
		to = append(to, `"}`...)
	}
	if many {
		to = append(to, `]}`...)
	}
	return to
}
