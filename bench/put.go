package main

import (
	"cmp"
	"fmt"
	"hash/maphash"

	"sluice/bench/load"
	"sluice/bench/raw"
	"sluice/bench/rig"
)

// putRun is one timed run of puts.
type putRun struct {
	shape   *load.Shape
	batch   int
	stream  string // streamName when empty
	seed    maphash.Seed
	ledgers []*load.Ledger
	// answered counts the bytes of the answers to pour.
	answered int64
}

// ledger begins the ledger of another connection, which is its index.
func (r *putRun) ledger() (l *load.Ledger, connection int) {
	l = load.NewLedger(r.seed, r.batch)
	l.CBOR = r.shape.CBOR
	r.ledgers = append(r.ledgers, l)
	return l, len(r.ledgers) - 1
}

// acknowledged counts the payload that the server promised to keep.
func (r *putRun) acknowledged() int64 {
	total := 0
	for _, l := range r.ledgers {
		total += l.Acknowledged()
	}
	return int64(total * r.shape.Size)
}

// fill puts on one connection until so much payload was written.
func (r *putRun) fill(p *rig.Process, conn *raw.Conn, bytes int64) error {
	l, connection := r.ledger()
	next := r.step(p.Kind, l, connection, conn)
	for have := int64(0); have < bytes; {
		n, err := next()
		if err != nil {
			return err
		}
		have += int64(n * r.shape.Size)
	}
	return nil
}

// put measures PutRecord (batch 1) or PutRecords and audits what was written.
func put(size, batch, connections int) func(*bench, *rig.Process) (Sample, error) {
	return puts(load.NewShape(size), batch, connections, nothing)
}

// putCBOR is put in CBOR.
func putCBOR(size, batch, connections int) func(*bench, *rig.Process) (Sample, error) {
	shape := load.NewShape(size)
	shape.CBOR = true
	return puts(shape, batch, connections, nothing)
}

// putAfter is put on a server that something was done to before.
func putAfter(size, batch, connections int, before func(*bench, *rig.Process, *control, *putRun) error) func(*bench, *rig.Process) (Sample, error) {
	return puts(load.NewShape(size), batch, connections, before)
}

// nothing is what precedes a put on an empty server.
func nothing(*bench, *rig.Process, *control, *putRun) error { return nil }

func puts(shape *load.Shape, batch, connections int, before func(*bench, *rig.Process, *control, *putRun) error) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		c, err := newControl(p)
		if err != nil {
			return Sample{}, err
		}
		defer c.close()
		r := &putRun{shape: shape, batch: batch, seed: maphash.MakeSeed()}
		if err := before(b, p, c, r); err != nil {
			return Sample{}, err
		}
		if err := c.create(p.Kind, b.shards); err != nil {
			return Sample{}, err
		}
		m, err := drive(p, b, connections, func(_ int, conn *raw.Conn) (step, error) {
			l, i := r.ledger()
			return r.step(p.Kind, l, i, conn), nil
		})
		if err != nil {
			return Sample{}, err
		}
		s := newSample(m, shape.Size)
		if err := s.used(p); err != nil {
			return s, err
		}
		if !p.Kind.Keeps {
			return s, nil
		}
		s.WrittenPerByte = float64(m.written) / float64(r.acknowledged())
		return s, r.audit(b, p, &s)
	}
}

func (r *putRun) step(kind *rig.Kind, l *load.Ledger, connection int, conn *raw.Conn) step {
	w := load.NewWriter(cmp.Or(r.stream, streamName), r.shape, r.batch, connection)
	return func() (int, error) {
		answer, err := ok(conn.Do(w.Next()))
		if err != nil {
			l.Lost()
			return 0, err
		}
		if !kind.Keeps {
			return r.batch, nil
		}
		good, err := l.Note(answer.Body)
		if err == nil && good != r.batch {
			err = fmt.Errorf("%d of %d records refused: %.300s", r.batch-good, r.batch, answer.Body)
		}
		return good, err
	}
}

// audit reads everything back, after a kill -9 where the server promises to
// survive one.
func (r *putRun) audit(b *bench, p *rig.Process, s *Sample) error { return r.auditKept(b, p, s, nil) }

// auditKept does so where what precedes certain records of each connection may
// have been trimmed.
func (r *putRun) auditKept(b *bench, p *rig.Process, s *Sample, kept []int) error {
	if p.Kind.Durable && b.kill {
		p.Kill()
		if err := p.Restart(); err != nil {
			return fmt.Errorf("restart after kill -9: %w", err)
		}
		s.Killed = true
		s.RestartMillis = p.Ready.Seconds() * 1e3
	}
	a := load.NewAudit(r.shape, r.ledgers)
	a.Forgive(kept)
	if err := readBack(p, a, nil, pageLimit); err != nil {
		return err
	}
	v := a.Verdict()
	s.Verdict = &v
	return nil
}
