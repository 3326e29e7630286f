package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// The rest is in TestResourcePolicy.
func TestGetResourcePolicy(t *testing.T) {
	t.Run("no ARN is an answer, not a panic", func(t *testing.T) {
		_, err := open(t).GetResourcePolicy(t.Context(), &kinesis.GetResourcePolicyInput{})
		requireError(t, err, codeArgument, "ResourceARN must be the ARN of a stream or of a consumer.")
	})
	t.Run("while CREATING", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		require.Equal(t, "{}", r.policy(*streamARN("a")))
	})
}
