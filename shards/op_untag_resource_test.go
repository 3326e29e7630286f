package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

func TestUntagResource(t *testing.T) {
	untag := func(r *room, arn string, keys ...string) error {
		_, err := r.UntagResource(r.ctx, &kinesis.UntagResourceInput{ResourceARN: aws.String(arn), TagKeys: keys})
		return err
	}
	r := open(t)
	r.create("a", 1)
	c := r.register("a", "c")
	t.Run("names nothing", func(t *testing.T) {
		for _, bad := range namesNothing(c) {
			requireError(t, untag(r, bad.arn, "a"), bad.code, bad.text)
		}
	})
	t.Run("characters", func(t *testing.T) {
		requireError(t, untag(r, c, "a;b"), codeArgument, textTagCharacters)
	})
	t.Run("present and absent keys", func(t *testing.T) {
		for _, arn := range []string{*streamARN("a"), c} {
			require.NoError(t, untag(r, arn, "never set"))
			require.NoError(t, r.tagResource(arn, map[string]string{"a": "1", "b": "2"}))
			require.NoError(t, untag(r, arn, "b", "x"))
			require.Equal(t, []string{"a=1"}, r.tagsOf(arn))
		}
		require.Equal(t, []string{"a=1"}, r.tags())
	})
}
