package shards

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/page"
)

// sharing opens a room that keeps pages, over a log that spoils them when they
// are released.
func sharingRoom(t *testing.T, bytes int64) (*room, *borrowed) {
	b := &borrowed{}
	return open(t, func(c *Config) { b.Log, c.Log, c.SharedPages = c.Log, b, bytes }), b
}

func TestSharedPages(t *testing.T) {
	r, b := sharingRoom(t, 1<<20)
	r.create("a", 1)
	for i := range 20 {
		r.put("a", "key", fmt.Sprint("payload ", i))
	}
	it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
	own := r.get(it)
	require.Equal(t, 1, b.released())
	read := func(lease *page.Lease, limit int32) []types.Record {
		got, err := r.GetRecords(page.With(r.ctx, lease), &kinesis.GetRecordsInput{ShardIterator: &it, Limit: &limit})
		require.NoError(t, err)
		return got.Records
	}
	var first, second, third page.Lease
	require.Equal(t, own.Records, read(&first, 10000))
	first.End()
	require.Equal(t, 1, b.released(), "the call in process was the first to ask")
	t.Run("what is asked for again is kept and shared", func(t *testing.T) {
		require.Equal(t, own.Records, read(&second, 10000))
		require.Equal(t, own.Records[:7], read(&third, 7))
		second.End()
		third.End()
		require.Equal(t, own.Records, r.get(it).Records, "in process it is copied")
		require.Equal(t, 1, b.released())
	})
	t.Run("new records are read from the store", func(t *testing.T) {
		r.put("a", "key", "new")
		got := read(&second, 10000)
		require.Len(t, got, 21)
		require.Equal(t, 2, b.released(), "the newer page took the place of the older")
		require.Len(t, read(&third, 10000), 21)
		second.End()
		require.Equal(t, "new", string(read(&third, 10000)[20].Data))
		third.End()
		require.Equal(t, 2, b.released())
	})
	t.Run("what has expired is not shown", func(t *testing.T) {
		r.clock.Step(23 * time.Hour)
		r.put("a", "key", "late")
		it = r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		require.Len(t, read(&second, 10000), 22)
		r.clock.Step(2 * time.Hour)
		it = r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
		got := read(&second, 10000)
		require.Len(t, got, 1)
		require.Equal(t, "late", string(got[0].Data))
		second.End()
	})
}

// However pages are kept, a reader gets what the store would have given.
func TestSharedPagesAreThoseOfTheStore(t *testing.T) {
	r, _ := sharingRoom(t, 700<<10)
	r.create("a", 2)
	dice := rand.New(rand.NewPCG(1, 2))
	st := r.lookup(r.ctx, streamKey{account: testAccount, region: testRegion, name: "a"})
	shared := 0
	for i := range 2000 {
		if i%5 == 0 {
			r.put("a", fmt.Sprint("key", i), strings.Repeat("x", dice.IntN(4000)))
			r.clock.Step(time.Duration(dice.IntN(3)) * time.Minute)
		}
		v := st.view.Load()
		sh := &v.layout.shards[dice.IntN(2)]
		limit := sh.limit()
		if limit == 0 {
			continue
		}
		from := max(0, limit-1-int64(dice.IntN(1+dice.IntN(30))))
		records, bytes := []int{1, 3, 10, 10000}[dice.IntN(4)], []int{500, 5000, 10 << 20}[dice.IntN(3)]
		room := r.shared.room
		r.shared.room = 0
		want, err := r.Streams.read(r.ctx, st, v, sh, from, records, bytes)
		require.NoError(t, err)
		r.shared.room = room
		var lease page.Lease
		if found, _ := r.shared.find(sh.tail, wish{from: from, limit: limit, records: records, bytes: bytes, horizon: v.state.horizon(r.clock.Now())}); found.page != nil {
			shared++
			r.shared.release(found.page)
		}
		got, err := r.Streams.read(page.With(r.ctx, &lease), st, v, sh, from, records, bytes)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.LessOrEqual(t, r.shared.held, r.shared.room)
		lease.End()
	}
	require.Greater(t, shared, 200)
}

// Readers at once, while pages come and go.
func TestSharedPagesAtOnce(t *testing.T) {
	r, _ := sharingRoom(t, 600<<10)
	r.create("a", 1)
	for i := range 50 {
		r.put("a", "key", fmt.Sprint("payload ", i))
	}
	it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
	own := r.get(it).Records
	var group sync.WaitGroup
	for reader := range 4 {
		group.Go(func() {
			for i := range 300 {
				var lease page.Lease
				limit := 1 + (i*7+reader)%50
				got, err := r.GetRecords(page.With(r.ctx, &lease), &kinesis.GetRecordsInput{ShardIterator: &it, Limit: aws.Int32(int32(limit))})
				if err != nil || len(got.Records) != limit || string(got.Records[limit-1].Data) != string(own[limit-1].Data) {
					t.Errorf("%d records, %v", limit, err)
				}
				lease.End()
			}
		})
	}
	group.Wait()
}
