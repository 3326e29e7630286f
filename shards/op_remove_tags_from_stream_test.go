package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

func TestRemoveTagsFromStream(t *testing.T) {
	needsActive(t, func(r *room, name, arn *string) error {
		_, err := r.RemoveTagsFromStream(r.ctx, &kinesis.RemoveTagsFromStreamInput{StreamName: name, StreamARN: arn, TagKeys: []string{"a"}})
		return err
	})
	remove := func(r *room, keys ...string) error {
		_, err := r.RemoveTagsFromStream(r.ctx, &kinesis.RemoveTagsFromStreamInput{StreamName: aws.String("a"), TagKeys: keys})
		return err
	}
	t.Run("characters", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for _, bad := range []string{"a;b", "a,b", "a\tb", "a\nb"} {
			requireError(t, remove(r, "a", bad), codeArgument, textTagCharacters)
		}
		requireError(t, remove(r, "abc%def"), codeArgument, "Failed to remove tags from stream a under account 123456789012 because some tags contained illegal characters. The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'.")
	})
	t.Run("present and absent keys", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		require.NoError(t, remove(r, "nothing", "yet"))
		require.NoError(t, r.addTags(map[string]string{"a": "a", "ü0 _.": "a", "/=+-@": "a"}))
		require.NoError(t, remove(r, "ü0 _.", "/=+-@", "b", "aws:c"))
		require.Equal(t, []string{"a=a"}, r.tags())
		require.NoError(t, remove(r, "a", "a"))
		require.Empty(t, r.tags())
	})
}
