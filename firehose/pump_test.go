package firehose

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"

	"sluice/store/log"
)

// underWay is a log of which the newest records are still being written: they
// have positions, and cannot be read.
type underWay struct {
	log.Log
	written map[log.ID]int64
}

func (l underWay) Read(ctx context.Context, id log.ID, from int64, limit log.Limit) (log.Page, error) {
	end, some := l.written[id]
	if !some {
		return l.Log.Read(ctx, id, from, limit)
	}
	limit.Before = min(limit.Before, end)
	page, err := l.Log.Read(ctx, id, from, limit)
	if len(page.Records) == 0 {
		page.Next = max(from, limit.Before)
	}
	return page, err
}

// A delivery that meets a put under way leaves it to the next one, and does
// not free it.
func TestRecordsBeingPutAreNotPassed(t *testing.T) {
	for name, edit := range map[string]func(*types.ExtendedS3DestinationConfiguration){
		"delivered as they are": nil,
		"through a function":    func(c *types.ExtendedS3DestinationConfiguration) { c.ProcessingConfiguration = lambda(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.function = func(in call) (any, error) { return echo(in), nil }
			slow := underWay{r.store.Log("firehose"), map[log.ID]int64{}}
			require.NoError(t, r.Close())
			r.openWith(r.store.Space("firehose"), slow, r.bucket)
			r.create("s", edit)
			id := r.known("s").state.Load().log()
			taken := func() (all string) {
				for _, o := range r.bucket.taken() {
					all += string(o.Body)
				}
				return all
			}
			flushed := func() string {
				_, err := r.Flush(r.ctx, "s")
				require.NoError(t, err)
				return taken()
			}
			r.put("s", "first,")
			end, err := slow.Seek(r.ctx, id, log.Latest, time.Time{})
			require.NoError(t, err)
			slow.written[id] = end
			r.put("s", "second,")
			r.clock.Step(2 * time.Hour) // what was delivered is freed by the hour
			require.Equal(t, "first,", taken()+flushed())
			require.Empty(t, flushed())
			delete(slow.written, id)
			require.Equal(t, "second,", flushed())
		})
	}
}
