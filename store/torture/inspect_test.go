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

// inspect opens what a crash left and holds it to the laws. It says how many of
// its operations are there for each writer.
func (w *world) inspect(m *moment) ([]int, error) {
	o := w.options
	o.FS, o.Boot = m.fs, w.boot(m.power)
	s, err := store.Open(o)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	counts, err := w.weigh(s, m)
	if e := s.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = w.checkpoints(m)
	}
	return counts, err
}

// strict reports whether everything that was acknowledged must be there.
func (w *world) strict(m *moment) bool { return !m.power || w.options.Durability == store.Disk }

// weigh finds out for each writer how many of its operations are there.
func (w *world) weigh(s *store.Store, m *moment) ([]int, error) {
	if w.sum.kills++; m.power {
		w.sum.kills--
		w.sum.failures++
	}
	counts := make([]int, len(w.writers))
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
		all, why := wr.match(found, low, high, w.strict(m))
		if len(all) == 0 {
			return nil, fmt.Errorf("writer %d, of whose operations at least %d and at most %d must be there: %s", i, low, high, why)
		}
		answers, err := wr.extend(s.Log("test"), all)
		if err != nil {
			return nil, err
		}
		n, sure := answers[0], answers[len(answers)-1]
		counts[i] = n
		if n < len(wr.ops) && wr.ops[n].acked > 0 {
			absent = min(absent, wr.ops[n].acked)
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
	return counts, nil
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

// match finds the numbers of operations that explain what was found, the
// largest first: some change nothing that can be read. If there is none, why
// says what differs from the least.
func (w *writer) match(found *state, low, high int, bodies bool) (all []int, why string) {
	s := newState()
	for i := 0; i <= high; i++ {
		if i > 0 {
			w.ops[i-1].apply(s)
		}
		if i < low {
			continue
		}
		want := s
		if !bodies || len(w.torn) > 0 {
			want = s.clone()
			maps.DeleteFunc(want.bodies, func(id blob.ID, _ string) bool { return !bodies || w.torn[id] })
		}
		d := want.differs(found)
		if d == "" {
			all = append([]int{i}, all...)
		} else if i == low {
			why = d
		}
	}
	return all, why
}

// after is the state after n operations.
func (w *writer) after(n int) *state {
	s := newState()
	for _, o := range w.ops[:n] {
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
		for number := range uint32(5) {
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
// sealed. Of several answers to how many operations are there it leaves those
// that agree with that.
func (w *writer) extend(l log.Log, answers []int) (fit []int, err error) {
	sealed := map[log.ID]bool{}
	for id, kept := range w.after(answers[0]).logs {
		c, err := l.Append(ctx, []log.Entry{{Log: id, PartitionKey: "k", Data: []byte("more")}})
		if err == nil {
			err = c.Wait()
		}
		if err != nil {
			return nil, fmt.Errorf("write on in %v: %w", id, err)
		}
		p := c.Placed()[0]
		sealed[id] = errors.Is(p.Err, log.ErrSealed)
		if n := len(kept.records); n > 0 && !sealed[id] && p.Position <= kept.records[n-1].position {
			return nil, fmt.Errorf("log %v: position %d is given again", id, p.Position)
		}
	}
	for _, n := range answers {
		fits := true
		for id, kept := range w.after(n).logs {
			fits = fits && kept.sealed == sealed[id]
		}
		if fits {
			fit = append(fit, n)
		}
	}
	if len(fit) > 0 {
		return fit, nil
	}
	return nil, fmt.Errorf("sealed are %v, which is no state after %v operations", sealed, answers)
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
			if all, why := wr.match(found, low, high, true); len(all) == 0 {
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
