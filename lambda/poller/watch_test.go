package poller

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// handTips are tips whose watches call when the test says so.
type handTips struct {
	Tips
	waiting bool
	wakes   []func()
}

// Watch implements Tips.
func (h *handTips) Watch(_ context.Context, _, _ string, _ uint64, wake func()) (func(), bool) {
	h.wakes = append(h.wakes, wake)
	return func() {}, h.waiting
}

func handReaders(t *testing.T) (*Readers, *handTips) {
	t.Helper()
	w := newWorld(t)
	tips := &handTips{Tips: w.streams}
	r, err := NewReaders(ReadersConfig{Clock: w.clock, Hold: w.clock.Hold, Source: inProcess{w}, Tips: tips})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	return r, tips
}

// A put at the moment of a watch calls it although it was refused. That call
// may come late, and says nothing to those who wait for what comes next.
func TestCallsOfWatchesThatWereRefused(t *testing.T) {
	r, tips := handReaders(t)
	tap := r.open(streamKey("orders").of(shard0))
	woken := make(chan string, 10)
	_, waiting := r.wait(tap, 1, func() { woken <- "refused" })
	require.False(t, waiting)
	tips.waiting = true
	_, waiting = r.wait(tap, 2, func() { woken <- "waits" })
	require.True(t, waiting)
	tips.wakes[0]()
	r.work.Wait()
	require.Empty(t, woken)
	_, waiting = r.wait(tap, 2, func() { woken <- "waits too" })
	require.True(t, waiting)
	require.Len(t, tips.wakes, 2, "it shares the watch there is")
	tips.wakes[1]()
	r.work.Wait()
	require.ElementsMatch(t, []string{"waits", "waits too"}, []string{<-woken, <-woken})
	r.close(tap)
}

func streamKey(name string) tapKey { return tapOf(streamARN(name)) }

// Puts may call while the readers close, and after.
func TestCallsWhileReadersClose(t *testing.T) {
	r, tips := handReaders(t)
	tips.waiting = true
	var puts sync.WaitGroup
	for i := range 50 {
		tap := r.open(streamKey("orders").of(string(rune('a' + i))))
		_, waiting := r.wait(tap, 1, func() {})
		require.True(t, waiting)
		puts.Go(tips.wakes[i])
	}
	r.Close()
	puts.Wait()
}
