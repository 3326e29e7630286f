package torture

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"

	"sluice/store"
	"sluice/store/blob"
	"sluice/store/log"
)

// far is behind every record.
const far = 1 << 62

// find is what is there of a writer: so many of its operations, of which those
// that failed are not, but for one perhaps.
type find struct {
	ops    int
	failed *op
}

// inspect opens what a crash left and holds it to the laws. It says what is
// there of each writer.
func (w *world) inspect(m *moment) ([]find, error) {
	o := w.options
	o.FS, o.Boot = m.fs, w.boot(m.power)
	s, err := store.Open(o)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	finds, err := w.weigh(s, m)
	if e := s.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = w.checkpoints(m)
	}
	return finds, err
}

// strict reports whether everything that was acknowledged must be there.
func (w *world) strict(m *moment) bool { return !m.power || w.options.Durability == store.Disk }

// weigh finds out for each writer how many of its operations are there.
func (w *world) weigh(s *store.Store, m *moment) ([]find, error) {
	if w.sum.kills++; m.power {
		w.sum.kills--
		w.sum.failures++
	}
	finds := make([]find, len(w.writers))
	var absent, present int64 = far, 0
	for i, wr := range w.writers {
		found, err := wr.read(s, w.strict(m))
		if err != nil {
			return nil, err
		}
		low, high := wr.bounds(m)
		if !w.strict(m) {
			low = 0
		}
		all, why := wr.match(found, low, high, w.strict(m), w.strict(m) && m.before > w.well)
		if len(all) == 0 {
			return nil, fmt.Errorf("writer %d, of whose operations at least %d and at most %d must be there: %s", i, low, high, why)
		}
		answers, err := wr.extend(s.Log("test"), all)
		if err != nil {
			return nil, err
		}
		n, sure := answers[0].ops, answers[len(answers)-1].ops
		finds[i] = answers[0]
		for _, o := range wr.ops[n:] {
			if o.acked > 0 {
				absent = min(absent, o.acked)
				break
			}
		}
		if sure > 0 {
			present = max(present, wr.ops[sure-1].begun)
		}
		if acked, _ := wr.bounds(m); n < acked {
			w.sum.prefixes++
		}
	}
	if absent < present && !w.strict(m) {
		return nil, errors.New("no clean prefix: a write is there that began after one was acknowledged that is not")
	}
	return finds, nil
}

// bounds says how many operations must be there at a moment, and can be.
func (w *writer) bounds(m *moment) (low, high int) {
	for i, o := range w.ops {
		if o.acked > 0 && o.acked < m.before {
			low = i + 1
		}
		if o.begun < m.after {
			high = i + 1
		}
	}
	return low, high
}

// match finds what explains what was found, the most operations first: some
// change nothing that can be read. If there is none, why says what differs from
// the least. Once the store is well nothing that failed is there.
func (w *writer) match(found *state, low, high int, bodies, well bool) (all []find, why string) {
	for n := low; n <= high; n++ {
		for _, f := range w.possible(n, well) {
			want := w.after(f)
			maps.DeleteFunc(want.bodies, func(id blob.ID, _ string) bool { return !bodies || w.torn[id] })
			d := want.differs(found)
			if d == "" {
				all = append([]find{f}, all...)
			} else if n == low && f.failed == nil {
				why = d
			}
		}
	}
	return all, why
}

// possible tells what may be there of the first n operations: one that failed is
// until the next that wrote something has been acknowledged.
func (w *writer) possible(n int, well bool) []find {
	all := []find{{ops: n}}
	for i := n - 1; i >= 0; i-- {
		o := w.ops[i]
		if o.failed && (!well || o.partial) {
			all = append(all, find{n, o})
		}
		if !o.failed && !o.idle {
			break
		}
	}
	return all
}

// applied are the operations of a find.
func (w *writer) applied(f find) (there []*op) {
	for _, o := range w.ops[:f.ops] {
		if !o.failed || o == f.failed {
			there = append(there, o)
		}
	}
	return there
}

// after is the state after the operations of a find.
func (w *writer) after(f find) *state {
	s := newState()
	for _, o := range w.applied(f) {
		o.apply(s)
	}
	return s
}

// read reads all that belongs to a writer. Bodies are only asked for where they
// are promised.
func (w *writer) read(s *store.Store, bodies bool) (*state, error) {
	found := newState()
	l := s.Log("test")
	for stream := uint64(w.n+1) * 1000; stream <= w.stream; stream++ {
		for number := range uint32(w.shards) {
			id := log.ID{Stream: stream, Shard: number}
			records, err := readAll(l, id)
			if errors.Is(err, log.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("read log %v: %w", id, err)
			}
			found.logs[id] = &shard{records: records}
		}
	}
	c := s.Catalog("test", set)
	for i := range 6 {
		key := fmt.Sprint(w.prefix(), i)
		v, err := c.Get(ctx, key)
		if err != nil {
			return nil, err
		}
		if v.Version > 0 {
			found.values[key] = string(v.State)
		}
	}
	err := s.Space("test").Scan(ctx, []byte(w.prefix()), []byte(w.prefix()+"~"), false, func(key, value []byte) (bool, error) {
		found.pairs[string(key)] = string(value)
		return true, nil
	})
	if err != nil {
		return found, err
	}
	err = w.readBodies(s, found, bodies)
	if !bodies {
		clear(found.bodies)
	}
	return found, err
}

func readAll(l log.Log, id log.ID) (all []record, err error) {
	for from := int64(0); ; {
		page, err := l.Read(ctx, id, from, log.Limit{Records: 100, Bytes: 1 << 20, Before: far})
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			text := string(r.Data)
			if want := "k" + text[:min(20, len(text))]; r.PartitionKey != want {
				return nil, fmt.Errorf("%w: a record has the key %q instead of %q", errBroken, r.PartitionKey, want)
			}
			all = append(all, record{position: r.Position, arrival: r.Arrival.UnixMilli(), text: text})
		}
		n := len(page.Records)
		from = page.Next
		page.Release()
		if n == 0 {
			return all, nil
		}
	}
}

// readBodies reads the bodies that rows name. Where they are not promised they
// may be missing, or damaged, but not be served with other bytes.
func (w *writer) readBodies(s *store.Store, found *state, promised bool) error {
	b, err := s.Bodies("test")
	if err != nil {
		return err
	}
	for key := range found.pairs {
		hex, ok := strings.CutPrefix(key, w.prefix()+"body/")
		if !ok {
			continue
		}
		var id blob.ID
		if _, err := fmt.Sscanf(hex, "%x", &id); err != nil {
			return err
		}
		if w.torn[id] {
			continue
		}
		content, err := readBody(b, id)
		if err != nil && promised {
			return fmt.Errorf("body %s, which a row names: %w", id, err)
		}
		want := w.contents[id]
		if !promised && err == nil && len(content) == len(want) && content != want {
			return fmt.Errorf("body %s is served with other bytes", id)
		}
		found.bodies[id] = content
	}
	return nil
}

// extend writes on: numbers go on where they were, and what is sealed is
// sealed. Of several answers to what is there it leaves those that agree with
// that; all of them have the same logs.
func (w *writer) extend(l log.Log, answers []find) (fit []find, err error) {
	placed := map[log.ID]log.Placed{}
	for id := range w.after(answers[0]).logs {
		c, err := l.Append(ctx, []log.Entry{{Log: id, PartitionKey: "k", Data: []byte("more")}})
		if err == nil {
			err = c.Wait()
		}
		if err != nil {
			return nil, fmt.Errorf("write on in %v: %w", id, err)
		}
		placed[id] = c.Placed()[0]
	}
	for _, f := range answers {
		why := w.after(f).goesOn(placed)
		if why == "" {
			fit = append(fit, f)
		} else if err == nil {
			err = fmt.Errorf("after %d operations %s", f.ops, why)
		}
	}
	if len(fit) > 0 {
		return fit, nil
	}
	return nil, err
}

// checkpoints looks into those that are there and were promised.
func (w *world) checkpoints(m *moment) error {
	for _, o := range w.writers[0].ops {
		if o.copied == "" || o.acked == 0 || o.acked > m.before || !w.strict(m) || w.dice.IntN(4) > 0 {
			continue
		}
		options := w.options
		options.FS, options.Dir = m.fs, o.copied
		s, err := store.Open(options)
		if err != nil {
			return fmt.Errorf("open checkpoint %s: %w", o.copied, err)
		}
		for i, wr := range w.writers {
			found, err := wr.read(s, true)
			if err != nil {
				return errors.Join(fmt.Errorf("checkpoint %s: %w", o.copied, err), s.Close())
			}
			low, _ := wr.bounds(&moment{before: o.begun})
			_, high := wr.bounds(&moment{after: o.acked})
			if all, why := wr.match(found, low, high, true, false); len(all) == 0 {
				return errors.Join(fmt.Errorf("checkpoint %s, writer %d, operations %d to %d: %s", o.copied, i, low, high, why), s.Close())
			}
		}
		w.sum.checkpoints++
		if err := s.Close(); err != nil {
			return err
		}
	}
	return nil
}

func readBody(b blob.Store, id blob.ID) (string, error) {
	body, err := b.Open(id)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(io.NewSectionReader(body, 0, body.Size()))
	return string(content), errors.Join(err, body.Close())
}
