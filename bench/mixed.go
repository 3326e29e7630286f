package main

import (
	"time"

	"sluice/bench/load"
	"sluice/bench/raw"
	"sluice/bench/rig"
)

// Of every eight connections of the mixed workload four put single records, two
// put batches, and two follow the shards.
const (
	mixedSingles = 4
	mixedBatches = 2
	mixedBatch   = 50
	// restAtTip is what a follower rests when there is nothing new.
	restAtTip = 5 * time.Millisecond
)

// mixed measures puts, batches and readers at the tip beside each other.
func mixed(size, connections int) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		c, err := openStream(p, b.shards)
		if err != nil {
			return Sample{}, err
		}
		defer c.close()
		shards, err := c.shards()
		if err != nil {
			return Sample{}, err
		}
		singles, batches := newPutRun(size, 1), newPutRun(size, mixedBatch)
		m, err := drive(p, b, connections, func(i int, conn *raw.Conn) (step, error) {
			switch {
			case i%connections < mixedSingles:
				l, at := singles.ledger()
				return singles.step(p.Kind, l, at, conn), nil
			case i%connections < mixedSingles+mixedBatches:
				// The audit tells connections apart by their number.
				for len(batches.ledgers) < len(singles.ledgers) {
					batches.ledger()
				}
				l, at := batches.ledger()
				return batches.step(p.Kind, l, at, conn), nil
			}
			return follow(c, conn, shards, i)
		})
		if err != nil {
			return Sample{}, err
		}
		s := newSample(m, size)
		if err := s.used(p); err != nil {
			return s, err
		}
		all := &putRun{shape: singles.shape, ledgers: append(singles.ledgers, batches.ledgers[len(singles.ledgers):]...)}
		s.WrittenPerByte = float64(m.written) / float64(all.acknowledged())
		return s, all.audit(b, p, &s)
	}
}

// follow reads on in all shards in turn.
func follow(c *control, conn *raw.Conn, shards []string, first int) (step, error) {
	iterators := make([]string, len(shards))
	for i, shard := range shards {
		var err error
		if iterators[i], err = c.iterator(shard, "LATEST"); err != nil {
			return nil, err
		}
	}
	at := first
	var records []load.Record
	return func() (int, error) {
		at = (at + 1) % len(shards)
		answer, err := ok(conn.Do(getRecords(iterators[at], pageLimit)))
		if err != nil {
			return 0, err
		}
		var span load.Span
		if records, span, err = load.Records(records[:0], answer.Body); err != nil {
			return 0, err
		}
		iterators[at] = load.NextIterator(answer.Body, span)
		if len(records) == 0 {
			time.Sleep(restAtTip)
		}
		return len(records), nil
	}, nil
}
