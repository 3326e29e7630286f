package shards

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// tagResource tags a resource by its ARN.
func (r *room) tagResource(arn string, tags map[string]string) error {
	_, err := r.TagResource(r.ctx, &kinesis.TagResourceInput{ResourceARN: &arn, Tags: tags})
	return err
}

// tagsOf lists the tags of a resource as key=value.
func (r *room) tagsOf(arn string) []string {
	r.t.Helper()
	out, err := r.ListTagsForResource(r.ctx, &kinesis.ListTagsForResourceInput{ResourceARN: &arn})
	require.NoError(r.t, err)
	list := []string{}
	for _, tag := range out.Tags {
		list = append(list, *tag.Key+"="+*tag.Value)
	}
	return list
}

// namesNothing are resource ARNs that name nothing in a room with stream a and
// consumer c of it, with the answer to each.
func namesNothing(consumer string) []struct{ arn, code, text string } {
	const formed = "ResourceARN must be the ARN of a stream or of a consumer."
	return []struct{ arn, code, text string }{
		{*streamARN("nope"), codeMissing, textMissing},
		{*streamARN("nope") + "/consumer/c:1", codeMissing, textMissing},
		{*streamARN("a") + "/consumer/d:1", codeMissing, "Consumer d under stream a and account 123456789012 not found."},
		{consumer + "1", codeMissing, "Consumer c under stream a and account 123456789012 not found."},
		{"arn:aws:kinesis:us-east-1:123456789012:channel/x", codeMissing, "Channel x under account 123456789012 not found."},
		{"arn:aws:kinesis:us-east-1:210987654321:stream/a", codeMissing, "Stream a under account 210987654321 not found."},
		{"arn:aws:kinesis:eu-west-1:123456789012:stream/a", codeMissing, "Stream a under account 123456789012 not found."},
		{"arn:aws:kinesis:us-east-1:123456789012:xstream/a", codeArgument, formed},
		{"arn:aws:kinesis:us-east-1:123456789012:stream/a/consumer/c", codeArgument, formed},
	}
}

func TestTagResource(t *testing.T) {
	t.Run("names nothing", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for _, bad := range namesNothing(r.register("a", "c")) {
			requireError(t, r.tagResource(bad.arn, map[string]string{"a": "b"}), bad.code, bad.text)
			_, err := r.ListTagsForResource(r.ctx, &kinesis.ListTagsForResourceInput{ResourceARN: aws.String(bad.arn)})
			requireError(t, err, bad.code, bad.text)
		}
		_, err := r.TagResource(r.ctx, &kinesis.TagResourceInput{})
		requireError(t, err, codeArgument, "ResourceARN must be the ARN of a stream or of a consumer.")
	})
	t.Run("stream tags set either way are one set", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		require.NoError(t, r.addTags(map[string]string{"b": "1", "c": "1"}))
		require.NoError(t, r.tagResource(*streamARN("a"), map[string]string{"a": "2", "b": "2"}))
		want := []string{"a=2", "b=2", "c=1"}
		require.Equal(t, want, r.tags())
		require.Equal(t, want, r.tagsOf(*streamARN("a")))
	})
	t.Run("consumers have their own", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		require.NoError(t, r.addTags(map[string]string{"s": "1"}))
		c, d := r.register("a", "c"), r.register("a", "d")
		require.NoError(t, r.tagResource(c, someTags(50)))
		requireError(t, r.tagResource(c, map[string]string{"x": ""}), codeArgument, textTagCount)
		requireError(t, r.tagResource(c, map[string]string{"x;": ""}), codeArgument, textTagCharacters)
		require.Len(t, r.tagsOf(c), 50)
		require.Empty(t, r.tagsOf(d))
		require.Equal(t, []string{"s=1"}, r.tags())
		r.restart()
		require.Len(t, r.tagsOf(c), 50)
	})
	t.Run("only while ACTIVE", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("a", 1)
		requireError(t, r.tagResource(*streamARN("a"), map[string]string{"a": ""}), codeInUse, textCreating)
		require.Empty(t, r.tagsOf(*streamARN("a")), "reading works")
		r.clock.Step(minute)
		c := r.register("a", "c")
		requireError(t, r.tagResource(c, map[string]string{"a": ""}), codeInUse,
			"Consumer c with creation timestamp 1795168860 under stream a and account 123456789012 is not in ACTIVE status.")
		r.clock.Step(minute)
		require.NoError(t, r.tagResource(c, map[string]string{"a": ""}))
	})
	t.Run("a consumer of the same name is another one", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		c := r.register("a", "c")
		require.NoError(t, r.tagResource(c, map[string]string{"a": ""}))
		_, err := r.DeregisterStreamConsumer(r.ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: &c})
		require.NoError(t, err)
		r.clock.Step(time.Hour)
		next := r.register("a", "c")
		require.Empty(t, r.tagsOf(next))
		requireError(t, r.tagResource(c, map[string]string{"a": ""}), codeMissing, "Consumer c under stream a and account 123456789012 not found.")
	})
}
