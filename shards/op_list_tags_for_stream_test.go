package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

func TestListTagsForStream(t *testing.T) {
	r := open(t, lasting(minute))
	list := func(in kinesis.ListTagsForStreamInput) *kinesis.ListTagsForStreamOutput {
		t.Helper()
		in.StreamName = aws.String("a")
		out, err := r.ListTagsForStream(r.ctx, &in)
		require.NoError(t, err)
		return out
	}
	t.Run("unknown stream", func(t *testing.T) {
		_, err := r.ListTagsForStream(r.ctx, &kinesis.ListTagsForStreamInput{StreamARN: streamARN("nope")})
		requireError(t, err, codeMissing, textMissing)
	})
	t.Run("none, while CREATING", func(t *testing.T) {
		r.create("a", 1)
		require.Equal(t, &kinesis.ListTagsForStreamOutput{Tags: []types.Tag{}, HasMoreTags: aws.Bool(false)}, list(kinesis.ListTagsForStreamInput{}))
		require.Equal(t, &kinesis.ListTagsForStreamOutput{Tags: []types.Tag{}, HasMoreTags: aws.Bool(false)},
			list(kinesis.ListTagsForStreamInput{ExclusiveStartTagKey: aws.String("a"), Limit: aws.Int32(1)}))
		r.clock.Step(minute)
	})
	keys := func(out *kinesis.ListTagsForStreamOutput) []string {
		var list []string
		for _, tag := range out.Tags {
			list = append(list, *tag.Key)
		}
		return list
	}
	t.Run("in code point order", func(t *testing.T) {
		require.NoError(t, r.addTags(map[string]string{"a": "b", " ": "a", "ÿ": "a", "_": "a", "/": "a", "=": "a", "+": "a", "Zb": "z", "0": "a", "@": "a"}))
		all := list(kinesis.ListTagsForStreamInput{})
		require.Equal(t, []string{" ", "+", "/", "0", "=", "@", "Zb", "_", "a", "ÿ"}, keys(all))
		require.False(t, *all.HasMoreTags)
		two := list(kinesis.ListTagsForStreamInput{ExclusiveStartTagKey: aws.String("@"), Limit: aws.Int32(2)})
		require.Equal(t, []types.Tag{{Key: aws.String("Zb"), Value: aws.String("z")}, {Key: aws.String("_"), Value: aws.String("a")}}, two.Tags)
		require.True(t, *two.HasMoreTags)
		require.Equal(t, []string{"Zb", "_", "a", "ÿ"}, keys(list(kinesis.ListTagsForStreamInput{ExclusiveStartTagKey: aws.String("Za$Z%*(*&@,,.,,")})))
		require.Len(t, keys(list(kinesis.ListTagsForStreamInput{ExclusiveStartTagKey: aws.String("$Z%*(*&@,,.,,ZAC")})), 9)
	})
	t.Run("case 60 ListTagsForStream Limit 1 of 3", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		require.NoError(t, r.addTags(map[string]string{"b": "2", "B": "1", "é": "3"}))
		for _, step := range []struct {
			after *string
			want  string
			more  bool
		}{{nil, "B", true}, {aws.String("B"), "b", true}, {aws.String("b"), "é", false}} {
			out, err := r.ListTagsForStream(r.ctx, &kinesis.ListTagsForStreamInput{StreamName: aws.String("a"), Limit: aws.Int32(1), ExclusiveStartTagKey: step.after})
			require.NoError(t, err)
			require.Equal(t, []string{step.want}, keys(out))
			require.Equal(t, step.more, *out.HasMoreTags)
		}
	})
}
