package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"sluice/bench/load"
	"sluice/bench/rig"
)

// listing measures the pages of ListShards, 1,000 shards each, and of
// DescribeStream, 100 each, over a stream of many shards.
func listing(shards int) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		c, err := openStream(p, shards)
		if err != nil {
			return Sample{}, err
		}
		defer c.close()
		before, err := p.Usage()
		if err != nil {
			return Sample{}, err
		}
		m := measure{length: b.duration}
		for begin := time.Now(); time.Since(begin) < b.duration; {
			if err := c.walk(&m, shards); err != nil {
				return Sample{}, err
			}
		}
		after, err := p.Usage()
		if err != nil {
			return Sample{}, err
		}
		slices.Sort(m.latencies)
		m.server = after.CPU - before.CPU
		m.requests = float64(len(m.latencies)) / b.duration.Seconds()
		m.records = m.requests
		s := newSample(m, 0)
		return s, s.used(p)
	}
}

// walk reads all pages once.
func (c *control) walk(m *measure, shards int) error {
	for body, seen := `{"StreamName":"`+streamName+`"}`, 0; seen < shards; {
		var page struct {
			Shards    []struct{ ShardId string }
			NextToken string
		}
		if err := c.timed(m, "ListShards", body, &page); err != nil {
			return err
		}
		seen += len(page.Shards)
		body = `{"NextToken":` + strconv.Quote(page.NextToken) + `}`
	}
	for start, more := "", true; more; {
		body := `{"StreamName":"` + streamName + `"` + start + `}`
		var d description
		if err := c.timed(m, "DescribeStream", body, &d); err != nil {
			return err
		}
		all := d.StreamDescription.Shards
		start = `,"ExclusiveStartShardId":"` + all[len(all)-1].ShardId + `"`
		more = d.StreamDescription.HasMoreShards
	}
	return nil
}

// timed makes a call and notes how long its answer took, parsing left out.
func (c *control) timed(m *measure, operation, body string, out any) error {
	request := load.Request(operation, body)
	begin := time.Now()
	answer, err := ok(c.conn.Do(request))
	if err != nil {
		return err
	}
	m.latencies = append(m.latencies, time.Since(begin))
	return json.Unmarshal(answer.Body, out)
}
