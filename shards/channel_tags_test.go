package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

func TestChannelTags(t *testing.T) {
	r := open(t, lasting(minute)).delivers(newBuckets("lake"))
	r.createOnDemand("a")
	r.clock.Step(minute)
	arn := r.channel("c", "a")
	tag := func(arn string, tags map[string]string) error {
		_, err := r.TagResource(r.ctx, &kinesis.TagResourceInput{ResourceARN: &arn, Tags: tags})
		return err
	}
	untag := func(arn string, keys ...string) error {
		_, err := r.UntagResource(r.ctx, &kinesis.UntagResourceInput{ResourceARN: &arn, TagKeys: keys})
		return err
	}
	busy := "Channel c under account 123456789012 not ACTIVE, instead in state CREATING"
	requireError(t, tag(arn, map[string]string{"k": "v"}), codeInUse, busy)
	requireError(t, untag(arn, "k"), codeInUse, busy)
	r.clock.Step(minute)
	require.NoError(t, tag(arn, map[string]string{"k": "v", "b": ""}))
	require.NoError(t, tag(arn, map[string]string{"k": "w"}))
	require.Equal(t, []string{"b=", "k=w"}, r.tagsOf(arn))
	require.NoError(t, untag(arn, "b", "nope"))
	requireError(t, tag(arn, someTags(50)), codeArgument, textTagCount)
	requireError(t, tag(arn, map[string]string{"a;": ""}), codeArgument, textTagCharacters)
	requireError(t, untag(arn, "a;"), codeArgument, textTagCharacters)
	r.restart()
	require.Equal(t, []string{"k=w"}, r.tagsOf(arn))
	require.Empty(t, r.tagsOf(*streamARN("a")), "not those of the stream")

	missing := "arn:aws:kinesis:us-east-1:123456789012:channel/nope"
	text := "Channel nope under account 123456789012 not found."
	requireError(t, tag(missing, map[string]string{"k": "v"}), codeMissing, text)
	requireError(t, untag(missing, "k"), codeMissing, text)
	_, err := r.ListTagsForResource(r.ctx, &kinesis.ListTagsForResourceInput{ResourceARN: &missing})
	requireError(t, err, codeMissing, text)
	_, err = r.GetResourcePolicy(r.ctx, &kinesis.GetResourcePolicyInput{ResourceARN: aws.String(arn)})
	requireError(t, err, codeArgument, "ResourceARN must be the ARN of a stream or of a consumer.")
}
