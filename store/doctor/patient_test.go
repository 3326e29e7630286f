package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sluice/store"
	"sluice/store/blob"
	"sluice/store/kv"
	"sluice/store/log"
	"sluice/store/log/pebblelog"
)

var ctx = context.Background()

func set(_ []byte, c kv.Command) ([]byte, error) { return c.Body, nil }

// patient is a data folder and what was written to it.
type patient struct {
	dir     string
	options store.Options
	dice    *rand.Rand
	records map[log.ID]map[int64]string
	ends    map[log.ID]int64
	values  map[string]string
	pairs   map[string]string
	bodies  map[blob.ID]string
	// older are all values that keys and entities ever had: a log that lost its
	// end brings them back.
	older map[string]bool
	kind  string // of the damaged file
	later func(time.Duration)
}

func text(name string, size int) string { return strings.Repeat(name+" ", 1+size/(len(name)+1)) }

// boot is the start of the machine in these tests, after which there was no power
// failure.
const boot = "this one"

// emptyPatient is a folder that nobody has written to.
func emptyPatient(seed uint64) *patient {
	p := &patient{dice: rand.New(rand.NewPCG(seed, 5)), records: map[log.ID]map[int64]string{}, ends: map[log.ID]int64{},
		values: map[string]string{}, pairs: map[string]string{}, bodies: map[blob.ID]string{}, older: map[string]bool{}}
	now := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	p.options = store.Options{Boot: boot, Now: func() time.Time { return now }, CacheBytes: 1 << 20,
		MemTableBytes: 128 << 10, ReserveBytes: -1, Coarse: pebblelog.Coarse{Bytes: 6 << 10, LogBytes: 1},
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	p.later = func(d time.Duration) { now = now.Add(d) }
	return p
}

// newPatient fills a folder: tables, values, a log with something in it,
// bodies, and a snapshot.
func newPatient(dir string, seed uint64, d store.Durability) (*patient, error) {
	p := emptyPatient(seed)
	p.dir = filepath.Join(dir, "data")
	p.options.Dir = p.dir
	for life := range 3 {
		if p.options.Durability = store.Process; life == 2 { // which need not wait for the disk before
			p.options.Durability = d
		}
		s, err := store.Open(p.options)
		if err != nil {
			return nil, err
		}
		for range 30/(1+life) + p.dice.IntN(40/(1+life)) {
			if err := p.write(s); err != nil {
				return nil, err
			}
			p.later(time.Duration(p.dice.IntN(300)) * time.Second)
		}
		if life == 1 {
			if err := errors.Join(s.Checkpoint(filepath.Join(p.dir, "snapshots", "mine")),
				os.WriteFile(filepath.Join(p.dir, "snapshots", "mine", documentFile), []byte(`{"name":"mine","format":2}`), 0o600)); err != nil {
				return nil, err
			}
		}
		if err := s.Close(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *patient) write(s *store.Store) error {
	l, id := s.Log("test"), log.ID{Stream: 1, Shard: uint32(p.dice.IntN(4))}
	if err := l.Create(ctx, []log.ID{id}); err != nil {
		return err
	}
	name := fmt.Sprint(p.dice.Uint64())
	switch p.dice.IntN(10) {
	case 0:
		key := fmt.Sprint("entity-", p.dice.IntN(30))
		p.values[key] = text(name, p.dice.IntN(900))
		p.older[key+p.values[key]] = true
		_, err := s.Catalog("test", set).Propose(ctx, kv.Command{Key: key, Expect: p.version(s, key), Body: []byte(p.values[key])})
		return err
	case 1, 2:
		b := &kv.Batch{}
		key := fmt.Sprint("key-", p.dice.IntN(100))
		p.pairs[key] = text(name, p.dice.IntN(2000))
		p.older[key+p.pairs[key]] = true
		b.Set([]byte(key), []byte(p.pairs[key]))
		return s.Space("test").Commit(ctx, b)
	case 3:
		bodies, err := s.Bodies("test")
		if err != nil {
			return err
		}
		d, err := bodies.Create(-1)
		if err != nil {
			return err
		}
		body := text(name, 70<<10)
		if _, err := d.Write([]byte(body)); err != nil {
			return err
		}
		n, err := d.Keep()
		if err != nil {
			return err
		}
		p.bodies[n] = body
		b := &kv.Batch{}
		b.Set(bodyRow("body-", n), fmt.Append(nil, len(body)))
		b.Set(bodyRow("use-", n), nil)
		return s.Space("test").Commit(ctx, b)
	}
	var batch []log.Entry
	for i := range 1 + p.dice.IntN(6) {
		batch = append(batch, log.Entry{Log: id, PartitionKey: "k", Data: []byte(text(fmt.Sprint(name, i), p.dice.IntN(4000)))})
	}
	c, err := l.Append(ctx, batch)
	if err != nil {
		return err
	}
	for i, placed := range c.Placed() {
		if p.records[id] == nil {
			p.records[id] = map[int64]string{}
		}
		p.records[id][placed.Position] = string(batch[i].Data)
		p.ends[id] = placed.Position + 1
	}
	return c.Wait()
}

func bodyRow(kind string, id blob.ID) []byte { return append([]byte(kind), id.String()...) }

// room owns the bodies of patients: a row of each says how long it is, another
// that it is in use.
type room struct{ lost []blob.Lost }

func rooms() map[string]func() Owner {
	return map[string]func() Owner{"test": func() Owner { return &room{} }}
}

// Row implements Owner.
func (r *room) Row(key, value []byte, at blob.Looker) error {
	name, ok := strings.CutPrefix(string(key), "body-")
	if !ok {
		return nil
	}
	n, err := strconv.ParseUint(name, 16, 64)
	if err != nil {
		return err
	}
	size, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return err
	}
	if err := at.Body(blob.ID(n), size); err != nil {
		r.lost = append(r.lost, blob.Lost{ID: blob.ID(n), Size: size, Of: "the thing " + name, Err: err})
	}
	return nil
}

// Lost implements Owner.
func (r *room) Lost() []blob.Lost { return r.lost }

// Name implements Owner.
func (r *room) Name([]byte) string { return "" }

// Use implements Owner.
func (r *room) Use(id blob.ID) []byte { return bodyRow("use-", id) }

// sweep is what a room does when it is opened. It takes nothing that a row names.
func (p *patient) sweep(s *store.Store) error {
	bodies, err := s.Bodies("test")
	if err != nil {
		return err
	}
	_, err = bodies.Sweep(func(from, to blob.ID) (ids []blob.ID, err error) {
		err = s.Space("test").Scan(ctx, bodyRow("use-", from), bodyRow("use-", to), false, func(key, _ []byte) (bool, error) {
			n, err := strconv.ParseUint(strings.TrimPrefix(string(key), "use-"), 16, 64)
			ids = append(ids, blob.ID(n))
			return true, err
		})
		return ids, err
	})
	return err
}

func (p *patient) version(s *store.Store, key string) uint64 {
	v, _ := s.Catalog("test", set).Get(ctx, key)
	return v.Version
}

// loses reports whether what is lost is the end of a log, so that older values
// are there again.
func (p *patient) loses() bool { return p.kind == "a log" }

// outcome is what reading everything met.
type outcome struct{ lost, errors int }

// read holds what is served to what was written: anything else is a broken law,
// unless it is said to be missing by an error.
func (p *patient) read(s *store.Store) (o outcome, err error) {
	for id, want := range p.records {
		lost, e := p.readLog(s.Log("test"), id, want)
		if e != nil {
			return o, e
		}
		o.lost, o.errors = o.lost+max(lost, 0), o.errors+max(-lost, 0)
	}
	for key, want := range p.values {
		v, err := s.Catalog("test", set).Get(ctx, key)
		switch {
		case err != nil:
			o.errors++
		case v.Version == 0, p.loses() && string(v.State) != want && p.older[key+string(v.State)]:
			o.lost++
		case string(v.State) != want:
			return o, fmt.Errorf("entity %s is served as %.30q instead of %.30q", key, v.State, want)
		}
	}
	for key, want := range p.pairs {
		got, ok, err := s.Space("test").Get(ctx, []byte(key))
		switch {
		case err != nil:
			o.errors++
		case !ok, p.loses() && string(got) != want && p.older[key+string(got)]:
			o.lost++
		case string(got) != want:
			return o, fmt.Errorf("key %s is served as %.30q instead of %.30q", key, got, want)
		}
	}
	return o, p.readBodies(s, &o)
}

// readLog returns how many records are missing, or -1 if reading fails.
func (p *patient) readLog(l log.Log, id log.ID, want map[int64]string) (lost int, err error) {
	seen := 0
	for from := int64(0); ; {
		page, err := l.Read(ctx, id, from, log.Limit{Records: 50, Bytes: 1 << 20, Before: 1 << 61})
		if errors.Is(err, log.ErrNotFound) {
			return len(want), nil
		}
		if err != nil {
			return -1, nil // it is refused, as it should be
		}
		for _, r := range page.Records {
			if want[r.Position] != string(r.Data) {
				return 0, fmt.Errorf("position %d of %v is served as %.30q instead of %.30q", r.Position, id, r.Data, want[r.Position])
			}
			seen++
		}
		n := len(page.Records)
		from = page.Next
		page.Release()
		if n == 0 {
			return len(want) - seen, nil
		}
	}
}

func (p *patient) readBodies(s *store.Store, o *outcome) error {
	bodies, err := s.Bodies("test")
	if err != nil {
		o.errors++
		return nil
	}
	for id, want := range p.bodies {
		b, err := bodies.Open(id)
		if _, named, e := s.Space("test").Get(ctx, bodyRow("body-", id)); errors.Is(err, blob.ErrNone) && e == nil && !named {
			o.lost++ // with the row that named it
			continue
		}
		if err != nil {
			o.errors++
			continue
		}
		got, err := io.ReadAll(io.NewSectionReader(b, 0, b.Size()))
		_ = b.Close()
		switch {
		case err != nil || len(got) < len(want): // whoever names it knows its length
			o.errors++
		case string(got[:len(want)]) != want:
			return fmt.Errorf("body %s is served with other bytes", id)
		}
	}
	return nil
}
