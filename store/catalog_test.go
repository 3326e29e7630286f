package store_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/kv"
	"sluice/store/kv/kvtest"
	"sluice/store/log"
	"sluice/store/log/logtest"
)

func TestCatalogContract(t *testing.T) {
	for _, durability := range []store.Durability{store.Process, store.Disk} {
		t.Run(string(durability), func(t *testing.T) { kvtest.Run(t, storedCatalog(durability)) })
	}
}

func storedCatalog(durability store.Durability) kvtest.Open {
	now := logtest.NewClock().Now
	return func(t *testing.T, apply kv.Apply) *kvtest.Instance {
		d := newDisk()
		s := open(t, options(d.fs, durability, now))
		t.Cleanup(func() { _ = s.Close() })
		return &kvtest.Instance{
			Catalog: s.Catalog("test", apply),
			Reopen: func(t *testing.T) kv.Catalog {
				_ = s.Close() // reports the failure of a store that failed
				s = open(t, options(d.fs, durability, now))
				return s.Catalog("test", apply)
			},
			Crash: func(t *testing.T) kv.Catalog {
				left := d.afterKill()
				if durability == store.Disk {
					left = d.afterPowerLoss(50)
				}
				copied := open(t, options(left, durability, now))
				t.Cleanup(func() { _ = copied.Close() })
				return copied.Catalog("test", apply)
			},
			Fail: d.fail.Store,
		}
	}
}

// TestNamespaces checks that rooms do not see each other, in memory and stored.
func TestNamespaces(t *testing.T) {
	clock := logtest.NewClock()
	memory := open(t, store.Options{Memory: true, Now: clock.Now})
	stored := open(t, options(newDisk().fs, store.Process, clock.Now))
	defer func() { require.NoError(t, stored.Close()) }()
	for _, s := range []*store.Store{memory, stored} {
		a, b := s.Catalog("a", replace), s.Catalog("ab", replace)
		_, err := a.Propose(ctx, kv.Command{Key: "bx", Body: []byte("a's")})
		require.NoError(t, err)
		_, err = b.Propose(ctx, kv.Command{Key: "x", Body: []byte("ab's")})
		require.NoError(t, err)
		v, err := s.Catalog("a", replace).Get(ctx, "bx")
		require.NoError(t, err)
		assert.Equal(t, "a's", string(v.State))
		n := 0
		require.NoError(t, a.Scan(ctx, "", func(string, kv.Value) error { n++; return nil }))
		assert.Equal(t, 1, n)

		one := []log.ID{{Stream: 1}}
		require.NoError(t, s.Log("a").Create(ctx, one))
		_, err = s.Log("ab").Seek(ctx, one[0], log.Latest, clock.Now())
		require.ErrorIs(t, err, log.ErrNotFound)
		_, err = s.Log("a").Seek(ctx, one[0], log.Latest, clock.Now())
		require.NoError(t, err)
	}
	assert.Equal(t, store.Health{Kind: "memory", Durability: store.Process, Format: store.Format}, memory.Health())
	assert.Equal(t, store.Health{Kind: "pebble", Durability: store.Process, Format: store.Format}, stored.Health())
	require.NoError(t, memory.Close())
}
