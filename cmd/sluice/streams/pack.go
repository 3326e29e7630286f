package streams

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/aggregate"
	"sluice/internal/clock"
)

// packBytes is how large the producer library lets an aggregate grow by default.
const packBytes = 51_200

// Packer puts several entries into one record as the producer library does. An
// aggregate only holds entries of one shard, since its consumer drops those
// that do not belong there.
type Packer struct {
	Clock  clock.Clock
	Linger time.Duration

	shards []packShard
}

type packShard struct {
	rng     Range
	open    aggregate.Builder
	hash    *big.Int // of the first entry: where the aggregate belongs
	entries []Entry
}

// NewPacker packs for the open shards of a list.
func NewPacker(list []types.Shard, c clock.Clock, linger time.Duration) (*Packer, error) {
	p := &Packer{Clock: c, Linger: linger}
	for _, s := range list {
		if !Open(s) {
			continue
		}
		rng, err := RangeOf(s)
		if err != nil {
			return nil, err
		}
		p.shards = append(p.shards, packShard{rng: rng})
	}
	return p, nil
}

// Pack sends the entries of source to out, packed.
func (p *Packer) Pack(ctx context.Context, source func(context.Context, chan<- Entry) error, out chan<- Entry) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := make(chan Entry, 100)
	read := make(chan error, 1)
	go func() {
		read <- source(ctx, in)
		close(in)
	}()
	if err := p.run(ctx, in, out); err != nil {
		return err // a source that waits for input ends with the process
	}
	return <-read
}

func (p *Packer) run(ctx context.Context, in <-chan Entry, out chan<- Entry) error {
	for {
		// The first entry may be long in coming; the next ones are waited for
		// only so long.
		var first Entry
		var more bool
		select {
		case first, more = <-in:
		case <-ctx.Done():
			return ctx.Err()
		}
		if !more {
			return nil
		}
		if err := p.add(ctx, first, out); err != nil {
			return err
		}
		late := make(chan struct{})
		timer := p.Clock.At(p.Clock.Now().Add(p.Linger), func() { close(late) })
		err := p.gather(ctx, in, out, late)
		timer.Stop()
		if err != nil {
			return err
		}
	}
}

// gather adds entries until none comes in time, then sends what is open.
func (p *Packer) gather(ctx context.Context, in <-chan Entry, out chan<- Entry, late <-chan struct{}) error {
	for more := true; more; {
		select {
		case e, ok := <-in:
			if !ok {
				more = false
				break
			}
			if err := p.add(ctx, e, out); err != nil {
				return err
			}
		case <-late:
			more = false
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for i := range p.shards {
		if err := p.flush(ctx, &p.shards[i], out); err != nil {
			return err
		}
	}
	return nil
}

func (p *Packer) add(ctx context.Context, e Entry, out chan<- Entry) error {
	hash := HashOf(e.PartitionKey)
	if e.ExplicitHashKey != "" {
		var ok bool
		if hash, ok = new(big.Int).SetString(e.ExplicitHashKey, 10); !ok {
			return fmt.Errorf("line %d: explicit hash key %q is not a number", e.Line, e.ExplicitHashKey)
		}
	}
	for i := range p.shards {
		s := &p.shards[i]
		if !s.rng.Contains(hash) {
			continue
		}
		user := aggregate.Record{PartitionKey: e.PartitionKey, ExplicitHashKey: e.ExplicitHashKey, Data: e.Data}
		if s.open.SizeWith(user) > packBytes {
			if err := p.flush(ctx, s, out); err != nil {
				return err
			}
		}
		if s.open.Len() == 0 {
			s.hash = hash
		}
		s.open.Add(user)
		s.entries = append(s.entries, e)
		return nil
	}
	return fmt.Errorf("line %d: explicit hash key %s is outside every shard", e.Line, e.ExplicitHashKey)
}

// flush sends what a shard has open: a single entry as it is, more as one.
func (p *Packer) flush(ctx context.Context, s *packShard, out chan<- Entry) error {
	if len(s.entries) == 0 {
		return nil
	}
	e := s.entries[0]
	if len(s.entries) > 1 {
		e.ExplicitHashKey, e.Data, e.Records = s.hash.String(), s.open.Bytes(), len(s.entries)
		e.End = s.entries[len(s.entries)-1].End
		for _, packed := range s.entries {
			e.Bytes += len(packed.Data)
		}
	}
	s.open.Reset()
	s.entries = nil
	select {
	case out <- e:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
