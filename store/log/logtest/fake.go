package logtest

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"sluice/internal/dice"
	"sluice/store/log"
)

// Fake is a log as an engine elsewhere would be, a Kafka topic for one: where
// a record goes is decided after it was sent, among others that were sent at
// the same time; positions begin anywhere and have gaps; records become
// durable when the caller waits; trimming works in segments.
//
// It is for tests of what stands on a log and must not count on more.
type Fake struct {
	now func() time.Time

	// mu guards the rest.
	mu      sync.Mutex
	dice    random
	sent    []*sending
	streams map[uint64]map[uint32]*topic
}

// sending is an append that the other side has not placed yet.
type sending struct {
	batch []log.Entry
	done  bool
	placed
}

type placed struct {
	at  []log.Placed
	err error
}

// topic is one log of a fake.
type topic struct {
	records []log.Record
	next    int64
	durable int64
	last    time.Time
	sealed  bool
	end     int64
}

// random is what a test draws from.
type random struct{ *dice.Dice }

// upTo returns a number from 0 to n-1.
func (r random) upTo(n int) int { return int(r.Uint64() % uint64(n)) }

// segmentRecords is the unit in which a fake trims.
const segmentRecords = 4

// NewFake returns an empty fake whose decisions follow from seed and the
// order of calls.
func NewFake(now func() time.Time, seed uint64) *Fake {
	return &Fake{now: now, dice: random{dice.Seeded(seed)}, streams: map[uint64]map[uint32]*topic{}}
}

// Create implements log.Log.
func (f *Fake) Create(_ context.Context, ids []log.ID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		if f.streams[id.Stream] == nil {
			f.streams[id.Stream] = map[uint32]*topic{}
		}
		if f.streams[id.Stream][id.Shard] == nil {
			base := int64(f.dice.upTo(1 << 40))
			f.streams[id.Stream][id.Shard] = &topic{next: base, durable: base}
		}
	}
	return nil
}

func (f *Fake) topic(id log.ID) (*topic, error) {
	t := f.streams[id.Stream][id.Shard]
	if t == nil {
		return nil, fmt.Errorf("%v: %w", id, log.ErrNotFound)
	}
	return t, nil
}

// Append implements log.Log.
func (f *Fake) Append(_ context.Context, batch []log.Entry) (log.Commit, error) {
	if err := log.CheckBatch(batch); err != nil {
		return nil, err
	}
	s := &sending{batch: batch}
	f.mu.Lock()
	f.sent = append(f.sent, s)
	f.mu.Unlock()
	f.mu.Lock() // others may have sent meanwhile, and may be placed first
	defer f.mu.Unlock()
	for !s.done {
		i := f.dice.upTo(len(f.sent))
		f.place(f.sent[i])
		f.sent = append(f.sent[:i], f.sent[i+1:]...)
	}
	if s.err != nil {
		return nil, s.err
	}
	return &fakeCommit{fake: f, batch: s.batch, placed: s.at}, nil
}

// place does what the other side does with one append.
func (f *Fake) place(s *sending) {
	s.done = true
	for i := range s.batch {
		if _, err := f.topic(s.batch[i].Log); err != nil {
			s.err = err
			return
		}
	}
	s.at = make([]log.Placed, len(s.batch))
	for i, e := range s.batch {
		t, _ := f.topic(e.Log)
		if t.sealed {
			s.at[i].Err = fmt.Errorf("%v: %w", e.Log, log.ErrSealed)
			continue
		}
		if now := f.now().UTC().Truncate(time.Millisecond); now.After(t.last) {
			t.last = now
		}
		if f.dice.upTo(3) == 0 {
			t.next += 1 + int64(f.dice.upTo(3)) // a control record, or an aborted one
		}
		r := log.Record{Position: t.next, Arrival: t.last, PartitionKey: e.PartitionKey, Data: append([]byte(nil), e.Data...), Encrypted: e.Encrypted}
		t.records = append(t.records, r)
		t.next++
		s.at[i] = log.Placed{Position: r.Position, Arrival: r.Arrival}
	}
}

type fakeCommit struct {
	fake   *Fake
	batch  []log.Entry
	placed []log.Placed
}

// Placed implements log.Commit.
func (c *fakeCommit) Placed() []log.Placed { return c.placed }

// Wait implements log.Commit.
func (c *fakeCommit) Wait() error {
	c.fake.mu.Lock()
	defer c.fake.mu.Unlock()
	for i := range c.batch {
		if t, err := c.fake.topic(c.batch[i].Log); err == nil && c.placed[i].Err == nil {
			t.durable = max(t.durable, c.placed[i].Position+1)
		}
	}
	return nil
}

// Read implements log.Log.
func (f *Fake) Read(_ context.Context, id log.ID, from int64, limit log.Limit) (log.Page, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, err := f.topic(id)
	if err != nil {
		return log.Page{}, err
	}
	before := min(limit.Before, t.durable)
	page := log.Page{Next: max(from, before), Release: func() {}}
	size := 0
	for _, r := range t.records {
		if r.Position < from || r.Arrival.Before(limit.NotBefore) {
			continue
		}
		size += len(r.PartitionKey) + len(r.Data)
		if r.Position >= before {
			break
		}
		if len(page.Records) == limit.Records || (size > limit.Bytes && len(page.Records) > 0) {
			page.Next = r.Position
			break
		}
		page.Records = append(page.Records, r)
	}
	return page, nil
}

// Seek implements log.Log.
func (f *Fake) Seek(_ context.Context, id log.ID, where log.Where, at time.Time) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, err := f.topic(id)
	if err != nil {
		return 0, err
	}
	i := len(t.records)
	switch where {
	case log.Earliest:
		i = 0
	case log.AtTime:
		i = sort.Search(len(t.records), func(i int) bool { return !t.records[i].Arrival.Before(at) })
	}
	if i < len(t.records) {
		return t.records[i].Position, nil
	}
	return t.next, nil
}

// Seal implements log.Log.
func (f *Fake) Seal(_ context.Context, ids []log.ID) ([]int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		if _, err := f.topic(id); err != nil {
			return nil, err
		}
	}
	ends := make([]int64, len(ids))
	for i, id := range ids {
		t, _ := f.topic(id)
		if !t.sealed { // the seal is a record itself
			t.sealed, t.end = true, t.next
			t.next++
			t.durable = t.next
		}
		ends[i] = t.end
	}
	return ends, nil
}

// Trim implements log.Log.
func (f *Fake) Trim(_ context.Context, stream uint64, at time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.streams[stream] {
		for len(t.records) >= segmentRecords && t.records[segmentRecords-1].Arrival.Before(at) {
			t.records = t.records[segmentRecords:]
		}
		if n := len(t.records); n > 0 && t.records[n-1].Arrival.Before(at.Add(-100*time.Hour)) {
			t.records = nil // the open segment grew old
		}
	}
	return nil
}

// Delete implements log.Log.
func (f *Fake) Delete(_ context.Context, stream uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.streams, stream)
	return nil
}
