package shards

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

func (r *room) reset(account, region string) int {
	r.t.Helper()
	n, err := r.Reset(r.ctx, account, region)
	require.NoError(r.t, err)
	return n
}

func TestReset(t *testing.T) {
	t.Run("by account and region", func(t *testing.T) {
		r := open(t)
		for _, who := range []caller.Caller{{Account: testAccount, Region: testRegion}, {Account: testAccount, Region: "eu-west-1"}, {Account: "111111111111", Region: testRegion}} {
			_, err := r.CreateStream(caller.With(t.Context(), who), &kinesis.CreateStreamInput{StreamName: aws.String("a"), ShardCount: aws.Int32(1)})
			require.NoError(t, err)
		}
		require.Zero(t, r.reset("222222222222", ""))
		require.Zero(t, r.reset("111111111111", "eu-west-1"))
		require.Equal(t, 1, r.reset(testAccount, testRegion))
		require.Equal(t, 2, r.reset("", ""))
		require.Zero(t, r.reset("", ""))
	})
	t.Run("in whatever status, and for good", func(t *testing.T) {
		r := open(t, lasting(time.Minute))
		r.create("creating", 2)
		r.create("updating", 1)
		r.clock.Step(time.Minute)
		r.create("fresh", 1)
		_, err := r.UpdateShardCount(r.ctx, &kinesis.UpdateShardCountInput{StreamName: aws.String("updating"), TargetShardCount: aws.Int32(2), ScalingType: types.ScalingTypeUniformScaling})
		require.NoError(t, err)
		require.Equal(t, 3, r.reset("", ""))
		r.clock.Step(time.Hour)
		r.restart()
		for _, name := range []string{"creating", "updating", "fresh"} {
			require.Equal(t, codeMissing, r.status(name))
		}
		r.create("updating", 1) // the name is free
		r.clock.Step(time.Minute)
		require.Equal(t, "ACTIVE", r.status("updating"))
	})
	t.Run("settings of the account go too", func(t *testing.T) {
		r := open(t)
		commit := func() {
			_, err := r.UpdateAccountSettings(r.ctx, &kinesis.UpdateAccountSettingsInput{
				MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{Status: enabled}})
			require.NoError(t, err)
		}
		commit()
		require.Zero(t, r.reset(testAccount, "eu-west-1"))
		require.EqualValues(t, "ENABLED", r.committed().Status)
		require.Zero(t, r.reset("", testRegion))
		require.EqualValues(t, "DISABLED", r.committed().Status)
		r.restart()
		require.EqualValues(t, "DISABLED", r.committed().Status)
		commit()
		require.EqualValues(t, "ENABLED", r.committed().Status)
	})
}

// An iterator of another world has expired, whatever its age.
func TestIteratorsOfAnotherWorld(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	out, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("a"), ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeLatest})
	require.NoError(t, err)
	r.restart()
	_, err = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: out.ShardIterator})
	require.NoError(t, err, "a restart is the same world")
	r.config.World = 7
	r.restart()
	_, err = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: out.ShardIterator})
	require.Equal(t, "ExpiredIteratorException", codeOf(err))
}
