package main

import (
	"encoding/json"
	"hash/crc32"

	"golang.org/x/sync/errgroup"

	"sluice/bench/load"
	"sluice/bench/raw"
	"sluice/bench/rig"
)

// readers is how many shards are read back at a time.
const readers = 2

// page is one GetRecords answer as a first, checked reading found it, so that
// later readings of it need only a checksum.
type page struct {
	iterator string
	request  []byte
	records  int
	cbor     bool
	sum      uint32 // of the records as they stand in the answer
	contents uint32 // of what the records hold
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// readBack reads every shard from its first record to its last into an audit.
// With pages it also keeps what each page of limit records looked like, by shard.
func readBack(p *rig.Process, a *load.Audit, pages map[string][]page, limit int) error {
	c, err := newControl(p)
	if err != nil {
		return err
	}
	defer c.close()
	shards, err := c.shards()
	if err != nil {
		return err
	}
	kept := make([][]page, len(shards))
	var group errgroup.Group
	group.SetLimit(readers)
	for i, shard := range shards {
		iterator, err := c.iterator(shard, "TRIM_HORIZON")
		if err != nil {
			return err
		}
		judge := a.Shard(shard)
		group.Go(func() (err error) {
			kept[i], err = readShard(p, judge, iterator, pages != nil, limit)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if pages != nil {
		for i, shard := range shards {
			pages[shard] = kept[i]
		}
	}
	return nil
}

func readShard(p *rig.Process, judge *load.Shard, iterator string, keep bool, limit int) ([]page, error) {
	conn, err := raw.Dial(p.Address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var kept []page
	var records []load.Record
	for iterator != "" {
		request := getRecords(iterator, limit)
		answer, err := ok(conn.Do(request))
		if err != nil {
			return nil, err
		}
		var span load.Span
		if records, span, err = load.Records(records[:0], answer.Body); err != nil {
			return nil, err
		}
		if len(records) == 0 && load.AtTip(answer.Body) {
			return kept, nil
		}
		for _, r := range records {
			judge.Record(r)
		}
		if keep && len(records) == limit {
			kept = append(kept, page{
				iterator: iterator, request: request, records: len(records), contents: contents(records),
				sum: crc32.Checksum(answer.Body[span.Start:span.End], castagnoli),
			})
		}
		iterator = load.NextIterator(answer.Body, span)
	}
	return kept, nil
}

func getRecords(iterator string, limit int) []byte {
	body, err := json.Marshal(struct {
		ShardIterator string
		Limit         int
	}{iterator, limit})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return load.Request("GetRecords", string(body))
}
