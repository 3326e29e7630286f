package logtest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"sluice/store/log"
)

func testOrder(t *testing.T, h *harness) {
	h.create(0, 1)
	var zero, one []int64
	for i := range 20 {
		p := h.append(entry(0, fmt.Sprint("a", i)), entry(1, fmt.Sprint("b", i)), entry(0, fmt.Sprint("c", i)))
		for _, placed := range p {
			require.NoError(t, placed.Err)
			assert.Equal(t, h.clock.Now(), placed.Arrival)
		}
		zero = append(zero, p[0].Position, p[2].Position)
		one = append(one, p[1].Position)
	}
	assertAscending(t, zero)
	assertAscending(t, one)
	records := h.all(0, 0)
	require.Len(t, records, 40)
	for i, r := range records {
		text := fmt.Sprint(string("ac"[i%2]), i/2)
		assert.Equal(t, text, string(r.Data))
		assert.Equal(t, "key-"+text, r.PartitionKey)
		assert.Equal(t, zero[i], r.Position)
		assert.Equal(t, h.clock.Now(), r.Arrival)
		assert.False(t, r.Encrypted)
	}
	require.Len(t, h.all(1, 0), 20)
}

func assertAscending(t *testing.T, positions []int64) {
	t.Helper()
	for i := 1; i < len(positions); i++ {
		require.Greater(t, positions[i], positions[i-1])
	}
}

func testMissing(t *testing.T, h *harness) {
	h.create(0)
	_, err := h.log.Append(ctx, []log.Entry{entry(0, "x"), entry(9, "y")})
	require.ErrorIs(t, err, log.ErrNotFound)
	assert.Empty(t, h.all(0, 0), "a batch that failed must leave nothing")
	_, err = h.log.Read(ctx, id(9), 0, log.Limit{Records: 1, Bytes: 1, Before: far})
	require.ErrorIs(t, err, log.ErrNotFound)
	_, err = h.log.Seek(ctx, id(9), log.Latest, time.Time{})
	require.ErrorIs(t, err, log.ErrNotFound)
	_, err = h.log.Seal(ctx, []log.ID{id(9)})
	require.ErrorIs(t, err, log.ErrNotFound)
	require.NoError(t, h.log.Trim(ctx, 99, h.clock.Now()))
	require.NoError(t, h.log.Delete(ctx, 99))
	h.texts(0, "fine")
	h.create(0)
	assert.Equal(t, []string{"fine"}, textsOf(h.all(0, 0)), "creating again changes nothing")
}

func testEmptyBatch(t *testing.T, h *harness) {
	c, err := h.log.Append(ctx, nil)
	require.NoError(t, err)
	require.NoError(t, c.Wait())
	assert.Empty(t, c.Placed())
	h.create(0)
	h.append(log.Entry{Log: id(0)}, log.Entry{Log: id(0), PartitionKey: strings.Repeat("ü", 256), Encrypted: true})
	records := h.all(0, 0)
	require.Len(t, records, 2)
	assert.Empty(t, records[0].Data)
	assert.Empty(t, records[0].PartitionKey)
	assert.Equal(t, strings.Repeat("ü", 256), records[1].PartitionKey)
	assert.True(t, records[1].Encrypted)
}

func testTwoStreams(t *testing.T, h *harness) {
	other := log.ID{Stream: 8}
	h.create(0)
	require.NoError(t, h.log.Create(ctx, []log.ID{other}))
	_, err := h.log.Append(ctx, []log.Entry{entry(0, "x"), {Log: other}})
	require.Error(t, err, "a batch may not span streams")
	h.texts(0, "mine")
	h.append(log.Entry{Log: other, Data: []byte("theirs")})
	require.NoError(t, h.log.Delete(ctx, 8))
	assert.Equal(t, []string{"mine"}, textsOf(h.all(0, 0)))
}

func testArrival(t *testing.T, h *harness) {
	h.create(0)
	h.texts(0, "first")
	before := h.clock.Now()
	h.clock.Advance(-time.Hour)
	h.texts(0, "clock went back")
	if h.in.Reopen != nil {
		h.reopen()
	}
	h.texts(0, "still back")
	h.clock.Advance(2 * time.Hour)
	h.texts(0, "forward")
	for i, r := range h.all(0, 0) {
		want := before
		if i == 3 {
			want = h.clock.Now()
		}
		assert.Equal(t, want, r.Arrival, "record %d", i)
	}
}

// page reads one page and returns its texts and where the next one begins.
func (h *harness) page(from int64, limit log.Limit) ([]string, int64) {
	h.t.Helper()
	p, err := h.log.Read(ctx, id(0), from, limit)
	require.NoError(h.t, err)
	texts := []string{}
	for _, r := range p.Records {
		texts = append(texts, string(copied(r).Data))
	}
	p.Release()
	return texts, p.Next
}

func testRecordLimit(t *testing.T, h *harness) {
	h.create(0)
	h.texts(0, "a", "b", "c")
	h.texts(0, "d", "e")
	limit := log.Limit{Records: 2, Bytes: 1 << 20, Before: far}
	texts, next := h.page(0, limit)
	assert.Equal(t, []string{"a", "b"}, texts)
	texts, next = h.page(next, limit)
	assert.Equal(t, []string{"c", "d"}, texts)
	texts, next = h.page(next, limit)
	assert.Equal(t, []string{"e"}, texts)
	texts, again := h.page(next, limit)
	assert.Empty(t, texts)
	assert.Equal(t, next, again)
	h.texts(0, "f")
	texts, _ = h.page(next, limit)
	assert.Equal(t, []string{"f"}, texts, "a reader at the end sees what comes")
}

func testByteLimit(t *testing.T, h *harness) {
	h.create(0)
	big := strings.Repeat("x", 100) // 104 bytes of key come on top
	h.texts(0, big, "b", "c")       // 204, 6, 6
	limit := func(n int) log.Limit { return log.Limit{Records: 10, Bytes: n, Before: far} }
	texts, next := h.page(0, limit(1))
	assert.Equal(t, []string{big}, texts, "a first record is returned whatever its size")
	texts, _ = h.page(next, limit(11))
	assert.Equal(t, []string{"b"}, texts)
	texts, _ = h.page(next, limit(12))
	assert.Equal(t, []string{"b", "c"}, texts)
	texts, _ = h.page(0, limit(209))
	assert.Equal(t, []string{big}, texts)
	texts, _ = h.page(0, limit(210))
	assert.Equal(t, []string{big, "b"}, texts)
}

func testBefore(t *testing.T, h *harness) {
	h.create(0)
	p := h.texts(0, "a", "b", "c")
	limit := log.Limit{Records: 10, Bytes: 1 << 20}
	limit.Before = p[1]
	texts, next := h.page(0, limit)
	assert.Equal(t, []string{"a"}, texts)
	assert.Equal(t, p[1], next)
	limit.Before = 0
	texts, next = h.page(p[2]+1, limit)
	assert.Empty(t, texts)
	assert.Equal(t, p[2]+1, next, "a position beyond Before stays")

	c, err := h.log.Append(ctx, []log.Entry{entry(0, "d")})
	require.NoError(t, err)
	limit.Before = far
	texts, next = h.page(p[2], limit)
	if len(texts) == 1 { // a log may be durable before Wait says so
		assert.Equal(t, []string{"c"}, texts)
		assert.LessOrEqual(t, next, c.Placed()[0].Position, "a record that may come is not passed over")
	}
	require.NoError(t, c.Wait())
	texts, _ = h.page(p[2], limit)
	assert.Equal(t, []string{"c", "d"}, texts)
}

func testNotBefore(t *testing.T, h *harness) {
	h.create(0)
	var texts []string
	var times []time.Time
	for i := range 12 {
		texts = append(texts, fmt.Sprint(i))
		times = append(times, h.clock.Now())
		h.texts(0, texts[i])
		h.clock.Advance(25 * time.Minute)
	}
	limit := log.Limit{Records: 100, Bytes: 1 << 20, Before: far}
	for i, at := range times {
		limit.NotBefore = at
		got, _ := h.page(0, limit)
		assert.Equal(t, texts[i:], got, "not before %v", at)
		limit.NotBefore = at.Add(time.Microsecond)
		got, _ = h.page(0, limit)
		assert.Equal(t, append([]string{}, texts[i+1:]...), got)
	}
}

// testEveryStart reads from every position, gaps and both ends included.
func testEveryStart(t *testing.T, h *harness) {
	h.create(0)
	var positions []int64
	var texts []string
	for i := range 6 {
		var batch []string
		for j := range 1 + i%3 {
			batch = append(batch, fmt.Sprint(i, ".", j))
		}
		texts = append(texts, batch...)
		positions = append(positions, h.texts(0, batch...)...)
		h.clock.Advance(40 * time.Minute)
	}
	end := positions[len(positions)-1] + 2
	first := 0
	for from := max(positions[0]-2, 0); from <= end; from++ {
		for first < len(positions) && positions[first] < from {
			first++
		}
		assert.Equal(t, append([]string{}, texts[first:]...), textsOf(h.all(0, from)), "from %d", from)
	}
}

func testBigRecords(t *testing.T, h *harness) {
	h.create(0)
	big := bytes.Repeat([]byte{0xa5}, 10<<20)
	medium := bytes.Repeat([]byte("m"), 700<<10)
	h.append(log.Entry{Log: id(0), PartitionKey: "big", Data: big})
	h.append(log.Entry{Log: id(0), Data: medium}, entry(0, "small"), log.Entry{Log: id(0), Data: medium})
	if h.in.Reopen != nil {
		h.reopen()
	}
	records := h.all(0, 0)
	require.Len(t, records, 4)
	assert.True(t, bytes.Equal(big, records[0].Data))
	assert.True(t, bytes.Equal(medium, records[1].Data))
	assert.Equal(t, "small", string(records[2].Data))
	assert.True(t, bytes.Equal(medium, records[3].Data))
}

func testPagesOutliveWrites(t *testing.T, h *harness) {
	h.create(0)
	h.texts(0, "kept", "too")
	page, err := h.log.Read(ctx, id(0), 0, log.Limit{Records: 10, Bytes: 1 << 20, Before: far})
	require.NoError(t, err)
	for i := range 50 {
		h.texts(0, strings.Repeat(fmt.Sprint(i), 1000))
		h.all(0, 0)
	}
	h.clock.Advance(10 * time.Hour)
	require.NoError(t, h.log.Trim(ctx, 7, h.clock.Now()))
	require.NoError(t, h.log.Delete(ctx, 7))
	assert.Equal(t, []string{"kept", "too"}, textsOf(page.Records))
	assert.Equal(t, "key-kept", page.Records[0].PartitionKey)
	page.Release()
}

// testOwnsNothing changes the batch right after Append.
func testOwnsNothing(t *testing.T, h *harness) {
	h.create(0)
	data := []byte("before")
	c, err := h.log.Append(ctx, []log.Entry{{Log: id(0), Data: data}})
	require.NoError(t, err)
	copy(data, "after!")
	require.NoError(t, c.Wait())
	assert.Equal(t, []string{"before"}, textsOf(h.all(0, 0)))
}

func testManyShards(t *testing.T, h *harness) {
	const shards, records = 256, 500
	var all []uint32
	for s := range uint32(shards) {
		all = append(all, s)
	}
	h.create(all...)
	var batch []log.Entry
	for i := range records {
		batch = append(batch, entry(uint32(i*7)%shards, fmt.Sprint(i)))
	}
	h.append(batch...)
	h.append(batch...)
	total := 0
	for _, s := range all {
		records := h.all(s, 0)
		total += len(records)
		for _, r := range records {
			var i int
			_, err := fmt.Sscan(string(r.Data), &i)
			require.NoError(t, err)
			require.Equal(t, s, uint32(i*7)%shards)
		}
	}
	assert.Equal(t, 2*records, total)
}

func testSeekTime(t *testing.T, h *harness) {
	h.create(0)
	latest := h.seek(0, log.Latest, time.Time{})
	assert.Equal(t, latest, h.seek(0, log.Earliest, time.Time{}))
	assert.Equal(t, latest, h.seek(0, log.AtTime, h.clock.Now()))
	var positions []int64
	var times []time.Time
	for i := range 30 {
		times = append(times, h.clock.Now())
		positions = append(positions, h.texts(0, fmt.Sprint(i), "beside")[0])
		h.clock.Advance(7 * time.Minute)
	}
	assert.Equal(t, positions[0], h.seek(0, log.Earliest, time.Time{}))
	assert.Equal(t, positions[0], h.seek(0, log.AtTime, times[0].Add(-24*time.Hour)))
	for i := range times {
		assert.Equal(t, positions[i], h.seek(0, log.AtTime, times[i]), "at %v", times[i])
		if i > 0 {
			assert.Equal(t, positions[i], h.seek(0, log.AtTime, times[i].Add(-time.Microsecond)))
		}
	}
	latest = h.seek(0, log.Latest, time.Time{})
	assert.Greater(t, latest, positions[29]+1)
	assert.Equal(t, latest, h.seek(0, log.AtTime, times[29].Add(time.Millisecond)))
	next := h.texts(0, "next")[0]
	assert.GreaterOrEqual(t, next, latest)
}
