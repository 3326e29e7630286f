package shards

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sluice/store/log"
)

// reshard is the change of a shard map. It is planned when the change begins
// and stored with the stream, so a restart in the middle finishes it. What
// happens when it is due, in this order, every step repeatable:
//
//  1. the logs of the children that stay open are created,
//  2. the parents' logs are sealed; from here on appends to them are refused
//     and wait for the children,
//  3. the landing is committed with the ends of the parents,
//  4. the new layout is shown and waiting appends go on.
//
// A plan may hold whole generations, as UpdateShardCount needs: a child that
// is the parent of a later one is closed in the instant it is born and never
// gets a log.
type reshard struct {
	// Plan holds the children by index, without times.
	Plan shardTable `json:"plan"`
	// Also takes effect together with the new shard map.
	Also *envelope `json:"also,omitempty"`

	ends []int64 // from land
}

func (*reshard) kind() string { return "reshard" }

// parents returns the shards that the plan closes, in order of appearance.
func (c *reshard) parents() []uint32 {
	seen := map[uint32]bool{}
	var out []uint32
	for i := range c.Plan {
		for _, p := range [...]int64{c.Plan[i].parent, c.Plan[i].adjacent} {
			if p >= 0 && uint32(p) < c.Plan[0].index && !seen[uint32(p)] {
				seen[uint32(p)] = true
				out = append(out, uint32(p))
			}
		}
	}
	return out
}

// finals returns the children that stay open.
func (c *reshard) finals() []uint32 {
	passing := map[int64]bool{}
	for i := range c.Plan {
		passing[c.Plan[i].parent], passing[c.Plan[i].adjacent] = true, true
	}
	var out []uint32
	for i := range c.Plan {
		if !passing[int64(c.Plan[i].index)] {
			out = append(out, c.Plan[i].index)
		}
	}
	return out
}

// apply closes the parents at one instant and opens the children in the same
// one, so that at every time the open shards tile the hash space.
func (c *reshard) apply(st *streamState, at time.Time) error {
	parents := c.parents()
	if len(parents) != len(c.ends) {
		return fmt.Errorf("reshard has %d parents and %d ends", len(parents), len(c.ends))
	}
	known := make(map[int64]int, len(st.Shards)+len(c.Plan)) // index -> place in st.Shards
	for i := range st.Shards {
		known[int64(st.Shards[i].index)] = i
	}
	instant := millis(at)
	for i, p := range parents {
		place, ok := known[int64(p)]
		if !ok {
			return fmt.Errorf("reshard closes shard %d, which is not there", p)
		}
		st.Shards[place].end = c.ends[i]
		// A parent can be younger than the clock by the millisecond that
		// partingTime adds; no life may have a negative length.
		instant = max(instant, st.Shards[place].opened)
	}
	for _, child := range c.Plan {
		child.opened = instant
		for _, p := range [...]int64{child.parent, child.adjacent} {
			if p < 0 {
				continue
			}
			parent := &st.Shards[known[p]]
			parent.closed = instant
			child.createdSec = max(child.createdSec, parent.closingSec()+1)
		}
		known[int64(child.index)] = len(st.Shards)
		st.Shards = append(st.Shards, child)
		st.NextShard = child.index + 1
	}
	if c.Also == nil {
		return nil
	}
	also, err := unwrap(c.Also.Kind, c.Also.Body)
	if err != nil {
		return err
	}
	return also.apply(st, at)
}

// closingSec is the second that the ending sequence number of a closed shard
// shows. A shard that is itself a child may have a creation second that lies
// ahead of the clock, and its own children must come after it.
func (r *shardRecord) closingSec() int64 { return max(r.closed/1000, r.createdSec) }

// planner puts a plan together, child by child.
type planner struct {
	next uint32
	plan shardTable
}

func (p *planner) add(child shardRecord) shardRecord {
	child.index = p.next
	p.next++
	p.plan = append(p.plan, child)
	return child
}

// split cuts a shard in two at a hash key.
func (p *planner) split(parent shardRecord, at hash) (low, high shardRecord) {
	low = p.add(shardRecord{parent: int64(parent.index), adjacent: -1, from: parent.from, to: at.previous()})
	high = p.add(shardRecord{parent: int64(parent.index), adjacent: -1, from: at, to: parent.to})
	return low, high
}

// merge joins two neighbours.
func (p *planner) merge(first, adjacent shardRecord) shardRecord {
	return p.add(shardRecord{parent: int64(first.index), adjacent: int64(adjacent.index), from: first.from, to: adjacent.to})
}

// scale reaches a target as the service does: growing splits every shard in
// the middle until there are enough, then merges neighbours until the target
// is met; shrinking only merges. Which pairs are merged was never captured;
// the leftmost go first. open is sorted by hash key and target is positive.
func (p *planner) scale(open []shardRecord, target int) {
	for len(open) < target {
		halves := make([]shardRecord, 0, 2*len(open))
		for _, s := range open {
			low, high := p.split(s, middle(s.from, s.to))
			halves = append(halves, low, high)
		}
		open = halves
	}
	for len(open) > target {
		pairs := min(len(open)-target, len(open)/2)
		merged := make([]shardRecord, 0, len(open)-pairs)
		for i := range pairs {
			merged = append(merged, p.merge(open[2*i], open[2*i+1]))
		}
		open = append(merged, open[2*pairs:]...)
	}
}

// carryOut does steps 1 and 2 of a reshard and returns what to land, and the
// instant at which parents end and children begin.
func (s *Streams) carryOut(ctx context.Context, st *stream, c *reshard, at time.Time) (*land, time.Time, error) {
	if err := s.log.Create(ctx, logIDs(st.id, c.finals())); err != nil {
		return nil, at, fmt.Errorf("create the logs of new shards: %w", err)
	}
	at = at.Truncate(time.Millisecond) // arrivals are whole milliseconds
	parents := logIDs(st.id, c.parents())
	ends, err := s.log.Seal(ctx, parents)
	if err != nil {
		return nil, at, fmt.Errorf("seal parent shards: %w", err)
	}
	at, err = s.partingTime(ctx, parents, ends, at)
	return &land{Ends: ends}, at, err
}

// partingTime returns an instant after every arrival in the sealed logs: the
// time the change was due if it can be, else just after the present. A reader
// that starts at a timestamp picks the shard by this instant and must not miss
// a record that arrived on the other side of it.
func (s *Streams) partingTime(ctx context.Context, ids []log.ID, ends []int64, due time.Time) (time.Time, error) {
	for i, id := range ids {
		first, err := s.log.Seek(ctx, id, log.AtTime, due)
		if err != nil && !errors.Is(err, log.ErrNotFound) {
			return due, fmt.Errorf("find the last arrival: %w", err)
		}
		if err == nil && first < ends[i] {
			return s.clock.Now().Truncate(time.Millisecond).Add(time.Millisecond), nil
		}
	}
	return due, nil
}

func logIDs(stream uint64, shards []uint32) []log.ID {
	ids := make([]log.ID, 0, len(shards))
	for _, index := range shards {
		ids = append(ids, log.ID{Stream: stream, Shard: index})
	}
	return ids
}

// openRecords returns the open shards of a state by hash key.
func openRecords(st *streamState) []shardRecord {
	var open []shardRecord
	for i := range st.Shards {
		if st.Shards[i].closed == 0 {
			open = append(open, st.Shards[i])
		}
	}
	slices.SortFunc(open, func(a, b shardRecord) int {
		if a.from.less(b.from) {
			return -1
		}
		return 1
	})
	return open
}
