package shards

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// monitoring is a list of one, also when no metric is on.
func (st *streamState) monitoring() []types.EnhancedMetrics {
	metrics := make([]types.MetricsName, 0, len(st.Metrics))
	for _, m := range st.Metrics {
		metrics = append(metrics, types.MetricsName(m))
	}
	return []types.EnhancedMetrics{{ShardLevelMetrics: metrics}}
}

// encryption is how descriptions show it: the key only while there is one.
func (st *streamState) encryption() (types.EncryptionType, *string) {
	if st.KeyID == "" {
		return types.EncryptionTypeNone, nil
	}
	return types.EncryptionTypeKms, aws.String(st.KeyID)
}

func (st *streamState) strategy() types.RecordDistributionStrategy {
	if st.Strategy == "" {
		return types.RecordDistributionStrategyUserPartitionKey
	}
	return types.RecordDistributionStrategy(st.Strategy)
}

func (w warmThroughput) shape() *types.WarmThroughputObject {
	return &types.WarmThroughputObject{TargetMiBps: aws.Int32(int32(w.Target)), CurrentMiBps: aws.Int32(int32(w.Current))}
}
