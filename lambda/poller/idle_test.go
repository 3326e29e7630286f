package poller

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/quick"
	"sluice/lambda/function"
)

// idleMappings starts mappings on streams of their own and returns what each
// costs in memory.
func idleMappings(t testing.TB, count int) (bytes float64) {
	w := newWorld(t)
	for i := range count {
		w.create(fmt.Sprint("s", i), 1)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	goroutines := runtime.NumGoroutine()
	pollers := make([]*Poller, count)
	for i := range pollers {
		p, err := Start(w.config, w.mapping(fmt.Sprint("s", i)))
		require.NoError(t, err)
		pollers[i] = p
	}
	w.settle()
	runtime.GC()
	runtime.ReadMemStats(&after)
	await(t, func() bool { return runtime.NumGoroutine() <= goroutines+10 }) // idle mappings have no goroutines
	require.Nil(t, w.clock.State().Next, "nor timers")
	quick.Within(t, 2*time.Second, func() { w.step(365 * 24 * time.Hour) })
	for _, p := range pollers {
		p.Stop()
	}
	return float64(after.HeapAlloc-before.HeapAlloc) / float64(count)
}

func TestIdleMappings(t *testing.T) {
	each := idleMappings(t, 1000)
	t.Logf("%.0f bytes each", each)
	require.Less(t, each, 16e3)
}

// Ten thousand mappings of one stream wait together: a put wakes them once,
// its page is read once, and all of them deliver it.
func TestTenThousandMappings(t *testing.T) {
	const count = 10000
	w := newWorld(t)
	w.create("orders", 1)
	var calls atomic.Int32
	w.answer(func(function.Invocation) (function.Result, error) { calls.Add(1); return function.Result{}, nil })
	pollers := make([]*Poller, count)
	for i := range pollers {
		p, err := Start(w.config, w.mapping("orders", func(m *Mapping) { m.UUID, m.StartingPosition = fmt.Sprint("m", i), Latest }))
		require.NoError(t, err)
		pollers[i] = p
	}
	w.settle()
	before := w.readsSoFar()
	w.put("orders", "a")
	w.settle()
	require.EqualValues(t, count, calls.Load())
	require.LessOrEqual(t, w.readsSoFar()-before, 10)
	for _, p := range pollers {
		p.Stop()
	}
}
