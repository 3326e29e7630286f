package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func sevenMetrics() []types.MetricsName {
	return []types.MetricsName{"IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords",
		"WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds"}
}

func TestEnhancedMonitoring(t *testing.T) {
	needsActive(t, func(r *room, name, arn *string) error {
		_, err := r.EnableEnhancedMonitoring(r.ctx, &kinesis.EnableEnhancedMonitoringInput{StreamName: name, StreamARN: arn, ShardLevelMetrics: []types.MetricsName{"ALL"}})
		return err
	})
	r := open(t)
	r.create("a", 1)
	on := func(metrics ...types.MetricsName) *kinesis.EnableEnhancedMonitoringOutput {
		out, err := r.EnableEnhancedMonitoring(r.ctx, &kinesis.EnableEnhancedMonitoringInput{StreamName: aws.String("a"), ShardLevelMetrics: metrics})
		require.NoError(t, err)
		return out
	}
	off := func(metrics ...types.MetricsName) *kinesis.DisableEnhancedMonitoringOutput {
		out, err := r.DisableEnhancedMonitoring(r.ctx, &kinesis.DisableEnhancedMonitoringInput{StreamARN: streamARN("a"), ShardLevelMetrics: metrics})
		require.NoError(t, err)
		return out
	}
	shown := func() []types.MetricsName {
		full := r.describe(kinesis.DescribeStreamInput{StreamName: aws.String("a")})
		require.Equal(t, r.summary("a").EnhancedMonitoring, full.EnhancedMonitoring)
		require.Len(t, full.EnhancedMonitoring, 1)
		return full.EnhancedMonitoring[0].ShardLevelMetrics
	}
	none := []types.MetricsName{}
	t.Run("the lists before and after", func(t *testing.T) {
		require.Equal(t, &kinesis.EnableEnhancedMonitoringOutput{
			StreamName: aws.String("a"), StreamARN: streamARN("a"),
			CurrentShardLevelMetrics: none, DesiredShardLevelMetrics: []types.MetricsName{"IncomingBytes", "OutgoingRecords"},
		}, on("OutgoingRecords", "IncomingBytes", "IncomingBytes"))
		require.Equal(t, []types.MetricsName{"IncomingBytes", "OutgoingRecords"}, shown())
		out := off("IncomingBytes", "IteratorAgeMilliseconds")
		require.Equal(t, &kinesis.DisableEnhancedMonitoringOutput{
			StreamName: aws.String("a"), StreamARN: streamARN("a"),
			CurrentShardLevelMetrics: []types.MetricsName{"IncomingBytes", "OutgoingRecords"}, DesiredShardLevelMetrics: []types.MetricsName{"OutgoingRecords"},
		}, out)
	})
	t.Run("ALL", func(t *testing.T) {
		require.Equal(t, sevenMetrics(), on("ALL").DesiredShardLevelMetrics)
		r.restart()
		require.Equal(t, sevenMetrics(), shown())
		require.Equal(t, none, off("OutgoingBytes", "ALL").DesiredShardLevelMetrics)
		require.Equal(t, none, shown())
		require.Equal(t, none, off("ALL").CurrentShardLevelMetrics)
	})
	t.Run("UPDATING for a moment", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		r.clock.Step(minute)
		r.updating("a")
		r.clock.Step(minute)
		require.Equal(t, "ACTIVE", r.status("a"))
	})
}
