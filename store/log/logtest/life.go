package logtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store/log"
)

func testSeal(t *testing.T, h *harness) {
	h.create(0, 1)
	last := h.texts(0, "a", "b")[1]
	ends, err := h.log.Seal(ctx, []log.ID{id(0), id(1)})
	require.NoError(t, err)
	require.Len(t, ends, 2)
	assert.Greater(t, ends[0], last)
	check := func() {
		t.Helper()
		again, err := h.log.Seal(ctx, []log.ID{id(0), id(1)})
		require.NoError(t, err)
		assert.Equal(t, ends, again, "sealing again returns the same")
		c, err := h.log.Append(ctx, []log.Entry{entry(0, "late"), entry(1, "late")})
		require.NoError(t, err)
		require.NoError(t, c.Wait())
		for _, p := range c.Placed() {
			require.ErrorIs(t, p.Err, log.ErrSealed)
		}
		assert.Equal(t, []string{"a", "b"}, textsOf(h.all(0, 0)))
		for i, end := range ends {
			page, err := h.log.Read(ctx, id(uint32(i)), last+1, log.Limit{Records: 9, Bytes: 9, Before: far})
			require.NoError(t, err)
			assert.GreaterOrEqual(t, page.Next, end, "a reader can tell that a sealed log is drained")
			page.Release()
		}
	}
	check()
	if h.in.Reopen != nil {
		h.reopen()
		check()
	}
}

func testSealedInBatch(t *testing.T, h *harness) {
	h.create(0, 1)
	_, err := h.log.Seal(ctx, []log.ID{id(0)})
	require.NoError(t, err)
	p := h.append(entry(0, "no"), entry(1, "yes"), entry(0, "no"))
	require.ErrorIs(t, p[0].Err, log.ErrSealed)
	require.NoError(t, p[1].Err)
	require.ErrorIs(t, p[2].Err, log.ErrSealed)
	assert.Empty(t, h.all(0, 0))
	assert.Equal(t, []string{"yes"}, textsOf(h.all(1, 0)))
}

// testTrim checks that a trim removes nothing young and, in the end, all that
// is old; twice does no more than once.
func testTrim(t *testing.T, h *harness) {
	h.create(0, 1)
	for i := range 10 {
		h.append(entry(0, fmt.Sprint(i)), entry(1, fmt.Sprint(i)))
		h.clock.Advance(time.Hour)
	}
	horizon := start.Add(4 * time.Hour)
	limit := log.Limit{Records: 100, Bytes: 1 << 20, Before: far, NotBefore: horizon}
	for range 2 {
		require.NoError(t, h.log.Trim(ctx, 7, horizon))
		for s := range uint32(2) {
			records, err := readAll(h.log, id(s), 0, limit)
			require.NoError(t, err)
			assert.Equal(t, []string{"4", "5", "6", "7", "8", "9"}, textsOf(records))
		}
		if h.in.Reopen != nil {
			h.reopen()
		}
	}
	h.clock.Advance(1000 * time.Hour)
	require.NoError(t, h.log.Trim(ctx, 7, h.clock.Now()))
	assert.Empty(t, h.all(0, 0), "what is a thousand hours old is gone")
	assert.Empty(t, h.all(1, 0))
}

// testTrimAll checks that a log that lost all records goes on where it was.
func testTrimAll(t *testing.T, h *harness) {
	h.create(0, 1)
	last := h.texts(0, "a", "b", "c")[2]
	_, err := h.log.Seal(ctx, []log.ID{id(1)})
	require.NoError(t, err)
	h.clock.Advance(200 * time.Hour)
	require.NoError(t, h.log.Trim(ctx, 7, h.clock.Now()))
	for range 2 {
		latest := h.seek(0, log.Latest, time.Time{})
		assert.Greater(t, latest, last)
		assert.Equal(t, latest, h.seek(0, log.Earliest, time.Time{}))
		last = h.texts(0, "more")[0]
		assert.GreaterOrEqual(t, last, latest)
		h.clock.Advance(200 * time.Hour)
		require.NoError(t, h.log.Trim(ctx, 7, h.clock.Now()))
		if h.in.Reopen != nil {
			h.reopen()
		}
	}
	c, err := h.log.Append(ctx, []log.Entry{entry(1, "x")})
	require.NoError(t, err)
	require.NoError(t, c.Wait())
	require.ErrorIs(t, c.Placed()[0].Err, log.ErrSealed)
}

func testDelete(t *testing.T, h *harness) {
	h.create(0, 1)
	for i := range 5 {
		h.append(entry(0, fmt.Sprint(i)), entry(1, fmt.Sprint(i)))
		h.clock.Advance(time.Hour)
	}
	check := func() {
		t.Helper()
		_, err := h.log.Read(ctx, id(0), 0, log.Limit{Records: 1, Bytes: 1, Before: far})
		require.ErrorIs(t, err, log.ErrNotFound)
		_, err = h.log.Append(ctx, []log.Entry{entry(1, "x")})
		require.ErrorIs(t, err, log.ErrNotFound)
	}
	require.NoError(t, h.log.Delete(ctx, 7))
	check()
	require.NoError(t, h.log.Delete(ctx, 7), "deleting nothing is no error")
	if h.in.Reopen != nil {
		h.reopen()
		check()
	}
}

func testRestart(t *testing.T, h *harness) {
	h.create(0, 1)
	var want []string
	for i := range 5 {
		text := fmt.Sprint(i)
		want = append(want, text)
		h.append(entry(0, text), entry(1, text))
		h.clock.Advance(45 * time.Minute)
		h.reopen()
		assert.Equal(t, want, textsOf(h.all(0, 0)))
		assert.Equal(t, want, textsOf(h.all(1, 0)))
	}
}

func testRestartKeepsPositions(t *testing.T, h *harness) {
	h.create(0)
	var positions []int64
	for range 4 {
		positions = append(positions, h.texts(0, "a", "b")...)
		h.reopen()
		assert.GreaterOrEqual(t, h.seek(0, log.Latest, time.Time{}), positions[len(positions)-1]+1)
	}
	assertAscending(t, positions)
	for i, r := range h.all(0, 0) {
		assert.Equal(t, positions[i], r.Position)
	}
}
