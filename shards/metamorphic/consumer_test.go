package metamorphic

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// consumer follows lineage: it begins a shard when it has come to the end of
// all its parents, as told by GetRecords.
type consumer struct {
	name   string
	arn    string // of a consumer of enhanced fan-out
	begun  bool
	open   map[string]*cursor // shards being read
	ended  map[string]bool    // shards read to their end
	ready  map[string][]string
	seen   map[string]bool // payloads
	latest map[string]int  // n of the latest record by key
}

// cursor is a place in a shard.
type cursor struct {
	shard    string
	iterator string // empty: to be asked for
	last     string // number of the last record read
	after    string // where a subscription goes on
	since    time.Time
}

func newConsumer(name string) *consumer {
	return &consumer{name: name, open: map[string]*cursor{}, ended: map[string]bool{}, ready: map[string][]string{},
		seen: map[string]bool{}, latest: map[string]int{}}
}

// begin finds the first shards.
func (w *world) begin(s *stream, c *consumer) bool {
	if c.begun {
		return true
	}
	for _, sh := range w.list(s, nil) {
		if len(s.parents[*sh.ShardId]) == 0 {
			c.open[*sh.ShardId] = &cursor{shard: *sh.ShardId}
			c.begun = true
		}
	}
	return c.begun
}

// poll reads a page of one of the shards.
func (w *world) poll(s *stream, c *consumer, limit int32) (n int) {
	if !w.begin(s, c) {
		return 0
	}
	names := c.shards()
	if len(names) == 0 {
		w.broken(lawProgress, "%s has nothing left to read", c.name)
	}
	return w.read(s, c, c.open[names[w.dice.IntN(len(names))]], limit)
}

func (c *consumer) shards() []string {
	names := make([]string, 0, len(c.open))
	for name := range c.open {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// drain reads until nothing is left, and holds the consumer to having read
// everything.
func (w *world) drain(s *stream, c *consumer) {
	if !w.begin(s, c) {
		w.broken(lawProgress, "%s is ACTIVE and has no shards", s.name)
	}
	for quiet := 0; quiet < 2; {
		n, ends := 0, len(c.ended)
		if c.arn != "" {
			w.clock.Step(5 * time.Second)
			n = w.subscribe(s, c)
		}
		for _, name := range c.shards() {
			if cur := c.open[name]; cur != nil && c.arn == "" {
				n += w.read(s, c, cur, 10000)
			}
		}
		if quiet++; n > 0 || len(c.ended) > ends {
			quiet = 0
		}
	}
	for payload, r := range s.acked {
		if !c.seen[payload] {
			w.broken(lawOnce, "%s, number %s of %s, never reached %s, which reads %v", payload, r.number, r.shard, c.name, c.shards())
		}
	}
}

// read reads a page and goes on to children at the end.
func (w *world) read(s *stream, c *consumer, cur *cursor, limit int32) int {
	if cur.iterator == "" && !w.aim(s, c, cur) {
		return 0
	}
	out, err := w.api.GetRecords(w.ctx, &kinesis.GetRecordsInput{ShardIterator: &cur.iterator, Limit: &limit})
	var expired *types.ExpiredIteratorException
	var missing *types.ResourceNotFoundException
	switch {
	case errors.As(err, &expired):
		cur.iterator = ""
		return 1
	case errors.As(err, &missing):
		w.lost(s, c, cur)
		return 1
	case !w.answered("GetRecords", err):
		return 0
	}
	w.digest(s, c, page{cursor: cur, records: out.Records, children: out.ChildShards, next: out.NextShardIterator})
	return len(out.Records)
}

// page is what a consumer was given.
type page struct {
	cursor   *cursor
	records  []types.Record
	children []types.ChildShard
	next     *string // nil: the shard has ended
	err      error   // of a subscription, instead of all that
}

// digest holds a page to the laws and goes on to children at the end.
func (w *world) digest(s *stream, c *consumer, p page) {
	if p.err != nil {
		var missing *types.ResourceNotFoundException
		if !errors.As(p.err, &missing) {
			w.broken(lawService, "a subscription to %s ends with %v", p.cursor.shard, p.err)
		}
		w.lost(s, c, p.cursor) // a change that was due long ago has landed
		return
	}
	if c.arn != "" {
		w.sum.pushed += len(p.records)
	}
	for i := range p.records {
		w.see(s, c, p.cursor, &p.records[i])
	}
	for _, child := range p.children {
		s.parents[*child.ShardId] = child.ParentShards
		w.offer(c, *child.ShardId, child.ParentShards, p.cursor.shard)
	}
	if p.next == nil {
		if len(p.children) == 0 {
			w.broken(lawLineage, "%s ends without children", p.cursor.shard)
		}
		c.ended[p.cursor.shard] = true
		delete(c.open, p.cursor.shard)
		return
	}
	if c.arn != "" {
		p.cursor.after = *p.next
		return
	}
	p.cursor.iterator = *p.next
}

// places are the iterators from which a consumer can read at once.
func (w *world) places(s *stream, c *consumer) []*cursor {
	var out []*cursor
	if c.arn != "" || !w.begin(s, c) {
		return nil
	}
	for _, name := range c.shards() {
		if cur := c.open[name]; cur != nil && (cur.iterator != "" || w.aim(s, c, cur)) {
			out = append(out, cur)
		}
	}
	return out
}

// race reads without looking at what it gets: what is read may not have been
// acknowledged yet.
func (w *world) race(places []*cursor) (pages []page) {
	for _, cur := range places {
		next, limit := &cur.iterator, int32(7)
		for range 5 {
			out, err := w.api.GetRecords(w.ctx, &kinesis.GetRecordsInput{ShardIterator: next, Limit: &limit})
			if err != nil {
				break
			}
			pages = append(pages, page{cursor: cur, records: out.Records, children: out.ChildShards, next: out.NextShardIterator})
			if next = out.NextShardIterator; next == nil {
				break
			}
		}
	}
	return pages
}

// aim asks for an iterator: from the start, or after what was read.
func (w *world) aim(s *stream, c *consumer, cur *cursor) bool {
	in := &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: &cur.shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon}
	if cur.last != "" {
		in.ShardIteratorType, in.StartingSequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, &cur.last
	}
	out, err := w.api.GetShardIterator(w.ctx, in)
	var missing *types.ResourceNotFoundException
	if errors.As(err, &missing) {
		w.lost(s, c, cur)
		return false
	}
	if !w.answered("GetShardIterator", err) {
		return false
	}
	cur.iterator = *out.ShardIterator
	return true
}

// offer notes that a parent has ended and begins a child when all have. A
// consumer takes the service at its word: the end is where children are named.
func (w *world) offer(c *consumer, child string, parents []string, ended string) {
	if c.ended[child] || c.open[child] != nil {
		return
	}
	if !slices.Contains(c.ready[child], ended) {
		c.ready[child] = append(c.ready[child], ended)
	}
	for _, p := range parents {
		if !slices.Contains(c.ready[child], p) && !c.ended[p] {
			return
		}
	}
	delete(c.ready, child)
	c.open[child] = &cursor{shard: child}
}

// lost is for a shard that was closed, emptied by retention and taken off the
// list while nobody looked: its descendants are what the list has.
func (w *world) lost(s *stream, c *consumer, cur *cursor) {
	w.note("%s finds %s expired", c.name, cur.shard)
	c.ended[cur.shard] = true
	delete(c.open, cur.shard)
	listed := map[string]bool{}
	all := w.list(s, nil)
	for _, sh := range all {
		listed[*sh.ShardId] = true
	}
	if listed[cur.shard] {
		w.broken(lawService, "%s is listed and cannot be found", cur.shard)
	}
	for _, sh := range all {
		id := *sh.ShardId
		if c.ended[id] || c.open[id] != nil || slices.ContainsFunc(s.parents[id], func(p string) bool { return listed[p] && !c.ended[p] }) {
			continue
		}
		c.open[id] = &cursor{shard: id}
	}
}

func payloadOf(r *types.Record) string { return strings.TrimRight(string(r.Data), "\x00") }

// see holds one record to the laws.
func (w *world) see(s *stream, c *consumer, cur *cursor, got *types.Record) {
	payload := payloadOf(got)
	r := s.acked[payload]
	switch {
	case r == nil:
		w.broken(lawTruth, "%s reads %q, which nobody was told is written", c.name, payload)
	case c.seen[payload]:
		w.broken(lawOnce, "%s reads %s twice", c.name, payload)
	case cur.last != "" && compareNumbers(cur.last, *got.SequenceNumber) >= 0:
		w.broken(lawNumbers, "%s reads %s after %s", c.name, *got.SequenceNumber, cur.last)
	case r.number != *got.SequenceNumber || r.shard != cur.shard || r.key != aws.ToString(got.PartitionKey):
		w.broken(lawTruth, "%s reads %s as %s of %s, the producer was told %s of %s", c.name, payload, *got.SequenceNumber, cur.shard, r.number, r.shard)
	}
	for _, parent := range s.parents[cur.shard] {
		for _, before := range s.byShard[parent] {
			if !c.seen[before.payload] {
				w.broken(lawLineage, "%s reads %s of %s before %s of its parent %s", c.name, payload, cur.shard, before.payload, parent)
			}
		}
	}
	if last, ok := c.latest[r.key]; ok && last >= r.n && !r.free {
		w.broken(lawOrder, "%s reads %s after record %d of that key", c.name, payload, last)
	}
	c.seen[payload], c.latest[r.key], cur.last = true, r.n, *got.SequenceNumber
	w.sum.read++
}
