package poller

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/lambda/function"
)

// scarce gives a world's mappings so much memory together.
func (w *world) scarce(bytes int) {
	w.t.Helper()
	readers, err := NewReaders(ReadersConfig{Clock: w.clock, Hold: w.clock.Hold, Source: inProcess{w}, Tips: w.streams, Memory: bytes})
	require.NoError(w.t, err)
	w.t.Cleanup(readers.Close)
	w.readers, w.config.Readers = readers, readers
}

func (m *memory) now() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.held
}

// Functions that fail for ever hold what there is of memory and a small page
// each, and leave the others as much as they need to go on.
func TestMemoryOfManyMappings(t *testing.T) {
	const count, limit = 40, 4 << 20
	w := newWorld(t)
	w.scarce(limit)
	var got seen
	w.answer(func(in function.Invocation) (function.Result, error) {
		if in.Name != "works" {
			return function.Result{Error: function.Unhandled}, nil
		}
		got.add(make([]string, len(eventOf(t, in.Payload).Records)))
		return function.Result{}, nil
	})
	kilobyte := strings.Repeat("x", 1<<10)
	for i := range count {
		name := fmt.Sprint("s", i)
		w.create(name, 1)
		for range 500 {
			w.putKey(name, "k", kilobyte)
		}
		if i < count-1 {
			w.start(w.mapping(name, func(m *Mapping) { m.UUID, m.BatchSize = name, 10000 }))
		}
	}
	w.settle()
	each := scantBytes + scantFirst*(1<<10+recordWeight)
	held := w.readers.memory.now()
	require.GreaterOrEqual(t, held, limit)
	require.Less(t, held, limit+laneBytes/4+count*each)

	p := w.start(w.mapping(fmt.Sprint("s", count-1), func(m *Mapping) { m.UUID, m.Function = "healthy", "works" }))
	w.step(10 * time.Second)
	done := 0
	for _, batch := range got.all() {
		done += len(batch)
	}
	require.Equal(t, 500, done)
	require.Equal(t, "records", p.Status().Shards[0].WaitingFor)
	require.GreaterOrEqual(t, w.readers.memory.now(), limit, "the others still fail")
}

// What was read and not finished is given back when a mapping stops, is
// disabled or changes, and those who waited for it go on.
func TestMemoryIsGivenBack(t *testing.T) {
	w := newWorld(t)
	w.scarce(1 << 20)
	working := false
	w.answer(func(function.Invocation) (function.Result, error) {
		if !working {
			return function.Result{Error: function.Unhandled}, nil
		}
		return function.Result{}, nil
	})
	large := strings.Repeat("x", 900<<10)
	for _, name := range []string{"a", "b"} {
		w.create(name, 1)
		for range 3 {
			w.putKey(name, "k", large)
		}
	}
	a := w.start(w.mapping("a", func(m *Mapping) { m.UUID = "a" }))
	b := w.start(w.mapping("b", func(m *Mapping) { m.UUID = "b" }))
	w.settle()
	require.GreaterOrEqual(t, w.readers.memory.now(), 1<<20)
	off := w.mapping("a", func(m *Mapping) { m.UUID, m.Enabled = "a", false })
	require.NoError(t, a.Update(off))
	w.settle()
	require.Zero(t, a.Status().Counters.InFlightBytes)
	working = true
	w.step(time.Minute)
	require.Equal(t, "records", b.Status().Shards[0].WaitingFor)
	require.Zero(t, w.readers.memory.now())
	working = false
	off.Enabled = true
	require.NoError(t, a.Update(off))
	w.settle()
	require.Positive(t, w.readers.memory.now())
	a.Stop()
	require.Zero(t, w.readers.memory.now())
	require.Empty(t, w.readers.memory.hungry)
}
