package poller

import (
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// half is the middle of a hash range.
func half(from, to string) string {
	a, _ := new(big.Int).SetString(from, 10)
	b, _ := new(big.Int).SetString(to, 10)
	return a.Add(a, b).Rsh(a, 1).String()
}

func TestDelivery(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	var got seen
	w.handle(func(data []string) string { got.add(data); return "" })
	w.put("orders", "a", "b")
	p := w.start(w.mapping("orders", func(m *Mapping) { m.BatchingWindow = 5 * time.Minute }))
	require.Empty(t, got.all())
	w.step(5 * time.Minute)
	require.Equal(t, [][]string{{"a", "b"}}, got.all())
	last := w.put("orders", "c")[0]
	w.step(5 * time.Minute)
	require.Equal(t, [][]string{{"a", "b"}, {"c"}}, got.all())
	require.Equal(t, last, w.saved.of("m-orders", shard0).After)
	require.Equal(t, OK, p.Status().LastResult)
	w.split("orders", shard0)
	w.put("orders", "d", "e", "f")
	w.step(5 * time.Minute)
	require.GreaterOrEqual(t, len(got.all()), 3)
}
