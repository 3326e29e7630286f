package memlog

import (
	"cmp"
	"slices"
	"time"

	"sluice/store/log"
)

// Pause holds back all changes until resume is called, so that several logs
// and catalogs can be looked at in one moment.
func (l *Log) Pause() (resume func()) {
	l.mu.RLock()
	return l.mu.RUnlock
}

// Contents returns all logs as they are, by id, while the log is paused. It
// costs nothing per record: records are never changed, and what is appended later
// lies beyond the end of these slices.
func (l *Log) Contents() []log.Contents {
	var all []log.Contents
	for stream, shards := range l.streams {
		for index, s := range shards {
			n := len(s.records)
			all = append(all, log.Contents{
				ID: log.ID{Stream: stream, Shard: index}, Sealed: s.sealed, Next: s.next, Last: s.last, Records: s.records[:n:n],
			})
		}
	}
	slices.SortFunc(all, func(a, b log.Contents) int {
		return cmp.Or(cmp.Compare(a.ID.Stream, b.ID.Stream), cmp.Compare(a.ID.Shard, b.ID.Shard))
	})
	return all
}

// Load returns a log with contents. Their records stay shared and unchanged.
func Load(now func() time.Time, contents []log.Contents) *Log {
	l := New(now)
	for _, c := range contents {
		shards := l.streams[c.ID.Stream]
		if shards == nil {
			shards = map[uint32]*shard{}
			l.streams[c.ID.Stream] = shards
		}
		n := len(c.Records)
		shards[c.ID.Shard] = &shard{records: c.Records[:n:n], next: c.Next, last: c.Last, sealed: c.Sealed}
	}
	return l
}
