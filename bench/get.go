package main

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"hash/maphash"

	"sluice/bench/load"
	"sluice/bench/raw"
	"sluice/bench/rig"
)

const (
	// pageLimit is the most GetRecords returns.
	pageLimit = 10_000
	// fillBatch is how many records a put of the filling carries.
	fillBatch = 500
	// fillPages is how many full pages each shard gets, and a little more, so
	// that uneven keys do not leave one short.
	fillPages  = 4
	fillSpread = 1.06
)

// get measures GetRecords pages: each connection reads the full pages of its
// own shard, over and over. The first reading is audited record by record,
// those in the timed part by a checksum of the same bytes.
func get(size, connections int) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		c, err := newControl(p)
		if err != nil {
			return Sample{}, err
		}
		defer c.close()
		if err := c.create(p.Kind, connections); err != nil {
			return Sample{}, err
		}
		pages := map[string][]page{}
		var verdict *load.Verdict
		if p.Kind.Keeps {
			v, err := fill(c, p, size, connections, pages)
			if err != nil {
				return Sample{}, err
			}
			verdict = &v
		} else {
			pages["any"] = []page{{request: getRecords("any"), records: pageLimit}}
		}
		var books [][]page
		for _, book := range pages {
			books = append(books, book)
		}
		m, err := drive(p, b, connections, func(i int, conn *raw.Conn) (step, error) {
			return reread(conn, books[i%len(books)])
		})
		if err != nil {
			return Sample{}, err
		}
		s := newSample(m, size)
		s.Verdict = verdict
		return s, s.used(p)
	}
}

// fill writes the pages, and audits them while it notes what they look like.
func fill(c *control, p *rig.Process, size, shards int, pages map[string][]page) (load.Verdict, error) {
	r := &putRun{shape: load.NewShape(size), batch: fillBatch}
	l := load.NewLedger(maphash.MakeSeed(), fillBatch)
	r.ledgers = []*load.Ledger{l}
	next := r.step(p.Kind, l, 0, c.conn)
	for have := 0; have < int(fillSpread*fillPages*pageLimit)*shards; {
		n, err := next()
		if err != nil {
			return load.Verdict{}, err
		}
		have += n
	}
	a := load.NewAudit(r.shape, r.ledgers)
	err := readBack(p, a, pages)
	return a.Verdict(), err
}

func reread(conn *raw.Conn, book []page) (step, error) {
	if len(book) == 0 {
		return nil, fmt.Errorf("a shard has no page of %d records", pageLimit)
	}
	at := 0
	return func() (int, error) {
		want := book[at]
		at = (at + 1) % len(book)
		answer, err := ok(conn.Do(want.request))
		if err != nil || want.sum == 0 {
			return want.records, err
		}
		records := answer.Body[bytes.Index(answer.Body, []byte(`"Records":[`))+len(`"Records":[`):]
		records = records[:bytes.LastIndexByte(records, ']')]
		if crc32.Checksum(records, castagnoli) != want.sum {
			return 0, fmt.Errorf("a page of %d records changed", want.records)
		}
		return want.records, nil
	}, nil
}
