package torture

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"sluice/store/blob"
	"sluice/store/kv"
	"sluice/store/log"
)

// op is something that a writer did.
type op struct {
	what string
	// begun and acked are ticks of the world; acked is 0 while it is not, and
	// earlier than the acknowledgement when a reader saw it before.
	begun, acked int64
	texts        []string // that only it writes
	apply        func(*state)
	copied       string // the folder of a checkpoint
	// failed says that the store has refused it; it is there at most until the
	// store has recovered, or when it is partial: then a part of it may be done, and
	// the rest can be done again. idle says that it may have written nothing.
	failed, partial, idle bool
}

// writer is one goroutine and what it owns.
type writer struct {
	*world
	n      int
	dice   *rand.Rand
	ops    []*op
	now    *state // after all its operations
	stream uint64
	serial int
	given  map[log.ID]int64 // the highest position that was acknowledged
	// contents are what was written to bodies of the life that goes on.
	contents map[blob.ID]string
}

func newWriter(w *world, n int, seed uint64) *writer {
	return &writer{world: w, n: n, dice: rand.New(rand.NewPCG(seed, uint64(n)+100)), now: newState(),
		stream: uint64(n+1) * 1000, given: map[log.ID]int64{}, contents: map[blob.ID]string{}}
}

func (w *writer) prefix() string { return fmt.Sprintf("w%d/", w.n) }

// text makes one that nobody else writes.
func (w *writer) text(o *op, size int) string {
	w.serial++
	name := fmt.Sprintf("%d-%d", w.n, w.serial)
	o.texts = append(o.texts, name)
	return filler(name, size)
}

// size is mostly small.
func (w *writer) size() int {
	switch w.dice.IntN(30) {
	case 0:
		return w.dice.IntN(6 << 10) // Pebble tries every bit of a torn chunk
	case 1, 2, 3, 4, 5, 6:
		return w.dice.IntN(3000)
	}
	return w.dice.IntN(200)
}

// step does one thing, and returns an error only when the store did.
func (w *writer) step() error {
	o := &op{}
	run := w.draw(o)
	w.ops = append(w.ops, o)
	o.begun = w.ticks.Add(1)
	if err := run(); err != nil && !errors.Is(err, errBroken) && w.trouble.begun() {
		o.failed = true
		w.sum.refused.Add(1)
		return nil
	} else if err != nil {
		return fmt.Errorf("%s: %w", o.what, err)
	}
	o.acked = w.ticks.Add(1)
	o.apply(w.now)
	w.sum.acked.Add(1)
	return nil
}

// unsure tells whether the writer does not know what has become of its last write.
func (w *writer) unsure() bool {
	last := w.ops[len(w.ops)-1]
	return last.failed && last.partial
}

// draw chooses what to do.
func (w *writer) draw(o *op) func() error {
	if len(w.now.logs) == 0 {
		return w.create(o)
	}
	if w.old && w.dice.IntN(4) == 0 {
		w.clock.Advance(time.Duration(w.dice.IntN(90)) * time.Minute)
		return []func(*op) func() error{w.trim, w.trim, w.trim, w.drop, w.seal}[w.dice.IntN(5)](o)
	}
	switch n := w.dice.IntN(40); {
	case n < 18:
		return w.append(o)
	case n < 23:
		return w.propose(o)
	case n < 29:
		return w.commit(o)
	case n < 32:
		return w.keepBody(o)
	case n < 34:
		return w.removeBody(o)
	case n < 35:
		return w.create(o)
	case n < 36:
		return w.seal(o)
	case n < 37:
		return w.trim(o)
	case n < 38:
		return w.drop(o)
	case n < 39 && w.n == 0:
		return w.checkpoint(o)
	}
	w.clock.Advance(time.Duration(w.dice.IntN(90)) * time.Minute)
	return w.append(o)
}

func (w *writer) ids() []log.ID {
	return slices.SortedFunc(maps.Keys(w.now.logs), func(a, b log.ID) int {
		return int(int64(a.Stream)-int64(b.Stream))*1000 + int(int64(a.Shard)-int64(b.Shard))
	})
}

func (w *writer) create(o *op) func() error {
	o.what, o.idle = "create", true
	var ids []log.ID
	for range 1 + w.dice.IntN(w.shards-2) {
		ids = append(ids, log.ID{Stream: w.stream, Shard: uint32(w.dice.IntN(w.shards))})
	}
	o.apply = func(s *state) {
		for _, id := range ids {
			if s.logs[id] == nil {
				s.logs[id] = &shard{}
			}
		}
	}
	return func() error { return w.log.Create(ctx, ids) }
}

func (w *writer) append(o *op) func() error {
	o.what = "append"
	ids := slices.DeleteFunc(w.ids(), func(id log.ID) bool { return w.now.logs[id].sealed })
	if len(ids) == 0 {
		return w.propose(o)
	}
	stream := ids[w.dice.IntN(len(ids))].Stream // a batch is of one
	ids = slices.DeleteFunc(ids, func(id log.ID) bool { return id.Stream != stream })
	var batch []log.Entry
	most := 5
	if w.shards > 5 && w.dice.IntN(2) == 0 {
		most = 40
	}
	for range 1 + w.dice.IntN(most) {
		text := w.text(o, w.size()*5/most)
		batch = append(batch, log.Entry{Log: ids[w.dice.IntN(len(ids))], PartitionKey: "k" + text[:min(20, len(text))], Data: []byte(text)})
	}
	var placed []log.Placed
	o.apply = func(s *state) {
		for i, p := range placed {
			if l := s.logs[batch[i].Log]; l != nil {
				l.records = append(l.records, record{position: p.Position, arrival: p.Arrival.UnixMilli(), text: string(batch[i].Data)})
			}
		}
	}
	return func() error {
		c, err := w.log.Append(ctx, batch)
		if err != nil {
			return err
		}
		placed = c.Placed()
		if err := c.Wait(); err != nil {
			return err
		}
		for i, p := range placed {
			if last, ok := w.given[batch[i].Log]; ok && p.Position <= last {
				return fmt.Errorf("%w: position %d of %v was given again", errBroken, p.Position, batch[i].Log)
			}
			w.given[batch[i].Log] = p.Position
		}
		return nil
	}
}

func (w *writer) propose(o *op) func() error {
	o.what = "propose"
	key, body := fmt.Sprint(w.prefix(), w.dice.IntN(6)), w.text(o, w.size())
	if _, there := w.now.values[key]; there && w.dice.IntN(4) == 0 {
		body = ""
	}
	o.apply = func(s *state) {
		if s.values[key] = body; body == "" {
			delete(s.values, key)
		}
	}
	return func() error {
		v, err := w.store.Catalog("test", set).Get(ctx, key)
		if err != nil {
			return err
		}
		_, err = w.store.Catalog("test", set).Propose(ctx, kv.Command{Key: key, Expect: v.Version, Body: []byte(body)})
		return err
	}
}

// set is the apply function of the catalog: the body is the new state, and no
// body removes.
func set(_ []byte, c kv.Command) ([]byte, error) {
	if len(c.Body) == 0 {
		return nil, nil
	}
	return c.Body, nil
}

func (w *writer) commit(o *op) func() error {
	o.what = "commit"
	b := &kv.Batch{}
	if w.dice.IntN(6) == 0 {
		b.DeleteRange([]byte(w.prefix()+"k2"), []byte(w.prefix()+"k5"))
	}
	for range 1 + w.dice.IntN(4) {
		key := fmt.Sprint(w.prefix(), "k", w.dice.IntN(9))
		if w.dice.IntN(4) == 0 {
			b.Delete([]byte(key))
		} else {
			b.Set([]byte(key), []byte(w.text(o, w.size())))
		}
	}
	o.apply = func(s *state) { applyBatch(s.pairs, b) }
	return func() error { return w.store.Space("test").Commit(ctx, b) }
}

func applyBatch(pairs map[string]string, b *kv.Batch) {
	for _, r := range b.Ranges {
		maps.DeleteFunc(pairs, func(key, _ string) bool { return key >= string(r.From) && key < string(r.To) })
	}
	for _, c := range b.Changes {
		if pairs[string(c.Key)] = string(c.Value); c.Remove {
			delete(pairs, string(c.Key))
		}
	}
}

// bodyRow is the key of the row that names a body, as a room keeps it.
func (w *writer) bodyRow(id blob.ID) string { return w.prefix() + "body/" + id.String() }

func (w *writer) keepBody(o *op) func() error {
	o.what = "keep a body"
	text := w.text(o, 1000+w.dice.IntN(100<<10))
	var id blob.ID
	o.apply = func(s *state) {
		if id != 0 {
			s.pairs[w.bodyRow(id)], s.bodies[id] = text[:20], text
		}
	}
	return func() error {
		draft, err := w.bodies.Create(int64(len(text)))
		if err != nil {
			return err
		}
		defer draft.Drop()
		for rest := []byte(text); len(rest) > 0; rest = rest[min(len(rest), 32<<10):] {
			if _, err := draft.Write(rest[:min(len(rest), 32<<10)]); err != nil {
				return err
			}
		}
		if id, err = draft.Keep(); err != nil {
			return err
		}
		w.contents[id] = text
		b := &kv.Batch{}
		b.Set([]byte(w.bodyRow(id)), []byte(text[:20]))
		return w.store.Space("test").Commit(ctx, b)
	}
}

func (w *writer) removeBody(o *op) func() error {
	ids := slices.Sorted(maps.Keys(w.now.bodies))
	if len(ids) == 0 {
		return w.keepBody(o)
	}
	o.what, o.partial = "remove a body", true
	id := ids[w.dice.IntN(len(ids))]
	o.apply = func(s *state) {
		delete(s.bodies, id)
		delete(s.pairs, w.bodyRow(id))
	}
	return func() error {
		b := &kv.Batch{}
		b.Delete([]byte(w.bodyRow(id)))
		if err := w.store.Space("test").Commit(ctx, b); err != nil {
			return err
		}
		return w.bodies.Remove(id)
	}
}

func (w *writer) seal(o *op) func() error {
	o.what, o.idle = "seal", true
	id := w.ids()[w.dice.IntN(len(w.now.logs))]
	o.apply = func(s *state) {
		if s.logs[id] != nil {
			s.logs[id].sealed = true
		}
	}
	return func() error {
		_, err := w.log.Seal(ctx, []log.ID{id})
		return err
	}
}

func (w *writer) trim(o *op) func() error {
	o.what, o.partial, o.idle = "trim", true, true
	before := w.clock.Now().Add(-time.Duration(w.dice.IntN(240)) * time.Minute)
	stream := w.stream
	o.apply = func(s *state) {
		for id, l := range s.logs {
			for i := range l.records {
				l.records[i].old = l.records[i].old || id.Stream == stream && l.records[i].arrival < before.UnixMilli()
			}
		}
	}
	return func() error { return w.log.Trim(ctx, stream, before) }
}

func (w *writer) drop(o *op) func() error {
	o.what, o.partial = "delete", true
	stream := w.stream
	w.stream++ // although it may turn out to be there still
	o.idle = !slices.ContainsFunc(w.ids(), func(id log.ID) bool { return id.Stream == stream })
	o.apply = func(s *state) {
		maps.DeleteFunc(s.logs, func(id log.ID, _ *shard) bool { return id.Stream == stream })
	}
	return func() error { return w.log.Delete(ctx, stream) }
}

func (w *writer) checkpoint(o *op) func() error {
	w.serial++
	o.what, o.idle, o.copied, o.apply = "checkpoint", true, fmt.Sprint("copy-", w.serial), func(*state) {}
	return func() error { return w.store.Checkpoint(o.copied) }
}

// nameOf is the unique beginning of a text.
func nameOf(text string) string {
	name, _, _ := strings.Cut(text, " ")
	return name
}
