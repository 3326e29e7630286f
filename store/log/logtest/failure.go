package logtest

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store/log"
)

// testCrash crashes while many append: nothing acknowledged may be missing,
// nothing may be there twice or torn.
func testCrash(t *testing.T, h *harness) {
	if h.in.Crash == nil {
		t.Skip("this log survives nothing")
	}
	const shards, writers, rounds = 3, 8, 20
	h.create(0, 1, 2)
	acks := &acked{}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range rounds {
				acks.append(t, h.log, uint32(w+i)%shards, fmt.Sprintf("%d.%d", w, i))
			}
		})
	}
	for range 10 {
		before := acks.snapshot()
		left := h.in.Crash(t)
		CheckAcknowledged(t, left, before)
	}
	wg.Wait()
	left := h.in.Crash(t)
	CheckAcknowledged(t, left, acks.snapshot())
}

// Ack is an acknowledged record.
type Ack struct {
	ID       log.ID
	Position int64
	Text     string
}

// acked collects acknowledgements.
type acked struct {
	mu   sync.Mutex
	acks []Ack
}

func (a *acked) append(t *testing.T, l log.Log, shard uint32, text string) {
	c, err := l.Append(ctx, []log.Entry{entry(shard, text)})
	if !assert.NoError(t, err) || !assert.NoError(t, c.Wait()) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.acks = append(a.acks, Ack{ID: id(shard), Position: c.Placed()[0].Position, Text: text})
}

func (a *acked) snapshot() []Ack {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Ack(nil), a.acks...)
}

// CheckAcknowledged requires that every acknowledged record is where it was
// said to be, that no text is there twice, and that what else is there is
// whole.
func CheckAcknowledged(t *testing.T, l log.Log, acks []Ack) {
	t.Helper()
	require.Empty(t, Lost(t, l, acks), "acknowledged records are missing")
}

// Lost returns the acknowledged records that are not there.
func Lost(t *testing.T, l log.Log, acks []Ack) []Ack {
	t.Helper()
	byID := map[log.ID]map[int64]string{}
	for _, a := range acks {
		if byID[a.ID] == nil {
			byID[a.ID] = map[int64]string{}
		}
		byID[a.ID][a.Position] = a.Text
	}
	var lost []Ack
	for id, want := range byID {
		records, err := readAll(l, id, 0, log.Limit{Records: 1000, Bytes: 1 << 20, Before: far})
		if err != nil {
			require.ErrorIs(t, err, log.ErrNotFound)
		}
		seen := map[string]bool{}
		for _, r := range records {
			text := string(r.Data)
			require.False(t, seen[text], "%q is there twice", text)
			require.Equal(t, "key-"+text, r.PartitionKey)
			seen[text] = true
			if w, ok := want[r.Position]; ok {
				require.Equal(t, w, text, "position %d", r.Position)
				delete(want, r.Position)
			}
		}
		for position, text := range want {
			lost = append(lost, Ack{ID: id, Position: position, Text: text})
		}
	}
	return lost
}

func testFull(t *testing.T, h *harness) {
	if h.in.Full == nil {
		t.Skip("this log has no disk to fill")
	}
	failAndRecover(t, h, h.in.Full, func(err error) { require.ErrorIs(t, err, log.ErrFull) })
}

func testFailedWrite(t *testing.T, h *harness) {
	if h.in.Fail == nil {
		t.Skip("this log's writes do not fail")
	}
	failAndRecover(t, h, h.in.Fail, func(err error) { require.Error(t, err) })
}

// try appends and returns the first error there is.
func (h *harness) try(batch ...log.Entry) error {
	c, err := h.log.Append(ctx, batch)
	if err != nil {
		return err
	}
	return c.Wait()
}

// failAndRecover breaks the log again and again: while it is broken every
// write fails and reads go on; afterwards it works, and nothing that failed
// is readable, then or after a restart.
func failAndRecover(t *testing.T, h *harness, broken func(bool), check func(error)) {
	h.create(0, 1)
	var want []string
	good := func(text string) {
		t.Helper()
		p := h.append(entry(0, text), entry(1, text))
		require.NoError(t, p[0].Err)
		want = append(want, text)
	}
	for round := range 3 {
		for i := range 3 {
			good(fmt.Sprint("good ", round, i))
		}
		broken(true)
		for i := range 3 {
			check(h.try(entry(0, fmt.Sprint("bad ", round, i)), entry(1, strings.Repeat("x", 100<<(6*i)))))
			assert.Equal(t, want, textsOf(h.all(0, 0)), "reads go on")
		}
		broken(false)
		good(fmt.Sprint("after ", round))
		assert.Equal(t, want, textsOf(h.all(0, 0)))
		assert.Equal(t, want, textsOf(h.all(1, 0)))
	}
	if h.in.Reopen != nil {
		h.reopen()
		assert.Equal(t, want, textsOf(h.all(0, 0)))
	}
}

// testFailedWriteThenCrash crashes a log that is broken, and one that has
// recovered.
func testFailedWriteThenCrash(t *testing.T, h *harness) {
	if h.in.Fail == nil || h.in.Crash == nil {
		t.Skip("this log's writes do not fail, or it survives nothing")
	}
	h.create(0)
	acks := &acked{}
	for i := range 5 {
		acks.append(t, h.log, 0, fmt.Sprint("good ", i))
	}
	h.in.Fail(true)
	require.Error(t, h.try(entry(0, "bad")))
	CheckAcknowledged(t, h.in.Crash(t), acks.snapshot())
	h.in.Fail(false)
	for i := range 5 {
		acks.append(t, h.log, 0, fmt.Sprint("again ", i))
	}
	CheckAcknowledged(t, h.in.Crash(t), acks.snapshot())
}

// testConcurrent appends and reads at the same time. Each reader sees each
// writer's records in order, without a gap, and positions that ascend.
func testConcurrent(t *testing.T, h *harness) {
	const writers, each, readers = 6, 60, 3
	h.create(0)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				assert.NoError(t, h.try(entry(0, fmt.Sprintf("%d %d", w, i))))
			}
		})
	}
	for range readers {
		wg.Go(func() {
			next := [writers]int{}
			last := int64(-1)
			from := int64(0)
			for seen := 0; seen < writers*each; {
				page, err := h.log.Read(ctx, id(0), from, log.Limit{Records: 7, Bytes: 1 << 20, Before: far})
				if !assert.NoError(t, err) {
					return
				}
				for _, r := range page.Records {
					var w, i int
					_, err := fmt.Sscan(string(r.Data), &w, &i)
					if !assert.NoError(t, err) || !assert.Equal(t, next[w], i) || !assert.Greater(t, r.Position, last) {
						return
					}
					next[w]++
					last = r.Position
					seen++
				}
				from = page.Next
				page.Release()
			}
		})
	}
	wg.Wait()
}
