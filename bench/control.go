package main

import (
	"encoding/json"
	"fmt"
	"time"

	"sluice/bench/load"
	"sluice/bench/raw"
	"sluice/bench/rig"
)

const (
	streamName = "bench"
	activeWait = 10 * time.Second
	activePoll = 5 * time.Millisecond
)

// control makes the calls that are not timed.
type control struct{ conn *raw.Conn }

func newControl(p *rig.Process) (*control, error) {
	conn, err := raw.Dial(p.Address)
	return &control{conn}, err
}

// openStream connects and makes the stream of a workload.
func openStream(p *rig.Process, shards int) (*control, error) {
	c, err := newControl(p)
	if err != nil {
		return nil, err
	}
	if err := c.create(p.Kind, shards); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *control) close() { c.conn.Close() }

// call makes a request; out may be nil.
func (c *control) call(operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := ok(c.conn.Do(load.Request(operation, string(body))))
	if err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer.Body, out)
}

// ok turns an answer other than 200 into an error.
func ok(answer raw.Answer, err error) (raw.Answer, error) {
	if err == nil && answer.Status != 200 {
		err = fmt.Errorf("answered %d: %.300s", answer.Status, answer.Body)
	}
	return answer, err
}

type named struct {
	StreamName string
}

type description struct {
	StreamDescription struct {
		StreamARN     string
		StreamStatus  string
		Shards        []struct{ ShardId string }
		HasMoreShards bool
	}
}

// create makes the stream that is measured.
func (c *control) create(kind *rig.Kind, shards int) error {
	return c.createAs(kind, streamName, shards)
}

// createAs makes a stream and waits until it is active. A limit that keeps
// nothing has no streams.
func (c *control) createAs(kind *rig.Kind, name string, shards int) error {
	if !kind.Keeps {
		return nil
	}
	if err := c.begin(name, shards); err != nil {
		return err
	}
	return c.active(name)
}

// begin makes a stream, which becomes active by itself.
func (c *control) begin(name string, shards int) error {
	return c.call("CreateStream", struct {
		StreamName string
		ShardCount int
	}{name, shards}, nil)
}

// active waits until a stream is.
func (c *control) active(name string) error {
	for begin := time.Now(); time.Since(begin) < activeWait; time.Sleep(activePoll) {
		var d description
		if err := c.call("DescribeStream", named{name}, &d); err != nil {
			return err
		}
		if d.StreamDescription.StreamStatus == "ACTIVE" {
			return nil
		}
	}
	return fmt.Errorf("stream not active after %v", activeWait)
}

func (c *control) describe() (description, error) {
	var d description
	err := c.call("DescribeStream", named{streamName}, &d)
	return d, err
}

// shards lists all shards; a page of DescribeStream has a hundred at most.
func (c *control) shards() (ids []string, err error) {
	for {
		var d description
		err := c.call("DescribeStream", struct {
			StreamName            string
			ExclusiveStartShardId string `json:",omitempty"`
		}{streamName, last(ids)}, &d)
		if err != nil {
			return nil, err
		}
		for _, s := range d.StreamDescription.Shards {
			ids = append(ids, s.ShardId)
		}
		if !d.StreamDescription.HasMoreShards {
			return ids, nil
		}
	}
}

func last(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[len(ids)-1]
}

func (c *control) iterator(shard, kind string) (string, error) {
	var out struct{ ShardIterator string }
	err := c.call("GetShardIterator", struct {
		StreamName, ShardId, ShardIteratorType string
	}{streamName, shard, kind}, &out)
	return out.ShardIterator, err
}

// consumer registers a consumer and waits until it is active.
func (c *control) consumer(name string) (arn string, err error) {
	d, err := c.describe()
	if err != nil {
		return "", err
	}
	stream := d.StreamDescription.StreamARN
	err = c.call("RegisterStreamConsumer", struct{ StreamARN, ConsumerName string }{stream, name}, nil)
	if err != nil {
		return "", err
	}
	for begin := time.Now(); time.Since(begin) < activeWait; time.Sleep(activePoll) {
		var out struct {
			ConsumerDescription struct{ ConsumerARN, ConsumerStatus string }
		}
		err := c.call("DescribeStreamConsumer", struct{ StreamARN, ConsumerName string }{stream, name}, &out)
		if err != nil {
			return "", err
		}
		if out.ConsumerDescription.ConsumerStatus == "ACTIVE" {
			return out.ConsumerDescription.ConsumerARN, nil
		}
	}
	return "", fmt.Errorf("consumer not active after %v", activeWait)
}
