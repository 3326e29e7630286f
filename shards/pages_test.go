package shards

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/page"
	"sluice/store/log"
)

// borrowed spoils the records and their payloads once a page is released.
type borrowed struct {
	Log
	releases atomic.Int32
}

// released is how many pages were.
func (b *borrowed) released() int { return int(b.releases.Load()) }

// Read implements Log.
func (b *borrowed) Read(ctx context.Context, id log.ID, from int64, limit log.Limit) (log.Page, error) {
	got, err := b.Log.Read(ctx, id, from, limit)
	if err != nil {
		return got, err
	}
	mine := append([]log.Record(nil), got.Records...)
	for i := range mine {
		mine[i].Data = append([]byte(nil), mine[i].Data...)
	}
	got.Records = mine
	release := got.Release
	got.Release = func() {
		b.releases.Add(1)
		for i := range mine {
			clear(mine[i].Data)
		}
		clear(mine)
		release()
	}
	return got, nil
}

// tally is a share that remembers what it was asked for.
type tally struct {
	asked []int64
	err   error
}

// Resize implements page.Share.
func (s *tally) Resize(_ context.Context, n int64) error {
	s.asked = append(s.asked, n)
	return s.err
}

func TestLentPages(t *testing.T) {
	b := &borrowed{}
	r := open(t, func(c *Config) { b.Log = c.Log; c.Log = b })
	r.create("a", 1)
	for i := range 40 {
		r.put("a", fmt.Sprint("key", i), strings.Repeat("x", i*50)+"!")
		if i%3 == 0 {
			r.clock.Step(700 * time.Millisecond)
		}
	}
	it := r.iterator("a", shard0, types.ShardIteratorTypeTrimHorizon)
	own := r.get(it)
	require.Equal(t, 1, b.released(), "what is read in process is a copy")
	part, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it, Limit: aws.Int32(20)})
	require.NoError(t, err)
	require.EqualValues(t, 7*700, *part.MillisBehindLatest, "the clock moved seven times after the 20th record")
	b.releases.Store(1)
	share := &tally{}
	lease := &page.Lease{Share: share}
	for range 3 { // the memory of the shapes is used again
		got, err := r.GetRecords(page.With(r.ctx, lease), &kinesis.GetRecordsInput{ShardIterator: &it})
		require.NoError(t, err)
		require.Equal(t, own.Records, got.Records)
		before := b.released()
		lease.End()
		require.Equal(t, before+1, b.released())
	}
	require.Len(t, share.asked, 6)
	require.EqualValues(t, pageBytes+40*recordShape+answerRoom, share.asked[0], "a full page, for all that is known before")
	require.Less(t, share.asked[1], int64(400<<10), "what it really weighs")

	share.err = errors.New("no memory")
	_, err = r.GetRecords(page.With(r.ctx, lease), &kinesis.GetRecordsInput{ShardIterator: &it})
	require.ErrorIs(t, err, share.err)
	require.Equal(t, 4, b.released(), "nothing was read")
	require.Equal(t, "!", string(own.Records[0].Data))
}
