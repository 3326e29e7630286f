package poller

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"sluice/store"
	"sluice/store/kv"
)

func TestCheckpoints(t *testing.T) {
	kept, err := store.Open(store.Options{Memory: true, Now: testStart})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, kept.Close()) })
	space := kept.Space("lambda")
	c, ctx := NewCheckpoints(space, "p/"), t.Context()

	at, begun, err := c.Load(ctx, "m1")
	require.NoError(t, err)
	require.False(t, begun)
	require.Empty(t, at)

	first := map[string]Position{
		"shardId-000000000000": {Shard: "100", After: "150"},
		"shardId-000000000001": {Shard: "200", At: 1764000000000},
		"shardId-000000000002": {Shard: "300", After: "399", Finished: true},
	}
	require.NoError(t, c.Save(ctx, "m1", first))
	require.NoError(t, c.Save(ctx, "m10", map[string]Position{"shardId-000000000000": {After: "7"}}))
	require.NoError(t, c.Save(ctx, "m2", nil), "a stream may have no shards yet")
	at, begun, err = c.Load(ctx, "m1")
	require.NoError(t, err)
	require.True(t, begun)
	require.Equal(t, first, at)
	at, begun, err = c.Load(ctx, "m2")
	require.NoError(t, err)
	require.True(t, begun)
	require.Empty(t, at)

	require.NoError(t, c.Save(ctx, "m1", map[string]Position{"shardId-000000000002": {}, "shardId-000000000000": {Shard: "100", After: "151"}}))
	at, _, err = c.Load(ctx, "m1")
	require.NoError(t, err)
	require.Equal(t, map[string]Position{"shardId-000000000000": {Shard: "100", After: "151"},
		"shardId-000000000001": {Shard: "200", At: 1764000000000}}, at)

	require.NoError(t, c.Drop(ctx, "m1"))
	_, begun, err = c.Load(ctx, "m1")
	require.NoError(t, err)
	require.False(t, begun)
	at, _, err = c.Load(ctx, "m10")
	require.NoError(t, err)
	require.Len(t, at, 1, "a mapping whose name begins alike is another")

	var b kv.Batch
	b.Set([]byte("p/m3/shardId-000000000000"), []byte(`{"v":2}`))
	b.Set([]byte("p/m4/shardId-000000000000"), []byte(`{`))
	require.NoError(t, space.Commit(ctx, &b))
	_, _, err = c.Load(ctx, "m3")
	require.ErrorContains(t, err, "written by a newer Sluice (format 2)")
	_, _, err = c.Load(ctx, "m4")
	require.ErrorContains(t, err, "the position in shardId-000000000000")
}

// brokenSpace fails.
type brokenSpace struct{ kv.Space }

// Commit implements kv.Space.
func (brokenSpace) Commit(context.Context, *kv.Batch) error { return errors.New("disk full") }

func TestCheckpointsThatFail(t *testing.T) {
	c := NewCheckpoints(brokenSpace{}, "p/")
	require.EqualError(t, c.Save(t.Context(), "m", nil), "save the checkpoints of mapping m: disk full")
	require.EqualError(t, c.Drop(t.Context(), "m"), "drop the checkpoints of mapping m: disk full")
}

// While checkpoints cannot be read nothing is delivered; afterwards all is.
func TestCheckpointsThatCannotBeLoaded(t *testing.T) {
	w := newWorld(t)
	w.create("orders", 1)
	w.put("orders", "a")
	var got seen
	w.handle(func(data []string) string { got.add(data); return "" })
	w.saved.fail(errors.New("disk full"))
	p := w.start(w.mapping("orders"))
	require.Empty(t, got.all())
	require.False(t, p.Status().Settled)
	w.saved.fail(nil)
	w.step(DefaultRetry().Base)
	require.Equal(t, [][]string{{"a"}}, got.all())
}
