package firehose

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"
)

func tag(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }

func TestTags(t *testing.T) {
	r := newRig(t)
	r.create("s", nil)
	list := func(after string, limit int32) ([]types.Tag, bool) {
		in := &firehose.ListTagsForDeliveryStreamInput{DeliveryStreamName: aws.String("s"), Limit: &limit}
		if after != "" {
			in.ExclusiveStartTagKey = &after
		}
		out, err := r.ListTagsForDeliveryStream(r.ctx, in)
		require.NoError(t, err)
		return out.Tags, *out.HasMoreTags
	}
	add := func(tags ...types.Tag) error {
		_, err := r.TagDeliveryStream(r.ctx, &firehose.TagDeliveryStreamInput{DeliveryStreamName: aws.String("s"), Tags: tags})
		return err
	}
	remove := func(keys ...string) {
		_, err := r.UntagDeliveryStream(r.ctx, &firehose.UntagDeliveryStreamInput{DeliveryStreamName: aws.String("s"), TagKeys: keys})
		require.NoError(t, err)
	}
	t.Run("52 list, remove an unknown key, add, list", func(t *testing.T) {
		tags, _ := list("", 50)
		require.Empty(t, tags)
		remove("unknown")
		require.NoError(t, add(tag("b", "1"), tag("a", "1"), tag("a", "2")))
		tags, more := list("", 1)
		require.Equal(t, []types.Tag{tag("a", "2")}, tags, "the last of two counts")
		require.True(t, more)
		tags, more = list("a", 50)
		require.Equal(t, []types.Tag{tag("b", "1")}, tags)
		require.False(t, more)
		remove("a", "c")
		tags, _ = list("", 50)
		require.Equal(t, []types.Tag{tag("b", "1")}, tags)
	})
	var many []types.Tag
	for i := range 50 {
		many = append(many, tag(fmt.Sprint("k", i), ""))
	}
	requireFault(t, add(many...), "LimitExceededException",
		"Failed to add tags to resource arn:aws:firehose:eu-west-1:111111111111:deliverystream/s. A resource can have at most 50 tags.")
	r.reopen()
	tags, _ := list("", 50)
	require.Equal(t, []types.Tag{tag("b", "1")}, tags)
	require.Equal(t, "1", *r.describe("s").VersionId, "tags are no change of the stream")
}
