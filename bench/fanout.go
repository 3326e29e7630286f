package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
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
// event that carries the record, on a subscription of its own connection.
func fanOut(size, rate int) func(*bench, *rig.Process) (Sample, error) {
	return func(b *bench, p *rig.Process) (Sample, error) {
		t, shard, err := newTracer(p, size)
		if err != nil {
			return Sample{}, err
		}
		defer t.control.close()
		events, err := t.subscribe(p, shard)
		if err != nil {
			return Sample{}, err
		}
		followed := make(chan error, 1)
		var seen atomic.Int64
		go func() { followed <- t.follow(events, &seen) }()
		err = t.run(b, rate, func() error { return nil })
		for wait := time.Now(); err == nil && int(seen.Load()) < len(t.starts) && time.Since(wait) < lastEvents; {
			time.Sleep(time.Millisecond)
		}
		events.Close()
		if broken := <-followed; err == nil && int(seen.Load()) < len(t.starts) {
			err = fmt.Errorf("%d of %d records came as events: %w", seen.Load(), len(t.starts), broken)
		}
		if err != nil {
			return Sample{}, err
		}
		return t.sample(b, p, shard)
	}
}

// subscribe opens a subscription from the tip of a shard.
func (t *tracer) subscribe(p *rig.Process, shard string) (*raw.Conn, error) {
	arn, err := t.control.consumer("bench")
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
func (t *tracer) follow(conn *raw.Conn, seen *atomic.Int64) error {
	var buffer []byte
	for {
		chunk, err := conn.Chunk()
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
				_, n, err := t.take(payload)
				if err != nil {
					return err
				}
				seen.Add(int64(n))
			}
			buffer = buffer[:copy(buffer, buffer[length:])]
		}
	}
}
