package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// What it refuses is in TestTagResource.
func TestListTagsForResource(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	list := func() []types.Tag {
		out, err := r.ListTagsForResource(r.ctx, &kinesis.ListTagsForResourceInput{ResourceARN: streamARN("a")})
		require.NoError(t, err)
		return out.Tags
	}
	t.Run("none", func(t *testing.T) {
		require.Equal(t, []types.Tag{}, list())
	})
	t.Run("all 50, in code point order", func(t *testing.T) {
		require.NoError(t, r.addTags(someTags(50)))
		tags := list()
		require.Len(t, tags, 50)
		require.Equal(t, types.Tag{Key: aws.String("k00"), Value: aws.String("")}, tags[0])
		require.Equal(t, "k49", *tags[49].Key)
	})
}
