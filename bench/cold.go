package main

import (
	"fmt"
	"slices"
	"time"

	"sluice/bench/load"
	"sluice/bench/raw"
	"sluice/bench/rig"
)

const (
	// coldFill is how much is written to all shards, and coldBytes how much is
	// read of some, one after the other.
	coldFill  = 256 << 20
	coldBytes = 32 << 20
)

// cold measures reading single shards, from their first record to their last,
// after writes that were spread over all shards alike, a restart, and with
// nothing in any cache. It also counts what the server reads for it.
func cold(size int) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		c, err := openStream(p, b.shards)
		if err != nil {
			return Sample{}, err
		}
		defer c.close()
		r := newPutRun(size, fillBatch)
		if err := r.fill(p, c.conn, coldFill); err != nil {
			return Sample{}, err
		}
		shards, err := c.shards()
		if err != nil {
			return Sample{}, err
		}
		p.Stop()
		if err := evict(p.Folder()); err != nil {
			return Sample{}, err
		}
		if err := p.Restart(); err != nil {
			return Sample{}, err
		}
		s, err := r.readCold(b, p, shards)
		if err != nil {
			return Sample{}, err
		}
		a := load.NewAudit(r.shape, r.ledgers)
		if err := readBack(p, a, nil, pageLimit); err != nil {
			return Sample{}, err
		}
		v := a.Verdict()
		s.Verdict = &v
		return s, s.used(p)
	}
}

// readCold reads shards until it is enough, each once.
func (r *putRun) readCold(b *bench, p *rig.Process, shards []string) (Sample, error) {
	c, err := newControl(p)
	if err != nil {
		return Sample{}, err
	}
	defer c.close()
	before, err := p.Usage()
	if err != nil {
		return Sample{}, err
	}
	var m measure
	records := 0
	begin := time.Now()
	// Every seventh, so that they are no neighbours.
	for i := 0; i < len(shards) && records*r.shape.Size < coldBytes; i++ {
		iterator, err := c.iterator(shards[(i*7)%len(shards)], "TRIM_HORIZON")
		if err != nil {
			return Sample{}, err
		}
		n, err := readWhole(c.conn, iterator, &m)
		if err != nil {
			return Sample{}, err
		}
		records += n
	}
	m.length = time.Since(begin)
	after, err := p.Usage()
	slices.Sort(m.latencies)
	m.server = after.CPU - before.CPU
	m.requests = float64(len(m.latencies)) / m.length.Seconds()
	m.records = float64(records) / m.length.Seconds()
	s := newSample(m, r.shape.Size)
	s.ReadPerByte = float64(after.Read-before.Read) / float64(records*r.shape.Size)
	return s, err
}

// readWhole reads to the end of what there is, without looking at the records.
func readWhole(conn *raw.Conn, iterator string, m *measure) (records int, err error) {
	for {
		begin := time.Now()
		answer, err := ok(conn.Do(getRecords(iterator, pageLimit)))
		if err != nil {
			return records, err
		}
		m.latencies = append(m.latencies, time.Since(begin))
		got, span, err := load.Records(nil, answer.Body)
		if err != nil {
			return records, err
		}
		if records += len(got); len(got) == 0 && load.AtTip(answer.Body) {
			return records, nil
		}
		if iterator = load.NextIterator(answer.Body, span); iterator == "" {
			return records, fmt.Errorf("no next iterator: %.300s", answer.Body)
		}
	}
}
