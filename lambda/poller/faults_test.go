package poller

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// mortalPositions are checkpoints of a process that can be killed.
type mortalPositions struct {
	Checkpoints
	ahead  bool // planted: what is stored is ahead
	forget bool // planted: what is loaded is nothing

	mu     sync.Mutex
	alive  bool
	err    error
	failed bool // it has ever failed
}

func (p *mortalPositions) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.alive = false
}

func (p *mortalPositions) set(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err, p.failed = err, p.failed || err != nil
}

// Load implements Checkpoints.
func (p *mortalPositions) Load(ctx context.Context, mapping string) (map[string]Position, bool, error) {
	if p.forget {
		return map[string]Position{}, true, nil
	}
	return p.Checkpoints.Load(ctx, mapping)
}

// Save implements Checkpoints.
func (p *mortalPositions) Save(ctx context.Context, mapping string, changed map[string]Position) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.alive {
		return errors.New("the process was killed")
	}
	if p.err != nil {
		return p.err
	}
	if p.ahead {
		changed = maps.Clone(changed)
		for shard, at := range changed {
			at.After = ahead(at.After)
			changed[shard] = at
		}
	}
	return p.Checkpoints.Save(ctx, mapping, changed)
}

// ahead is a sequence number some records further on: the counter is above
// the low 80 bits.
func ahead(sequence string) string {
	n, ok := parseBig(sequence)
	if !ok {
		return sequence
	}
	return n.Add(n, bigShift(3, 80)).String()
}

// faultySource is a source with planted faults.
type faultySource struct {
	Source
	lose, orphans, twice bool

	mu sync.Mutex
}

// GetRecords implements Source.
func (s *faultySource) GetRecords(ctx context.Context, in *kinesis.GetRecordsInput) (*kinesis.GetRecordsOutput, error) {
	out, err := s.Source.GetRecords(ctx, in)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && s.lose && len(out.Records) > 2 {
		out.Records = slices.Delete(out.Records, 1, 2)
	}
	if err == nil && s.twice && len(out.Records) > 2 {
		out.Records = slices.Insert(out.Records, 1, out.Records[0])
	}
	return out, err
}

// ListShards implements Source.
func (s *faultySource) ListShards(ctx context.Context, in *kinesis.ListShardsInput) (*kinesis.ListShardsOutput, error) {
	out, err := s.Source.ListShards(ctx, in)
	if err == nil && s.orphans {
		for i := range out.Shards {
			out.Shards[i].ParentShardId, out.Shards[i].AdjacentParentShardId = nil, nil
		}
	}
	return out, err
}

// faultyTips loses one wake in ten.
type faultyTips struct {
	Tips
	lose    bool
	watches atomic.Int32
}

// Watch implements Tips.
func (t *faultyTips) Watch(ctx context.Context, stream, shard string, mark uint64, wake func()) (stop func(), waiting bool) {
	if t.lose && t.watches.Add(1)%10 == 0 {
		wake = func() {}
	}
	return t.Tips.Watch(ctx, stream, shard, mark, wake)
}
