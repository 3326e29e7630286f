package firehose

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"

	"sluice/delivery"
	"sluice/store/kv"
	"sluice/store/log"
)

var errCut = errors.New("cut off")

// cutter fails every durable step after the nth, as if the process had ended
// there. What was acknowledged before stays.
type cutter struct{ left int }

func (c *cutter) cut() bool { c.left--; return c.left < 0 }

type cutSpace struct {
	kv.Space
	*cutter
}

func (s cutSpace) Commit(ctx context.Context, b *kv.Batch) error {
	if s.cut() {
		return errCut
	}
	return s.Space.Commit(ctx, b)
}

type cutLog struct {
	log.Log
	*cutter
}

func (l cutLog) Append(ctx context.Context, batch []log.Entry) (log.Commit, error) {
	if l.cut() {
		return nil, errCut
	}
	return l.Log.Append(ctx, batch)
}

type cutBucket struct {
	delivery.Bucket
	*cutter
}

func (b cutBucket) PutObject(ctx context.Context, o delivery.Object) error {
	if b.cut() {
		return errCut
	}
	return b.Bucket.PutObject(ctx, o)
}

// The room ends after every single durable step of copying, transforming and
// delivering, and goes on over what is stored: everything arrives, and the
// objects that were put again have replaced themselves.
func TestCutOffAnywhere(t *testing.T) {
	for steps := range 12 {
		c := &cutter{left: 1 << 30}
		r := newRig(t)
		r.function = func(in call) (any, error) { return echo(in), nil }
		source := r.stream("in", 1)
		r.from("out", source, func(c *types.ExtendedS3DestinationConfiguration) {
			c.ProcessingConfiguration, c.Prefix = lambda(nil), aws.String("out/")
		})
		require.NoError(t, r.Close())
		r.openWith(cutSpace{r.store.Space("firehose"), c}, cutLog{r.store.Log("firehose"), c}, cutBucket{r.bucket, c})
		c.left = steps
		r.produce("in", "a", "b", "c")
		r.pass(3 * time.Minute)
		require.NoError(t, r.Close())
		r.open()
		r.pass(5 * time.Minute)
		got := map[byte]int{}
		for _, b := range []byte(r.bodies("out/")) {
			got[b]++
		}
		for _, b := range []byte("abc") {
			require.Positive(t, got[b], "after %d steps", steps)
			require.LessOrEqual(t, got[b], 2, "after %d steps", steps)
		}
	}
}
