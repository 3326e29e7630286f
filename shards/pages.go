package shards

import (
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/page"
	"sluice/store/log"
)

// This file is on the path of every record that is read. A page of the log
// becomes the records of an answer without its keys and payloads being copied,
// when the caller lends memory (see internal/page), which the door does: they
// are encoded straight from where the store has put them. Who calls in process
// may keep what is returned, so there the page is copied once.

// Costs of an answer beside what its records weigh.
const (
	// recordShape is a record's share of a leaf.
	recordShape = 256
	// answerRoom is what an answer takes of its own while it is written.
	answerRoom = 256 << 10
)

// leaf is the memory of the shapes of one answer: everything but keys and
// payloads. Leaves are used again; 10,000 records take 2 MB.
type leaf struct {
	records []types.Record
	texts   []string // sequence numbers
	times   []time.Time
	digits  []byte
}

// newLeaf returns a leaf for n records.
func newLeaf(pool *sync.Pool, n int) *leaf {
	f, _ := pool.Get().(*leaf)
	if f == nil || cap(f.records) < n {
		return &leaf{records: make([]types.Record, 0, n), texts: make([]string, n), times: make([]time.Time, 0, n), digits: make([]byte, 0, 58*n)}
	}
	return f
}

// drop makes a leaf ready for its next use.
func (f *leaf) drop(pool *sync.Pool) {
	clear(f.records)
	clear(f.texts[:len(f.records)])
	f.records, f.times, f.digits = f.records[:0], f.times[:0], f.digits[:0]
	pool.Put(f)
}

// take turns a page into records and sees to its release. A page that is wanted
// again is kept for others.
func (out *span) take(s *Streams, sh *shard, from log.Page, lease *page.Lease, w wish, again bool) {
	n := len(from.Records)
	out.next = from.Next
	for i := range from.Records {
		out.size += len(from.Records[i].PartitionKey) + len(from.Records[i].Data)
	}
	if n == 0 {
		from.Release()
		return
	}
	out.last = from.Records[n-1].Arrival
	if lease == nil {
		out.fill(sh, owned(from.Records, out.size), newLeaf(new(sync.Pool), n))
		from.Release()
		return
	}
	f := newLeaf(&s.leaves, n)
	out.fill(sh, from.Records, f)
	drop := func() {
		f.drop(&s.leaves)
		from.Release()
	}
	if !again {
		lease.Keep(drop)
		return
	}
	p := &sharedPage{
		tail: sh.tail, users: 1, from: w.from, records: w.records, bytes: w.bytes, cut: from.Next < w.limit,
		size: out.size, weight: max(out.weight(), sharedLeast), leaf: f, page: from, drop: drop,
	}
	s.shared.keep(p)
	lease.Keep(func() { s.shared.release(p) })
}

// share takes records of a page that was kept.
func (out *span) share(s *Streams, sh *shard, of part, lease *page.Lease) {
	records := of.page.page.Records[of.low:of.high]
	out.next, out.size, out.last = of.next, of.size, records[len(records)-1].Arrival
	if lease == nil {
		out.fill(sh, owned(records, out.size), newLeaf(new(sync.Pool), len(records)))
		s.shared.release(of.page)
		return
	}
	out.records = of.page.leaf.records[of.low:of.high:of.high]
	lease.Keep(func() { s.shared.release(of.page) })
}

// owned copies keys and payloads, all into two pieces of memory.
func owned(records []log.Record, size int) []log.Record {
	var keys strings.Builder
	for i := range records {
		keys.WriteString(records[i].PartitionKey)
	}
	text, data := keys.String(), make([]byte, 0, size-keys.Len())
	out := make([]log.Record, len(records))
	for i := range records {
		r := records[i]
		at := len(data)
		data = append(data, r.Data...)
		r.PartitionKey, r.Data, text = text[:len(r.PartitionKey)], data[at:len(data):len(data)], text[len(r.PartitionKey):]
		out[i] = r
	}
	return out
}

// fill makes the shapes, which point into records and f. Records that arrived
// together share the time.
func (out *span) fill(sh *shard, records []log.Record, f *leaf) {
	var numbers run
	second := records[0].Arrival.Unix()
	base := sh.numbering(second)
	for i := range records {
		r := &records[i]
		if len(f.times) == 0 || !f.times[len(f.times)-1].Equal(r.Arrival) {
			f.times = append(f.times, r.Arrival)
			second = r.Arrival.Unix()
		}
		at := len(f.digits)
		f.digits = numbers.read(f.digits, &base, sh, r.Position, second)
		f.texts[i] = unsafe.String(&f.digits[at], len(f.digits)-at)
		f.records = append(f.records, types.Record{
			SequenceNumber: &f.texts[i], Data: r.Data,
			ApproximateArrivalTimestamp: &f.times[len(f.times)-1], EncryptionType: recordEncryption(r.Encrypted),
		})
		if r.PartitionKey != "" { // one was given
			f.records[i].PartitionKey = &r.PartitionKey
		}
	}
	out.records = f.records
}

// weight is the most that an answer can take of memory: what is read and the
// shapes around it.
func (out *span) weight() int64 {
	return int64(out.size) + int64(len(out.records))*recordShape + answerRoom
}

// heaviest is what a read may come to weigh.
func heaviest(v *view, count, bytes int) int64 {
	largest := v.state.MaxRecordKiB<<10 + 4*256
	size := max(bytes, largest)
	if count < size/largest {
		size = count * largest
	}
	return int64(size) + int64(count)*recordShape + answerRoom
}
