package shards

import "time"

// What the service allows so many times in 24 hours, per stream.
const (
	changedMode       = "mode"
	startedEncryption = "start-encryption"
	stoppedEncryption = "stop-encryption"

	modesPerDay       = 2
	encryptionsPerDay = 25
)

const day = 24 * time.Hour

// changed notes a change. Older than a day and more than any limit asks for
// is dropped, so the list stays short also where limits are not enforced.
func (st *streamState) changed(what string, at time.Time) {
	if st.Changes == nil {
		st.Changes = map[string][]int64{}
	}
	kept := st.Changes[what][:0]
	for _, t := range st.Changes[what] {
		if t > millis(at.Add(-day)) {
			kept = append(kept, t)
		}
	}
	if over := len(kept) + 1 - encryptionsPerDay; over > 0 {
		kept = kept[over:]
	}
	st.Changes[what] = append(kept, millis(at))
}

// changes counts the changes of the last 24 hours.
func (st *streamState) changes(what string, now time.Time) int {
	n := 0
	for _, t := range st.Changes[what] {
		if t > millis(now.Add(-day)) {
			n++
		}
	}
	return n
}

// perDay refuses a change that was made often enough, where limits per time
// are enforced.
func (s *Streams) perDay(k streamKey, st *streamState, what, operation string, limit int, now time.Time) error {
	if s.limited() && st.changes(what, now) >= limit {
		return errChangesPerDay(k, operation, limit)
	}
	return nil
}

// countChange notes a change without doing it.
type countChange struct {
	What string `json:"what"`
}

func (*countChange) kind() string { return "count" }

func (c *countChange) apply(st *streamState, at time.Time) error {
	st.changed(c.What, at)
	return nil
}
