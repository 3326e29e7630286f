package firehose

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/store/log"
)

// aheadLog is a log whose ends are far ahead, as a repair of the data folder
// leaves them.
type aheadLog struct {
	log.Log
	ahead int64
}

func (l *aheadLog) Seek(ctx context.Context, id log.ID, where log.Where, t time.Time) (int64, error) {
	at, err := l.Log.Seek(ctx, id, where, t)
	return at + l.ahead, err
}

func (l *aheadLog) Read(ctx context.Context, id log.ID, from int64, limit log.Limit) (log.Page, error) {
	limit.Before -= l.ahead
	page, err := l.Log.Read(ctx, id, from, limit)
	page.Next += l.ahead
	return page, err
}

// A gap that a repair of the data folder leaves is passed, and is not taken for
// billions of records that could not be delivered.
func TestGapOfARepair(t *testing.T) {
	r := newRig(t)
	r.create("s", nil)
	r.put("s", "a")
	r.pass(10 * time.Minute)
	require.Equal(t, "a", r.bodies(""))
	r.clock.Step(26 * time.Hour)
	st := r.known("s")
	r.config.Log = &aheadLog{Log: r.config.Log, ahead: 1 << 32}
	done, err := r.run(t.Context(), way{stream: st, cursor: &st.pump.main}, time.Time{}, true)
	require.NoError(t, err)
	require.Zero(t, done.Records)
	require.Zero(t, st.pump.counts.Expired.Load())
	require.Greater(t, st.pump.progress.Main, int64(1<<32))
}
