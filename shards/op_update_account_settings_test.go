package shards

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

const (
	enabled  = types.MinimumThroughputBillingCommitmentInputStatusEnabled
	disabled = types.MinimumThroughputBillingCommitmentInputStatusDisabled
)

// committed is what DescribeAccountSettings says.
func (r *room) committed() *types.MinimumThroughputBillingCommitmentOutput {
	r.t.Helper()
	out, err := r.DescribeAccountSettings(r.ctx, &kinesis.DescribeAccountSettingsInput{})
	require.NoError(r.t, err)
	return out.MinimumThroughputBillingCommitment
}

func TestAccountSettings(t *testing.T) {
	const hour = time.Hour
	at := func(d time.Duration) *time.Time { return aws.Time(testStart().Add(d)) }
	never := &types.MinimumThroughputBillingCommitmentOutput{Status: "DISABLED"}
	on := &types.MinimumThroughputBillingCommitmentOutput{Status: "ENABLED", StartedAt: at(0), EarliestAllowedEndAt: at(24 * hour)}
	ending := &types.MinimumThroughputBillingCommitmentOutput{Status: "ENABLED_UNTIL_EARLIEST_ALLOWED_END", StartedAt: at(0), EarliestAllowedEndAt: at(24 * hour)}
	t.Run("missing member", func(t *testing.T) {
		_, err := open(t).UpdateAccountSettings(t.Context(), &kinesis.UpdateAccountSettingsInput{})
		requireError(t, err, codeInvalid, "1 validation error detected: Value null at 'minimumThroughputBillingCommitment' failed to satisfy constraint: Member must not be null")
	})
	t.Run("DISABLED at first, and again", func(t *testing.T) {
		r := open(t)
		require.Equal(t, never, r.committed())
		require.Equal(t, never, r.commits(disabled))
	})
	t.Run("ended early it ends by itself", func(t *testing.T) {
		r := open(t)
		require.Equal(t, on, r.commits(enabled))
		r.clock.Step(hour)
		require.Equal(t, on, r.commits(enabled), "twice is once")
		require.Equal(t, ending, r.commits(disabled))
		require.Equal(t, ending, r.commits(disabled))
		r.restart()
		r.clock.Step(23*hour - time.Millisecond)
		require.Equal(t, ending, r.committed())
		r.clock.Step(time.Millisecond)
		over := &types.MinimumThroughputBillingCommitmentOutput{Status: "DISABLED", StartedAt: at(0), EndedAt: at(24 * hour)}
		require.Equal(t, over, r.committed())
		r.clock.Step(hour)
		require.Equal(t, over, r.commits(disabled))
		require.Equal(t, &types.MinimumThroughputBillingCommitmentOutput{Status: "ENABLED", StartedAt: at(25 * hour), EarliestAllowedEndAt: at(49 * hour)}, r.commits(enabled))
	})
	t.Run("ENABLED again cancels the end", func(t *testing.T) {
		r := open(t)
		r.commits(enabled)
		r.commits(disabled)
		r.clock.Step(23 * hour)
		require.Equal(t, on, r.commits(enabled))
		r.clock.Step(100 * hour)
		require.Equal(t, on, r.committed())
		require.Equal(t, &types.MinimumThroughputBillingCommitmentOutput{Status: "DISABLED", StartedAt: at(0), EndedAt: at(123 * hour)}, r.commits(disabled))
	})
	t.Run("of one account in one region", func(t *testing.T) {
		r := open(t)
		r.commits(enabled)
		for _, c := range []caller.Caller{{Account: "210987654321", Region: testRegion}, {Account: testAccount, Region: "eu-west-1"}} {
			out, err := r.DescribeAccountSettings(caller.With(context.Background(), c), &kinesis.DescribeAccountSettingsInput{})
			require.NoError(t, err)
			require.Equal(t, never, out.MinimumThroughputBillingCommitment)
		}
	})
	t.Run("many at the same time", func(t *testing.T) {
		r := open(t)
		done := make(chan error)
		for i := range 20 {
			status := enabled
			if i%2 == 1 {
				status = disabled
			}
			go func() {
				_, err := r.UpdateAccountSettings(r.ctx, &kinesis.UpdateAccountSettingsInput{
					MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{Status: status}})
				done <- err
			}()
		}
		for range 20 {
			require.NoError(t, <-done)
		}
		want := r.committed()
		r.restart()
		require.Equal(t, want, r.committed())
	})
}
