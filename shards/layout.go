package shards

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/must"
)

// layout is the shard map of a stream at one moment. It is immutable: a
// change makes a new one, and a request works with the one it has loaded.
type layout struct {
	shards []shard // ascending by index; those not expired when it was made
	open   []int32 // places of the open ones, ascending by hash key
	starts []hash  // where each of them starts, for the search
}

// newLayout shows the shards of a state. Tails of shards that prev shows go
// on; fresh says whether the logs of the others have no records.
func newLayout(st *streamState, prev *layout, fresh bool) *layout {
	l := &layout{shards: make([]shard, len(st.Shards))}
	place := make(map[int64]int32, len(st.Shards))
	for i := range st.Shards {
		sh := &l.shards[i]
		sh.shardRecord, sh.children = st.Shards[i], [2]int32{-1, -1}
		if old := prev.find(sh.index); old != nil {
			sh.id, sh.tail = old.id, old.tail
		} else {
			sh.id, sh.tail = shardID(int64(sh.index)), new(tail)
			sh.tail.loaded.Store(fresh)
		}
		place[int64(sh.index)] = int32(i)
		for _, p := range [...]int64{sh.parent, sh.adjacent} {
			if at, ok := place[p]; ok && p >= 0 {
				l.shards[at].adopt(int32(i))
			}
		}
		if sh.open() {
			l.open = append(l.open, int32(i))
		}
	}
	slices.SortFunc(l.open, func(a, b int32) int {
		if l.shards[a].from.less(l.shards[b].from) {
			return -1
		}
		return 1
	})
	for _, at := range l.open {
		l.starts = append(l.starts, l.shards[at].from)
	}
	l.check()
	return l
}

func (sh *shard) adopt(child int32) {
	if sh.children[0] < 0 {
		sh.children[0] = child
		return
	}
	sh.children[1] = child
}

// check holds the layout to its first law: the open shards cover the hash
// space without hole or overlap.
func (l *layout) check() {
	if len(l.shards) == 0 {
		return
	}
	next := hash{}
	for i, at := range l.open {
		sh := &l.shards[at]
		must.Hold(sh.from == next && !sh.to.less(sh.from), "shard %s starts at %s, not at %s", sh.id, sh.from, next)
		must.Hold(i == len(l.open)-1 == (sh.to == lastHash()), "shard %s ends at %s", sh.id, sh.to)
		next = sh.to.next()
	}
	must.Hold(len(l.open) > 0, "no shard is open")
}

// place returns which of the open shards owns a hash key. The layout is not empty.
func (l *layout) place(h hash) int32 {
	low, high := 0, len(l.starts)
	for high-low > 1 {
		mid := int(uint(low+high) >> 1)
		if h.less(l.starts[mid]) {
			high = mid
		} else {
			low = mid
		}
	}
	return int32(low)
}

// route returns the open shard that owns a hash key. The layout is not empty.
func (l *layout) route(h hash) *shard { return &l.shards[l.open[l.place(h)]] }

// find returns the shard with an index, nil when there is none.
func (l *layout) find(index uint32) *shard {
	if l == nil {
		return nil
	}
	at, ok := slices.BinarySearchFunc(l.shards, index, func(sh shard, i uint32) int {
		return int(int64(sh.index) - int64(i))
	})
	if !ok {
		return nil
	}
	return &l.shards[at]
}

// childShards tells a reader where a closed shard goes on.
func (l *layout) childShards(sh *shard) []types.ChildShard {
	var out []types.ChildShard
	for _, at := range sh.children {
		if at < 0 {
			continue
		}
		child := &l.shards[at]
		parents := []string{shardID(child.parent)}
		if child.adjacent >= 0 {
			parents = append(parents, shardID(child.adjacent))
		}
		out = append(out, types.ChildShard{ShardId: &child.id, ParentShards: parents, HashKeyRange: child.hashKeyRange()})
	}
	return out
}
