package shards

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
)

// leaping is a clock that is moved far ahead while a call is being added to it.
type leaping struct {
	*clock.Service
	leap func(t time.Time)
}

// At implements clock.Clock.
func (c *leaping) At(t time.Time, f func()) clock.Timer {
	if c.leap != nil {
		c.leap(t)
	}
	return c.Service.At(t, f)
}

// A stream whose next look is planned at the very moment at which the clock is
// moved past it is looked at for the time that was planned, and from there on:
// else shards would have to be cold anew for a day.
func TestLookThatTheClockLeaves(t *testing.T) {
	var c *leaping
	r := open(t, thousandth(false), func(config *Config) {
		c = &leaping{Service: config.Clock.(*clock.Service)}
		config.Clock = c
	})
	r.createOnDemand("a")
	r.clock.Step(time.Second)
	r.traffic("a", 30, 40*time.Minute, many(64)...)
	require.Equal(t, 32, r.openShards("a"))
	began := r.clock.Now()
	c.leap = func(time.Time) {
		c.leap = nil
		// Nothing is waited for, since the look that plans is among it.
		_, err := r.clock.Advance(context.Background(), 365*day, 0)
		require.NoError(t, err)
	}
	r.clock.Step(2 * time.Minute) // the last of the traffic is looked at
	require.Nil(t, c.leap)
	require.Equal(t, 4, r.openShards("a"))
	told := r.decisions(streamKey{testAccount, testRegion, "a"})
	require.Less(t, told[len(told)-1].At.Sub(began), 36*day)
}

// A change that is due takes effect at that time, whoever finds it however late.
func TestChangeThatIsFoundLate(t *testing.T) {
	r := open(t, lasting(10*time.Second))
	r.create("a", 1)
	r.clock.Step(10 * time.Second)
	_, err := r.UpdateShardCount(r.ctx, &kinesis.UpdateShardCountInput{StreamName: aws.String("a"), TargetShardCount: aws.Int32(2), ScalingType: types.ScalingTypeUniformScaling})
	require.NoError(t, err)
	due := r.clock.Now().Add(10 * time.Second)
	st := r.streams[streamKey{testAccount, testRegion, "a"}]
	st.mu.Lock()
	err = r.settle(r.ctx, st, due.Add(365*day))
	r.arm(st)
	st.mu.Unlock()
	require.NoError(t, err)
	shards := st.view.Load().state.Shards
	require.Equal(t, millis(due), shards[0].closed)
	require.Equal(t, millis(due), shards[1].opened)
}
