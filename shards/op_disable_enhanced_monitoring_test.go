package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// The rest is in TestEnhancedMonitoring.
func TestDisableEnhancedMonitoring(t *testing.T) {
	needsActive(t, func(r *room, name, arn *string) error {
		_, err := r.DisableEnhancedMonitoring(r.ctx, &kinesis.DisableEnhancedMonitoringInput{StreamName: name, StreamARN: arn, ShardLevelMetrics: []types.MetricsName{"ALL"}})
		return err
	})
}
