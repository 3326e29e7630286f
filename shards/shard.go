package shards

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/store/log"
)

// shard is one shard as a layout shows it. It never changes; what moves is its
// tail, which all layouts that show the shard share.
type shard struct {
	shardRecord
	id       string
	children [2]int32 // places in the layout, −1 for none
	tail     *tail
}

// open reports whether the shard takes records.
func (sh *shard) open() bool { return sh.closed == 0 }

// shardIDs are shardId- and twelve digits.
const shardIDForm = "shardId-%012d"

func shardID(index int64) string { return fmt.Sprintf(shardIDForm, index) }

// parseShardID reads a shard id as leniently as the service: what follows the
// first dash, or all of it, is a decimal integer of up to 31 bits.
func parseShardID(raw string) (index uint32, ok bool) {
	digits := raw
	if _, after, dashed := strings.Cut(raw, "-"); dashed {
		digits = after
	}
	n, err := strconv.ParseUint(digits, 10, 31)
	return uint32(n), err == nil
}

// number makes the sequence number of a position.
func (sh *shard) number(position int64, arrival time.Time) sequence {
	return sequence{version: 2, created: sh.createdSec, shard: int64(sh.index), counter: uint64(position) + 1, time: arrival.Unix()}
}

// starting and ending are the sequence numbers that descriptions show.
func (sh *shard) starting() sequence {
	return sequence{version: 2, created: sh.createdSec, shard: int64(sh.index), time: sh.createdSec}
}

func (sh *shard) ending() sequence {
	return sequence{version: 2, created: sh.createdSec, shard: int64(sh.index), counter: lastCounter, time: sh.closingSec()}
}

// limit is the first position that readers may not see (yet).
func (sh *shard) limit() int64 {
	if sh.open() {
		return sh.tail.tip.Load()
	}
	return sh.end
}

// shape is the shard as descriptions and listings show it.
func (sh *shard) shape() types.Shard {
	out := types.Shard{
		ShardId:             aws.String(sh.id),
		HashKeyRange:        sh.hashKeyRange(),
		SequenceNumberRange: &types.SequenceNumberRange{StartingSequenceNumber: aws.String(sh.starting().String())},
	}
	if sh.parent >= 0 {
		out.ParentShardId = aws.String(shardID(sh.parent))
	}
	if sh.adjacent >= 0 {
		out.AdjacentParentShardId = aws.String(shardID(sh.adjacent))
	}
	if !sh.open() {
		out.SequenceNumberRange.EndingSequenceNumber = aws.String(sh.ending().String())
	}
	return out
}

func (sh *shard) hashKeyRange() *types.HashKeyRange {
	return &types.HashKeyRange{StartingHashKey: aws.String(sh.from.String()), EndingHashKey: aws.String(sh.to.String())}
}

// tail is the moving end of a shard.
type tail struct {
	// tip is the position below which every record is durable. It only grows.
	tip    atomic.Int64
	loaded atomic.Bool
	// numbers is what wrote the last sequence number of a put.
	numbers atomic.Pointer[numbering]
	// watching counts watchers, so that a put without readers takes no lock.
	watching atomic.Int32
	// metering counts the shard's traffic, nil before there is any.
	metering atomic.Pointer[meter]
	// shared is guarded by the mu of the room's sharing.
	shared sharedEnds
	// calls are what readers in this process were promised.
	calls waiters

	mu       sync.Mutex
	watchers map[chan struct{}]struct{} // guarded by mu
}

// load finds the tip of a shard whose log was opened with records in it. It
// is called before the first append to the shard and before the first read,
// so that the end of the log it asks for cannot count a record that is not
// durable yet. Doing this at first use keeps a start fast with many shards.
func (t *tail) load(ctx context.Context, l Records, id log.ID) error {
	if t.loaded.Load() {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.loaded.Load() {
		return nil
	}
	tip, err := l.Seek(ctx, id, log.Latest, time.Time{})
	if err != nil {
		return fmt.Errorf("find the tip: %w", err)
	}
	t.tip.Store(tip)
	t.loaded.Store(true)
	return nil
}

// publish makes everything below tip readable and wakes who waits for it.
// Late calls with a lower tip change nothing.
func (t *tail) publish(tip int64) {
	for old := t.tip.Load(); tip > old; old = t.tip.Load() {
		if t.tip.CompareAndSwap(old, tip) {
			t.wake()
			return
		}
	}
}

// wake makes watchers look again.
func (t *tail) wake() {
	t.calls.all()
	if t.watching.Load() == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for ch := range t.watchers {
		select {
		case ch <- struct{}{}:
		default: // it has a wake waiting already
		}
	}
}

// watch returns a channel that gets a value after the tip has moved or the
// shard was closed. Look at both after watch, not before.
func (t *tail) watch() (woken <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.watchers == nil {
		t.watchers = map[chan struct{}]struct{}{}
	}
	t.watchers[ch] = struct{}{}
	t.watching.Add(1)
	return ch, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if _, ok := t.watchers[ch]; ok {
			delete(t.watchers, ch)
			t.watching.Add(-1)
		}
	}
}
