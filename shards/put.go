package shards

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sluice/store/log"
)

// rerouteWait is how long an append waits, in host time, for the children of a
// shard that was sealed under it.
const rerouteWait = 10 * time.Second

// errReroute means that a reshard did not come to its end in that time.
var errReroute = errors.New("the shard is closed and its children are not there")

// written is what became of one record.
type written struct {
	shard    *shard
	position int64
	arrival  time.Time
	err      error
}

// put is the records of one request on their way into the log.
type put struct {
	stream  *stream
	entries []log.Entry // the entry's log is set by routing
	hashes  []hash      // what each entry is routed by
	results []written

	batch []log.Entry // what goes into one append
	from  []int       // the place in entries of each element of batch

	busy struct { // the latest refusal
		shard *shard
		err   error
	}
}

// reset makes a put ready for use, keeping its memory.
func (p *put) reset(st *stream, n int) {
	p.stream = st
	p.entries, p.hashes, p.results = p.entries[:0], p.hashes[:0], append(p.results[:0], make([]written, n)...)
	p.batch, p.from = p.batch[:0], p.from[:0]
}

// forget drops what belongs to the request, so that a put that waits for its
// next use keeps no payload alive.
func (p *put) forget() {
	clear(p.entries[:cap(p.entries)])
	clear(p.batch[:cap(p.batch)])
	clear(p.results[:cap(p.results)])
	p.stream, p.busy.shard, p.busy.err = nil, nil, nil
}

// add takes one record. The request's memory is not kept beyond write.
func (p *put) add(h hash, key string, data []byte, encrypted bool) {
	p.entries = append(p.entries, log.Entry{PartitionKey: key, Data: data, Encrypted: encrypted})
	p.hashes = append(p.hashes, h)
}

// write appends all records with one call to the log and returns when they are
// durable and readable. Records of a shard that a reshard closes under the
// call wait for its children; the others are not held up. An error means that
// nothing was written. What fails later is told per record.
func (s *Streams) write(ctx context.Context, p *put, v *view) error {
	now := s.clock.Now()
	ns := now.UnixNano()
	for i := range p.entries {
		if !s.route(p, v, i, ns) {
			continue
		}
		p.batch, p.from = append(p.batch, p.entries[i]), append(p.from, i)
	}
	first := true
	for len(p.batch) > 0 {
		err := s.appendBatch(ctx, p)
		if err != nil && first {
			return err
		}
		for _, i := range p.from {
			if err != nil {
				p.results[i].err = err
			}
		}
		if err != nil || !p.takeSealed() {
			break
		}
		first = false
		if v, err = s.nextView(ctx, p.stream, v); err != nil {
			p.fail(err)
			break
		}
		for j, i := range p.from {
			p.results[i] = written{}
			s.direct(p, v, i)
			p.batch[j] = p.entries[i]
		}
	}
	s.recordsArrived(p.stream, v, now)
	s.trafficArrived(p.stream, v, now)
	s.feed(p, now)
	return nil
}

// route finds the shard of entry i and asks whether it may take the record.
func (s *Streams) route(p *put, v *view, i int, ns int64) bool {
	s.direct(p, v, i)
	if err := s.admitWrite(p, v, i, ns); err != nil {
		p.results[i].err = err
		return false
	}
	return true
}

func (s *Streams) direct(p *put, v *view, i int) {
	sh := v.layout.route(p.hashes[i])
	p.entries[i].Log = log.ID{Stream: p.stream.id, Shard: sh.index}
	p.results[i].shard = sh
}

// appendBatch appends p.batch and notes what became of it. On success every
// record that the log took is durable and its shard's tip moved.
func (s *Streams) appendBatch(ctx context.Context, p *put) error {
	for j, i := range p.from {
		if err := p.results[i].shard.tail.load(ctx, s.log, p.batch[j].Log); err != nil {
			return s.logError(p.stream, err)
		}
	}
	commit, err := s.log.Append(ctx, p.batch)
	if err != nil {
		return s.logError(p.stream, err)
	}
	// The commit may be reused once it was waited for, so look first.
	for j, placed := range commit.Placed() {
		r := &p.results[p.from[j]]
		r.position, r.arrival, r.err = placed.Position, placed.Arrival, placed.Err
	}
	if err := commit.Wait(); err != nil {
		return s.logError(p.stream, err)
	}
	for _, i := range p.from {
		if r := &p.results[i]; r.err == nil {
			r.shard.tail.publish(r.position + 1)
		}
	}
	return nil
}

// takeSealed leaves in the batch what a sealed log refused and reports whether
// there is any.
func (p *put) takeSealed() bool {
	n := 0
	for _, i := range p.from {
		if errors.Is(p.results[i].err, log.ErrSealed) {
			p.batch[n], p.from[n] = p.entries[i], i
			n++
		}
	}
	p.batch, p.from = p.batch[:n], p.from[:n]
	return n > 0
}

// fail gives up on what is left in the batch.
func (p *put) fail(err error) {
	for _, i := range p.from {
		p.results[i].err = err
	}
}

// logError is an error of the log as an operation returns it. A deletion takes
// the records before the name.
func (s *Streams) logError(st *stream, err error) error {
	v := st.view.Load()
	if errors.Is(err, log.ErrNotFound) && (v.gone || v.state.Status == statusDeleting) {
		return errNoStream(st.key)
	}
	return fmt.Errorf("records of stream %s: %w", st.key.name, err)
}

// nextView returns a view newer than v, as soon as there is one.
func (s *Streams) nextView(ctx context.Context, st *stream, v *view) (*view, error) {
	late := make(chan struct{})
	timer := s.config.Host.At(s.config.Host.Now().Add(rerouteWait), func() { close(late) })
	defer timer.Stop()
	select {
	case <-v.replaced:
	case <-ctx.Done():
		return v, ctx.Err()
	case <-s.life.Done():
		return v, errReroute
	case <-late:
		return v, errReroute
	}
	if v = st.view.Load(); v.gone {
		return v, errNoStream(st.key)
	}
	return v, nil
}
