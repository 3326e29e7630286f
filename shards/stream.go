package shards

import (
	"sync"
	"sync/atomic"
	"time"

	"sluice/internal/clock"
)

// streamKey is the identity of a stream.
type streamKey struct{ account, region, name string }

// entity is the stream's key in the catalog.
func (k streamKey) entity() string {
	return streamPrefix + k.account + "/" + k.region + "/" + k.name
}

// stream is a stream that exists. All that can be asked of it is in its view;
// reads and writes load it once and never lock.
type stream struct {
	key  streamKey
	id   uint64
	view atomic.Pointer[view]
	// spread counts the records of AUTO distribution.
	spread atomic.Uint64

	// feeds are the channels that deliver the stream, nil when there are none.
	feeds atomic.Pointer[[]*channel]

	// mu serialises changes, so that each is checked against what it changes.
	mu    sync.Mutex
	timer clock.Timer // guarded by mu; the next landing
	due   int64       // guarded by mu; when timer fires, 0 when there is none

	trim    trimming
	scaling scaling

	// calls counts the operations that have a rate per stream.
	calls callMeter
}

// view is everything about a stream at one moment, immutable.
type view struct {
	version uint64
	state   *streamState
	layout  *layout
	// policy is what the stream is scaled by, nil when it is not.
	policy *scalePolicy
	// gone is set in the last view of a stream that was removed.
	gone bool
	// replaced is closed when the next view is shown.
	replaced chan struct{}
}

func newStream(key streamKey, v *view) *stream {
	st := &stream{key: key, id: v.state.ID}
	st.view.Store(v)
	return st
}

// show replaces the view. Waiting appends route anew, readers of shards that
// have just been closed find the end. mu is held.
func (st *stream) show(v *view) {
	old := st.view.Swap(v)
	close(old.replaced)
	for i := range old.layout.shards {
		sh := &old.layout.shards[i]
		if !sh.open() {
			continue
		}
		switch now := v.layout.find(sh.index); {
		case now == nil:
			sh.tail.wake()
		case !now.open():
			// A seal is durable, and so is every record below it.
			sh.tail.publish(now.end)
			sh.tail.wake()
		}
	}
}

// active reports whether the stream takes another change.
func (v *view) active() bool { return v.state.Status == statusActive }

// encrypted reports whether records are marked KMS from now on.
func (v *view) encrypted() bool { return v.state.KeyID != "" }

// shardAt returns a shard that has not expired.
func (v *view) shardAt(index uint32, now time.Time) *shard {
	sh := v.layout.find(index)
	if sh == nil || sh.expired(millis(v.state.horizon(now))) {
		return nil
	}
	return sh
}
