package shards

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/store/log"
)

// This file is on the path of every record that is written.

// rerouteWait is how long an append waits, in host time, for the children of a
// shard that was sealed under it.
const rerouteWait = 10 * time.Second

// errReroute means that a reshard did not come to its end in that time.
var errReroute = errors.New("the shard is closed and its children are not there")

// written is what became of one record.
type written struct {
	shard    *shard
	position int64
	second   int64 // of its arrival
	err      error
}

// put is the records of one request on their way into the log.
//
// The log gets them shard by shard, for all that is done once for each shard
// then costs as much for many records as for one.
type put struct {
	stream    *stream
	records   []types.PutRecordsRequestEntry // of the request, which are only read
	single    [1]types.PutRecordsRequestEntry
	encrypted bool
	hashes    []hash    // what each record is routed by
	results   []written // of each record

	left   []int32     // the records that are still to be written, in their order
	batch  []log.Entry // what goes into one append, shard by shard
	from   []int32     // the record that each element of batch is
	shares []share
	// refused tells that the log did not take all of the batch.
	refused bool

	places []int32 // of each record: which of the open shards it is for
	slots  []int32 // of each open shard: its records, then where the next goes; 0 between puts

	busy struct { // the latest refusal
		shard *shard
		err   error
	}
}

// share is one shard's part of a batch: elements from to to.
type share struct {
	shard    *shard
	from, to int32
	place    int32 // of the shard among the open ones
}

// reset makes a put ready for n records, keeping its memory.
func (p *put) reset(st *stream, n int) {
	p.stream = st
	p.hashes = p.hashes[:0]
	p.results, p.places = resized(p.results, n), resized(p.places, n)
	p.left = resized(p.left, n)
	for i := range p.left {
		p.left[i] = int32(i)
	}
}

// resized returns a slice of length n, in the memory of s if that suffices.
// What is in it is of no meaning.
func resized[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s[:n]
	}
	return make([]T, n)
}

// forget drops what belongs to the request, so that a put that waits for its
// next use keeps no payload alive.
func (p *put) forget() {
	clear(p.batch)
	clear(p.results)
	clear(p.shares)
	p.records, p.single = nil, [1]types.PutRecordsRequestEntry{}
	p.stream, p.busy.shard, p.busy.err = nil, nil, nil
}

// write appends all records with one call to the log and returns when they are
// durable and readable. Records of a shard that a reshard closes under the
// call wait for its children; the others are not held up. An error means that
// nothing was written. What fails later is told per record.
func (s *Streams) write(ctx context.Context, p *put, v *view) error {
	now := s.clock.Now()
	p.sort(v)
	s.admitWrites(p, v, now.UnixNano())
	for first := true; len(p.batch) > 0; first = false {
		err := s.appendBatch(ctx, p)
		if err != nil {
			if first {
				return err
			}
			p.fail(err)
			break
		}
		if !p.takeSealed() {
			break
		}
		if v, err = s.nextView(ctx, p.stream, v); err != nil {
			p.fail(err)
			break
		}
		p.sort(v)
	}
	s.recordsArrived(p.stream, v, now)
	s.trafficArrived(p.stream, v, now)
	s.feed(p, now)
	return nil
}

// sort puts the records that are left into the batch, those of a shard beside
// each other and in their order.
func (p *put) sort(v *view) {
	clear(p.batch)
	p.batch, p.from = resized(p.batch, len(p.left)), resized(p.from, len(p.left))
	p.shares = p.shares[:0]
	if n := len(v.layout.open); n > len(p.slots) {
		p.slots = make([]int32, n)
	}
	for _, i := range p.left {
		place := v.layout.place(p.hashes[i])
		p.places[i] = place
		if p.slots[place]++; p.slots[place] == 1 {
			p.shares = append(p.shares, share{shard: &v.layout.shards[v.layout.open[place]], place: place})
		}
	}
	at := int32(0)
	for i := range p.shares {
		sh := &p.shares[i]
		sh.from, sh.to = at, at+p.slots[sh.place]
		p.slots[sh.place], at = at, sh.to
	}
	for _, i := range p.left {
		slot := &p.slots[p.places[i]]
		r := &p.records[i]
		p.batch[*slot] = log.Entry{PartitionKey: aws.ToString(r.PartitionKey), Data: r.Data, Encrypted: p.encrypted}
		p.from[*slot] = i
		*slot++
	}
	for i := range p.shares {
		sh := &p.shares[i]
		p.slots[sh.place] = 0
		id := log.ID{Stream: p.stream.id, Shard: sh.shard.index}
		for j := sh.from; j < sh.to; j++ {
			p.batch[j].Log = id
		}
	}
}

// appendBatch appends p.batch and notes what became of it. On success every
// record that the log took is durable and its shard's tip moved.
func (s *Streams) appendBatch(ctx context.Context, p *put) error {
	for i := range p.shares {
		sh := &p.shares[i]
		if sh.from == sh.to || sh.shard.tail.loaded.Load() {
			continue
		}
		if err := sh.shard.tail.load(ctx, s.log, p.batch[sh.from].Log); err != nil {
			return s.logError(p.stream, err)
		}
	}
	commit, err := s.log.Append(ctx, p.batch)
	if err != nil {
		return s.logError(p.stream, err)
	}
	// The commit may be reused once it was waited for, so look first.
	placed := commit.Placed()
	p.refused = false
	for i := range p.shares {
		sh := &p.shares[i]
		for j := sh.from; j < sh.to; j++ {
			to := &placed[j]
			p.refused = p.refused || to.Err != nil
			p.results[p.from[j]] = written{shard: sh.shard, position: to.Position, second: to.Arrival.Unix(), err: to.Err}
		}
	}
	if err := commit.Wait(); err != nil {
		return s.logError(p.stream, err)
	}
	for i := range p.shares {
		sh := &p.shares[i]
		for j := sh.to; j > sh.from; j-- { // the last one is the furthest
			if r := &p.results[p.from[j-1]]; r.err == nil {
				sh.shard.tail.publish(r.position + 1)
				break
			}
		}
	}
	return nil
}

// takeSealed leaves what a sealed log refused and reports whether there is any.
func (p *put) takeSealed() bool {
	p.left = p.left[:0]
	if !p.refused {
		return false
	}
	for _, at := range p.from {
		if errors.Is(p.results[at].err, log.ErrSealed) {
			p.left = append(p.left, at)
		}
	}
	slices.Sort(p.left) // shards may become one
	return len(p.left) > 0
}

// fail gives up on what is in the batch.
func (p *put) fail(err error) {
	for _, i := range p.left {
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
		select {
		case <-v.replaced: // at the last moment
		default:
			return v, errReroute
		}
	}
	if v = st.view.Load(); v.gone {
		return v, errNoStream(st.key)
	}
	return v, nil
}
