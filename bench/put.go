package main

import (
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
	ledgers []*load.Ledger
}

// put measures PutRecord (batch 1) or PutRecords and audits what was written.
func put(size, batch, connections int) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		c, err := newControl(p)
		if err != nil {
			return Sample{}, err
		}
		defer c.close()
		if err := c.create(p.Kind, b.shards); err != nil {
			return Sample{}, err
		}
		r := &putRun{shape: load.NewShape(size), batch: batch}
		seed := maphash.MakeSeed()
		m, err := drive(p, b, connections, func(i int, conn *raw.Conn) (step, error) {
			l := load.NewLedger(seed, batch)
			r.ledgers = append(r.ledgers, l)
			return r.step(p.Kind, l, i, conn), nil
		})
		if err != nil {
			return Sample{}, err
		}
		s := newSample(m, size)
		if err := s.used(p); err != nil {
			return s, err
		}
		if !p.Kind.Keeps {
			return s, nil
		}
		total := 0
		for _, l := range r.ledgers {
			total += l.Acknowledged()
		}
		s.WrittenPerByte = float64(m.written) / float64(total*size)
		return s, r.audit(b, p, &s)
	}
}

func (r *putRun) step(kind *rig.Kind, l *load.Ledger, connection int, conn *raw.Conn) step {
	w := load.NewWriter(streamName, r.shape, r.batch, connection)
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
func (r *putRun) audit(b *bench, p *rig.Process, s *Sample) error {
	if p.Kind.Durable && b.kill {
		p.Kill()
		if err := p.Restart(); err != nil {
			return fmt.Errorf("restart after kill -9: %w", err)
		}
		s.Killed = true
		s.RestartMillis = p.Ready.Seconds() * 1e3
	}
	a := load.NewAudit(r.shape, r.ledgers)
	if err := readBack(p, a, nil); err != nil {
		return err
	}
	v := a.Verdict()
	s.Verdict = &v
	return nil
}
