package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// The rest is in TestResourcePolicy.
func TestDeleteResourcePolicy(t *testing.T) {
	t.Run("no ARN is an answer, not a panic", func(t *testing.T) {
		_, err := open(t).DeleteResourcePolicy(t.Context(), &kinesis.DeleteResourcePolicyInput{})
		requireError(t, err, codeArgument, "ResourceARN must be the ARN of a stream or of a consumer.")
	})
	t.Run("the consumer's policy goes, the stream's stays", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		c := r.register("a", "c")
		require.NoError(t, r.putPolicy(*streamARN("a"), somePolicy))
		require.NoError(t, r.putPolicy(c, somePolicy))
		require.NoError(t, r.deletePolicy(c))
		require.Equal(t, "{}", r.policy(c))
		require.Equal(t, somePolicy, r.policy(*streamARN("a")))
	})
}
