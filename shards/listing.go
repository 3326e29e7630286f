package shards

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// listing says which shards ListShards shows, and travels in its tokens. What
// depends on the present is decided on the first page and kept for the others:
// pages that see a reshard between them would not cover the hash space.
type listing struct {
	stream uint64
	name   string
	filter types.ShardFilterType // empty: all
	after  string                // ids after this one
	at     int64                 // milliseconds, for filters by time
	// bound is the first index the listing does not show: shards that are made
	// after the first page count neither as shards nor as children.
	bound uint32
	made  int64
	world uint64 // Config.World
}

// newListing checks a filter and settles what it depends on.
func newListing(st *stream, v *view, filter *types.ShardFilter, now time.Time) (listing, error) {
	l := listing{stream: st.id, name: st.key.name, bound: v.state.NextShard, made: millis(now)}
	if filter == nil {
		return l, nil
	}
	l.filter = filter.Type
	horizon := millis(v.state.horizon(now))
	switch filter.Type {
	case types.ShardFilterTypeAfterShardId:
		if filter.ShardId == nil {
			return l, errFilterNeeds("ShardId", filter.Type)
		}
		l.after = *filter.ShardId
	case types.ShardFilterTypeAtTimestamp, types.ShardFilterTypeFromTimestamp:
		if filter.Timestamp == nil {
			return l, errFilterNeeds("Timestamp", filter.Type)
		}
		if l.at = millis(*filter.Timestamp); l.at > millis(now) {
			return l, errTimestampFuture(*filter.Timestamp, now)
		}
		l.at = max(l.at, horizon)
	case types.ShardFilterTypeAtTrimHorizon:
		l.at = horizon
	}
	if l.filter == types.ShardFilterTypeAtTimestamp || l.filter == types.ShardFilterTypeAtTrimHorizon {
		l.at = max(l.at, v.firstOpened()) // a young stream begins with its first shards
	}
	return l, nil
}

// firstOpened is when the oldest shard that is left was opened.
func (v *view) firstOpened() int64 {
	if len(v.state.Shards) == 0 {
		return 0
	}
	first := v.state.Shards[0].opened
	for i := range v.state.Shards {
		first = min(first, v.state.Shards[i].opened)
	}
	return first
}

// shows reports whether a shard is on the list. A shard's life is half open:
// in the instant its children begin it has ended.
func (l *listing) shows(layout *layout, sh *shard) bool {
	if sh.index >= l.bound || sh.id <= l.after {
		return false
	}
	open := l.open(layout, sh)
	switch l.filter {
	case types.ShardFilterTypeAtLatest:
		return open
	case types.ShardFilterTypeAtTimestamp, types.ShardFilterTypeAtTrimHorizon:
		return sh.opened <= l.at && (open || sh.closed > l.at)
	case types.ShardFilterTypeFromTimestamp:
		return open || sh.closed >= l.at
	}
	return true
}

// open reports whether a shard is open as far as the list is concerned: what was
// closed after the first page, or while it was being made, counts as open.
func (l *listing) open(layout *layout, sh *shard) bool {
	return sh.children[0] < 0 || layout.shards[sh.children[0]].index >= l.bound
}

// page returns up to n shards and whether there are more.
func (l *listing) page(v *view, n int, now time.Time) (shards []types.Shard, more bool) {
	horizon := millis(v.state.horizon(now))
	shards = []types.Shard{}
	for i := range v.layout.shards {
		sh := &v.layout.shards[i]
		if sh.expired(horizon) || !l.shows(v.layout, sh) {
			continue
		}
		if len(shards) == n {
			return shards, true
		}
		shape := sh.shape()
		if l.open(v.layout, sh) { // its children are not on the list
			shape.SequenceNumberRange.EndingSequenceNumber = nil
		}
		shards = append(shards, shape)
		l.after = sh.id
	}
	return shards, false
}

func (s *Streams) sealListing(k streamKey, l listing) *string {
	var f fields
	f.putInt(l.made)
	f.putInt(int64(l.stream))
	f.putText(l.name)
	f.putText(string(l.filter))
	f.putText(l.after)
	f.putInt(l.at)
	f.putInt(int64(l.bound))
	f.putInt(int64(s.config.World))
	return aws.String(s.sealer.seal(tokenShards, k, f.raw))
}

func (s *Streams) openListing(k streamKey, token string) (listing, error) {
	raw, err := s.sealer.open(tokenShards, k, token)
	if err != nil {
		return listing{}, errTokenForm()
	}
	f := fields{raw: raw}
	l := listing{made: f.int(), stream: uint64(f.int()), name: f.text(), filter: types.ShardFilterType(f.text()),
		after: f.text(), at: f.int(), bound: uint32(f.int()), world: uint64(f.int())}
	if !f.done() {
		return listing{}, errTokenForm()
	}
	if now := s.clock.Now(); s.expired(timeOf(l.made), l.world, now) {
		return listing{}, errTokenExpired(timeOf(l.made), now)
	}
	return l, nil
}
