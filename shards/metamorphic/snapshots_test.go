package metamorphic

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/shards"
	"sluice/store/snapshot"
)

// saved is what a snapshot promises. Consumers keep their places in it as
// those do whose leases are in the same store.
type saved struct {
	name      string
	streams   []*stream
	neighbour neighbour
	drained   time.Time
	whole     bool       // everything had been read, so that it never grows too old
	under     *stream    // whose records were being put meanwhile; nil: none
	rush      [][]*batch // those, by producer
}

const maxSaved = 3

// promise copies what is promised now.
func (w *world) promise() *saved {
	w.saves++
	at := &saved{name: fmt.Sprint("snapshot-", w.saves), drained: w.drained}
	at.take(w.streams, w.neighbour)
	return at
}

func (at *saved) take(streams []*stream, n neighbour) {
	at.streams = nil
	for _, s := range streams {
		at.streams = append(at.streams, s.copied())
	}
	at.neighbour = n.copied()
}

func (s *stream) copied() *stream {
	c := *s
	c.acked, c.numbers, c.newest, c.parents = maps.Clone(s.acked), maps.Clone(s.numbers), maps.Clone(s.newest), maps.Clone(s.parents)
	c.byShard = map[string][]*record{}
	for shard, all := range s.byShard {
		c.byShard[shard] = slices.Clone(all)
	}
	c.consumers = nil
	for _, from := range s.consumers {
		to := *from
		to.ended, to.seen, to.latest = maps.Clone(from.ended), maps.Clone(from.seen), maps.Clone(from.latest)
		to.open, to.ready = map[string]*cursor{}, map[string][]string{}
		for name, cur := range from.open {
			place := *cur
			to.open[name] = &place
		}
		for child, parents := range from.ready {
			to.ready[child] = slices.Clone(parents)
		}
		c.consumers = append(c.consumers, &to)
	}
	return &c
}

// save makes a snapshot between two steps.
func (w *world) save() {
	whole := w.dice.IntN(2) == 0
	if whole {
		w.settle()
	}
	at := w.promise()
	at.whole = whole
	w.keep(at, w.shoot(at.name))
}

// shoot has the snapshot made. It may be called while others put.
func (w *world) shoot(name string) error {
	_, err := w.shelf.Save(w.kept, name, func() (created, service time.Time) { return w.clock.Now(), w.clock.Now() })
	return err
}

func (w *world) keep(at *saved, err error) {
	w.must(err)
	w.note("save %s", at.name)
	w.sum.saves++
	w.saved = append(w.saved, at)
	if w.dice.IntN(4) == 0 {
		w.throughFile(at)
	}
	if len(w.saved) > maxSaved {
		w.drop(w.saved[0])
	}
}

// throughFile has a snapshot leave as a file and come back.
func (w *world) throughFile(at *saved) {
	var file bytes.Buffer
	w.must(w.shelf.Export(at.name, &file))
	_, err := w.shelf.Delete(at.name)
	w.must(err)
	_, err = w.shelf.Import(at.name, &file)
	w.must(err)
}

func (w *world) drop(at *saved) {
	_, err := w.shelf.Delete(at.name)
	w.must(err)
	w.saved = slices.DeleteFunc(w.saved, func(other *saved) bool { return other == at })
}

// restore makes a snapshot the state, or lets one go whose records may have
// expired before they were read.
func (w *world) restore() {
	if len(w.saved) == 0 {
		return
	}
	at := w.saved[w.dice.IntN(len(w.saved))]
	if !at.whole && w.clock.Now().Sub(at.drained) > 12*time.Hour {
		w.drop(at)
		return
	}
	w.note("restore %s", at.name)
	w.sum.restores++
	held := w.held()
	w.exchange(at.name)
	w.gone(held)

	again := *at
	again.take(at.streams, at.neighbour)
	w.streams, w.neighbour = again.streams, again.neighbour
	if w.drained = at.drained; at.whole {
		w.drained = w.clock.Now()
	}
	if at.under != nil {
		w.reconcile(at)
	}
}

// exchange puts a snapshot in the place of the state, as the process does.
func (w *world) exchange(name string) {
	w.countDecisions()
	staged, err := w.shelf.Stage(name)
	w.must(err)
	w.must(w.room.Close())
	w.room = nil
	w.must(w.kept.Close())
	w.kept = nil
	w.kept, err = staged.Open()
	w.must(err)
	if next := w.dice.Uint64(); w.plant == nil || !w.plant.sameWorld {
		w.config.World = next
	}
	w.openRoom()
	if w.disk != nil && w.dice.IntN(4) == 0 {
		w.powerFails() // what was replaced is still there
		return
	}
	w.must(staged.Drop())
}

// held are iterators and next-tokens that clients hold.
type held struct{ iterators, tokens []string }

func (w *world) held() (h held) {
	for _, s := range w.streams {
		for _, c := range s.consumers {
			for _, name := range c.shards() {
				if it := c.open[name].iterator; it != "" {
					h.iterators = append(h.iterators, it)
				}
			}
		}
		page, err := w.room.ListShards(shards.Free(w.ctx), &kinesis.ListShardsInput{StreamName: &s.name, MaxResults: aws.Int32(1)})
		if err == nil && page.NextToken != nil {
			h.tokens = append(h.tokens, *page.NextToken)
		}
	}
	return h
}

// gone holds a restore to having made an end of them.
func (w *world) gone(h held) {
	for _, it := range h.iterators {
		_, err := w.room.GetRecords(w.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
		var expired *types.ExpiredIteratorException
		if !errors.As(err, &expired) {
			w.broken(lawWorlds, "an iterator outlives a restore: %v", err)
		}
	}
	for _, token := range h.tokens {
		_, err := w.room.ListShards(shards.Free(w.ctx), &kinesis.ListShardsInput{NextToken: &token})
		var expired *types.ExpiredNextTokenException
		if !errors.As(err, &expired) {
			w.broken(lawWorlds, "a next-token outlives a restore: %v", err)
		}
	}
}

// reconcile finds out which records a snapshot holds that were put while it
// was made. It is one moment: of each producer it holds what was acknowledged
// up to some put, and nothing that was put after one it lacks.
func (w *world) reconcile(at *saved) {
	s := w.streams[slices.IndexFunc(w.streams, func(s *stream) bool { return s.name == at.under.name })]
	found := w.audit(s)
	var in []ack
	for i, batches := range at.rush {
		missing := ""
		for _, b := range batches {
			if b.err != nil {
				continue
			}
			lacks := ""
			for _, a := range s.acks(b.all, b.out) {
				switch number, ok := found[a.record.payload]; {
				case !ok:
					lacks = a.record.payload
				case number != a.number:
					w.broken(lawTruth, "%s was told %s and is restored as %s", a.record.payload, a.number, number)
				case missing != "":
					w.broken(lawMoment, "producer %d: the snapshot holds %s and not %s, which was acknowledged before", i, a.record.payload, missing)
				default:
					in = append(in, a)
				}
			}
			if missing == "" {
				missing = lacks
			}
		}
	}
	slices.SortStableFunc(in, func(a, b ack) int { return compareNumbers(a.number, b.number) })
	for _, a := range in {
		s.acknowledge(a.record, a.shard, a.number)
	}
	w.sum.amid += len(in)
	w.note("%d records of the rush are in it", len(in))
}

// audit reads all there is: numbers by payload.
func (w *world) audit(s *stream) map[string]string {
	w.room.SetLimits(shards.Limits{Factor: w.config.Limits.Factor})
	defer func() { w.room.SetLimits(w.config.Limits) }()
	found := map[string]string{}
	for _, sh := range w.list(s, nil) {
		out, err := w.room.GetShardIterator(w.ctx, &kinesis.GetShardIteratorInput{StreamName: &s.name, ShardId: sh.ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
		w.must(err)
		for next := out.ShardIterator; next != nil; {
			page, err := w.room.GetRecords(w.ctx, &kinesis.GetRecordsInput{ShardIterator: next})
			w.must(err)
			for i := range page.Records {
				found[payloadOf(&page.Records[i])] = *page.Records[i].SequenceNumber
			}
			if next = page.NextShardIterator; len(page.Records) == 0 && aws.ToInt64(page.MillisBehindLatest) == 0 {
				break
			}
		}
	}
	return found
}

// openShelf opens the place for snapshots over a store that is open.
func (w *world) openShelf() {
	shelf, err := snapshot.InMemory(w.storeOptions()), error(nil)
	if w.disk != nil {
		shelf, err = snapshot.OnDisk(w.storeOptions())
	}
	w.must(err)
	if w.shelf = shelf; w.plant != nil && w.plant.shelf != nil {
		w.shelf = w.plant.shelf(shelf)
	}
}
