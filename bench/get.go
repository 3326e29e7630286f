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
	// pageBytes is how much payload a full page holds here: what fits into 10 MiB
	// together with the keys.
	pageBytes = 10_240_000
	// fillBatch is how many records a put of the filling carries, as far as
	// fillBytes of payload let it.
	fillBatch = 500
	fillBytes = 4 << 20
	// fillSpread is a little more than the full pages that each shard gets, so
	// that uneven keys do not leave one short.
	fillSpread = 1.08
)

// pages are what a reading workload reads.
type pages struct {
	size, connections int
	each              int  // full pages of every shard
	cbor              bool // asked for in CBOR
	// stored pages are read after a kill -9 and a restart, so that they come from
	// files; the others are the newest, as a consumer at the tip reads them.
	stored bool
}

// limit is how many records a full page has.
func (g pages) limit() int { return min(pageLimit, pageBytes/g.size) }

// get measures GetRecords pages: each connection reads the full pages of its
// own shard, over and over. The first reading is audited record by record,
// those in the timed part by a checksum of the same bytes.
func get(g pages) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		c, err := openStream(p, g.connections)
		if err != nil {
			return Sample{}, err
		}
		defer c.close()
		books := [][]page{{{request: getRecords("any", g.limit()), records: g.limit()}}}
		var verdict *load.Verdict
		if p.Kind.Keeps {
			if verdict, books, err = g.fill(c, b, p); err != nil {
				return Sample{}, err
			}
		}
		m, err := drive(p, b, g.connections, func(i int, conn *raw.Conn) (step, error) {
			return reread(conn, books[i%len(books)])
		})
		if err != nil {
			return Sample{}, err
		}
		s := newSample(m, g.size)
		s.Verdict, s.Killed = verdict, g.stored && b.kill
		return s, s.used(p)
	}
}

// fill writes the pages, and audits them while it notes what they look like.
func (g pages) fill(c *control, b *bench, p *rig.Process) (*load.Verdict, [][]page, error) {
	r := newPutRun(g.size, min(fillBatch, fillBytes/g.size/10*10))
	total := int64(fillSpread*float64(g.each*pageBytes)) * int64(g.connections)
	if err := r.fill(p, c.conn, total); err != nil {
		return nil, nil, err
	}
	if g.stored {
		p.End(b.kill)
		if err := p.Restart(); err != nil {
			return nil, nil, err
		}
	}
	a := load.NewAudit(r.shape, r.ledgers)
	kept := map[string][]page{}
	if err := readBack(p, a, kept, g.limit()); err != nil {
		return nil, nil, err
	}
	var books [][]page
	for shard, book := range kept {
		if len(book) == 0 {
			return nil, nil, fmt.Errorf("%s has no page of %d records", shard, g.limit())
		}
		if g.cbor {
			if err := asCBOR(p, book); err != nil {
				return nil, nil, err
			}
		}
		books = append(books, book)
	}
	v := a.Verdict()
	return &v, books, nil
}

// asCBOR makes pages in JSON those in CBOR, which must hold the same records.
func asCBOR(p *rig.Process, book []page) error {
	conn, err := raw.Dial(p.Address)
	if err != nil {
		return err
	}
	defer conn.Close()
	for i := range book {
		want := &book[i]
		want.request, want.cbor = load.GetCBOR(want.iterator, want.records), true
		answer, err := ok(conn.Do(want.request))
		if err != nil {
			return err
		}
		records, _, err := load.RecordsCBOR(nil, answer.Body)
		if err != nil {
			return err
		}
		if contents(records) != want.contents {
			return fmt.Errorf("a page of %d records is another in CBOR", want.records)
		}
		want.sum = crc32.Checksum(want.span(answer.Body), castagnoli)
	}
	return nil
}

// contents is a checksum of records, whatever form they came in.
func contents(records []load.Record) uint32 {
	sum := uint32(0)
	for _, r := range records {
		for _, part := range [][]byte{r.Sequence, r.Key, r.Data} {
			sum = crc32.Update(sum, castagnoli, part)
		}
	}
	return sum
}

// span is the part of an answer that does not change.
func (want *page) span(answer []byte) []byte {
	if want.cbor {
		s := load.SpanCBOR(answer)
		return answer[s.Start:s.End]
	}
	records := answer[bytes.Index(answer, []byte(`"Records":[`))+len(`"Records":[`):]
	return records[:bytes.LastIndexByte(records, ']')]
}

func reread(conn *raw.Conn, book []page) (step, error) {
	at := 0
	return func() (int, error) {
		want := &book[at]
		at = (at + 1) % len(book)
		answer, err := ok(conn.Do(want.request))
		if err != nil || want.sum == 0 {
			return want.records, err
		}
		if crc32.Checksum(want.span(answer.Body), castagnoli) != want.sum {
			return 0, fmt.Errorf("a page of %d records changed", want.records)
		}
		return want.records, nil
	}, nil
}

// newPutRun prepares puts; ledgers come with those who put.
func newPutRun(size, batch int) *putRun {
	return &putRun{shape: load.NewShape(size), batch: batch, seed: maphash.MakeSeed()}
}
