package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"sluice/bench/load"
	"sluice/bench/raw"
	"sluice/bench/rig"
)

// lastEvents is how long the last events may take after the last put.
const lastEvents = 5 * time.Second

// preludeBytes and checkBytes frame an event-stream message: two lengths and a
// checksum before its headers, a checksum after its payload.
const (
	preludeBytes = 12
	checkBytes   = 4
)

// fanOut measures the time from the start of a PutRecord to the arrival of the
// event that carries the record, on subscriptions of so many consumers, each on
// a connection of its own. Every consumer is audited for itself.
func fanOut(size, rate, consumers int) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		t, shard, err := newTracer(p, size)
		if err != nil {
			return Sample{}, err
		}
		defer t.control.close()
		followers := make([]*follower, consumers)
		for i := range followers {
			f := &follower{done: make(chan error, 1)}
			if f.events, err = t.subscribe(p, shard, fmt.Sprint("bench-", i)); err != nil {
				return Sample{}, err
			}
			defer f.events.Close()
			followers[i] = f
			go func() { f.done <- f.follow() }()
		}
		before, err1 := p.Usage()
		err2 := t.run(b, rate, func() error { return nil })
		after, err3 := p.Usage()
		if err := errors.Join(err1, err2, err3); err != nil {
			return Sample{}, err
		}
		for i, f := range followers {
			if err := f.finish(len(t.starts)); err != nil {
				return Sample{}, fmt.Errorf("consumer %d: %w", i, err)
			}
			t.came = append(t.came, f.came)
		}
		s, err := t.sample(b, p, shard)
		s.ServerCPU = float64((after.CPU - before.CPU).Microseconds()) / float64(len(t.starts)*consumers)
		return s, err
	}
}

// follower is a consumer.
type follower struct {
	events *raw.Conn
	came   []arrival
	seen   atomic.Int64
	done   chan error
}

// finish waits until all records have come.
func (f *follower) finish(records int) error {
	for wait := time.Now(); int(f.seen.Load()) < records && time.Since(wait) < lastEvents; {
		time.Sleep(time.Millisecond)
	}
	f.events.Close()
	if broken := <-f.done; int(f.seen.Load()) < records {
		return fmt.Errorf("%d of %d records came as events: %w", f.seen.Load(), records, broken)
	}
	return nil
}

// subscribe opens a subscription from the tip of a shard.
func (t *tracer) subscribe(p *rig.Process, shard, name string) (*raw.Conn, error) {
	arn, err := t.control.consumer(name)
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]any{
		"ConsumerARN": arn, "ShardId": shard, "StartingPosition": map[string]string{"Type": "TRIM_HORIZON"},
	})
	if err != nil {
		return nil, err
	}
	conn, err := raw.Dial(p.Address)
	if err != nil {
		return nil, err
	}
	answer, err := ok(conn.Open(load.Request("SubscribeToShard", string(body))))
	if err != nil {
		return nil, fmt.Errorf("SubscribeToShard %w: %.300s", err, answer.Body)
	}
	return conn, nil
}

// follow takes the records of all events until the stream ends.
func (f *follower) follow() error {
	var buffer []byte
	for {
		chunk, err := f.events.Chunk()
		if err != nil {
			return err
		}
		buffer = append(buffer, chunk...)
		for len(buffer) >= preludeBytes {
			length := int(binary.BigEndian.Uint32(buffer))
			headers := int(binary.BigEndian.Uint32(buffer[4:]))
			if length < preludeBytes+headers+checkBytes {
				return fmt.Errorf("frame of %d bytes with %d of headers", length, headers)
			}
			if len(buffer) < length {
				break
			}
			payload := buffer[preludeBytes+headers : length-checkBytes]
			if bytes.Contains(buffer[:preludeBytes+headers], []byte("SubscribeToShardEvent")) {
				came, _, err := take(f.came, payload)
				if err != nil {
					return err
				}
				f.came = came
				f.seen.Store(int64(len(came)))
			}
			buffer = buffer[:copy(buffer, buffer[length:])]
		}
	}
}
