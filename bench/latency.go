package main

import (
	"fmt"
	"slices"
	"time"

	"sluice/bench/load"
	"sluice/bench/raw"
	"sluice/bench/rig"
)

// tracer puts single records at a steady rate and remembers when it began
// each, to compare with when they came out at the other end.
type tracer struct {
	control *control
	putRun  *putRun
	next    step
	starts  []time.Time // by record number
	came    [][]arrival // by who received
}

// arrival is a record as it came out.
type arrival struct {
	record load.Record
	at     time.Time
}

// newTracer makes a stream of one shard.
func newTracer(p *rig.Process, size int) (*tracer, string, error) {
	c, err := openStream(p, 1)
	if err != nil {
		return nil, "", err
	}
	shards, err := c.shards()
	if err != nil {
		return nil, "", err
	}
	r := newPutRun(size, 1)
	l, i := r.ledger()
	return &tracer{control: c, putRun: r, next: r.step(p.Kind, l, i, c.conn)}, shards[0], nil
}

// run puts until the end of the warm-up and the duration, calling after once
// each put is acknowledged.
func (t *tracer) run(b *bench, rate int, after func() error) error {
	interval := time.Second / time.Duration(rate)
	due := time.Now()
	for end := due.Add(b.warm + b.duration); due.Before(end); {
		time.Sleep(time.Until(due))
		start := time.Now()
		t.starts = append(t.starts, start)
		if _, err := t.next(); err != nil {
			return err
		}
		if err := after(); err != nil {
			return err
		}
		// A server slower than the rate is measured at its own pace.
		if due = due.Add(interval); due.Before(time.Now()) {
			due = time.Now()
		}
	}
	return nil
}

// take adds the records of an answer to those that came.
func take(came []arrival, answer []byte) ([]arrival, load.Span, error) {
	at := time.Now()
	records, span, err := load.Records(nil, answer)
	for _, r := range records {
		came = append(came, arrival{r.Clone(), at})
	}
	return came, span, err
}

// sample audits what came, for each who received, and works out how long it took.
func (t *tracer) sample(b *bench, p *rig.Process, shard string) (Sample, error) {
	m := measure{length: b.duration}
	begin := t.starts[0].Add(b.warm)
	var verdict load.Verdict
	for _, came := range t.came {
		a := load.NewAudit(t.putRun.shape, t.putRun.ledgers)
		judge := a.Shard(shard)
		for _, c := range came {
			judge.Record(c.record)
			number, known := c.record.Number()
			if !known || number >= uint64(len(t.starts)) || t.starts[number].Before(begin) {
				continue
			}
			m.latencies = append(m.latencies, c.at.Sub(t.starts[number]))
		}
		if v := a.Verdict(); verdict.Clean() {
			verdict = v
		}
	}
	slices.Sort(m.latencies)
	m.requests = float64(len(m.latencies)) / b.duration.Seconds()
	m.records = m.requests
	s := newSample(m, t.putRun.shape.Size)
	s.Verdict = &verdict
	return s, s.used(p)
}

// visible measures, on one connection, the time from the start of a PutRecord
// to the end of the GetRecords answer that holds the record.
func visible(size, rate int) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		t, shard, err := newTracer(p, size)
		if err != nil {
			return Sample{}, err
		}
		defer t.control.close()
		iterator, err := t.control.iterator(shard, "TRIM_HORIZON")
		if err != nil {
			return Sample{}, err
		}
		t.came = make([][]arrival, 1)
		err = t.run(b, rate, func() error {
			iterator, err = t.poll(t.control.conn, iterator)
			return err
		})
		if err != nil {
			return Sample{}, err
		}
		return t.sample(b, p, shard)
	}
}

// poll reads until there is a record, and returns the iterator after it.
func (t *tracer) poll(conn *raw.Conn, iterator string) (string, error) {
	for {
		answer, err := ok(conn.Do(getRecords(iterator, pageLimit)))
		if err != nil {
			return "", err
		}
		before := len(t.came[0])
		came, span, err := take(t.came[0], answer.Body)
		if err != nil {
			return "", err
		}
		t.came[0] = came
		if iterator = load.NextIterator(answer.Body, span); iterator == "" {
			return "", fmt.Errorf("no next iterator: %.300s", answer.Body)
		}
		if len(came) > before {
			return iterator, nil
		}
	}
}
