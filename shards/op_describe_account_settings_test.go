package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// The rest is in TestAccountSettings.
func TestDescribeAccountSettings(t *testing.T) {
	out, err := open(t).DescribeAccountSettings(t.Context(), &kinesis.DescribeAccountSettingsInput{})
	require.NoError(t, err)
	require.Equal(t, &kinesis.DescribeAccountSettingsOutput{
		MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentOutput{Status: types.MinimumThroughputBillingCommitmentOutputStatusDisabled},
	}, out)
}
