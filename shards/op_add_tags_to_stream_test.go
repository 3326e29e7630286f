package shards

import (
	"fmt"

	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

const (
	textTagCharacters = "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @."
	textTagPercent    = "Failed to add tags to stream a under account 123456789012 because some tags contained illegal characters. The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'."
	textTagCount      = "Failed to add tags to stream a under account 123456789012 because a given stream cannot have more than 50 tags associated with it."
)

// addTags tags stream a.
func (r *room) addTags(tags map[string]string) error {
	_, err := r.AddTagsToStream(r.ctx, &kinesis.AddTagsToStreamInput{StreamName: aws.String("a"), Tags: tags})
	return err
}

// tags lists the tags of stream a as key=value.
func (r *room) tags() []string {
	r.t.Helper()
	out, err := r.ListTagsForStream(r.ctx, &kinesis.ListTagsForStreamInput{StreamName: aws.String("a")})
	require.NoError(r.t, err)
	list := []string{}
	for _, tag := range out.Tags {
		list = append(list, *tag.Key+"="+*tag.Value)
	}
	return list
}

// someTags makes tags k00 and on.
func someTags(n int) map[string]string {
	tags := map[string]string{}
	for i := range n {
		tags[fmt.Sprintf("k%02d", i)] = ""
	}
	return tags
}

func TestAddTagsToStream(t *testing.T) {
	needsActive(t, func(r *room, name, arn *string) error {
		_, err := r.AddTagsToStream(r.ctx, &kinesis.AddTagsToStreamInput{StreamName: name, StreamARN: arn, Tags: map[string]string{"a": "b"}})
		return err
	})
	t.Run("characters", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for _, bad := range []string{"a;b", "a,b", "a\tb", "a\nb", "a\rb", "a☃b", "a'b", "a\x00b", "a\xffb"} {
			requireError(t, r.addTags(map[string]string{bad: "x", "p%": ""}), codeArgument, textTagCharacters)
			requireError(t, r.addTags(map[string]string{"x": bad}), codeArgument, textTagCharacters)
		}
		require.Empty(t, r.tags(), "nothing was changed")
		require.NoError(t, r.addTags(map[string]string{"ü0 _.": "a", "/=+-@:": "a", "b": "ü0 _./=+-@", "c": "", "鍵": "値", "x\u2003y": ""}))
		require.Len(t, r.tags(), 6)
	})
	t.Run("case 59 AddTagsToStream key a%b", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		requireError(t, r.addTags(map[string]string{"a%b": "x"}), codeArgument, textTagPercent)
		requireError(t, r.addTags(map[string]string{"x": "100%"}), codeArgument, textTagPercent)
		require.Empty(t, r.tags())
	})
	t.Run("reserved keys", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for _, key := range []string{"aws:x", "AWS:x", "aws:"} {
			requireError(t, r.addTags(map[string]string{key: "x"}), codeArgument,
				"Tag key "+key+" is not allowed: keys that begin with aws: are reserved.")
		}
		require.NoError(t, r.addTags(map[string]string{"aws": "x", "myaws:x": "aws:y"}))
	})
	t.Run("50 tags", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		requireError(t, r.addTags(someTags(51)), codeArgument, textTagCount)
		require.NoError(t, r.addTags(someTags(49)))
		requireError(t, r.addTags(map[string]string{"x": "", "y": ""}), codeArgument, textTagCount)
		require.NoError(t, r.addTags(map[string]string{"k00": "again", "x": ""}))
		requireError(t, r.addTags(map[string]string{"y": ""}), codeArgument, textTagCount)
		tags := r.tags()
		require.Len(t, tags, 50)
		require.Equal(t, "k00=again", tags[0])
	})
	t.Run("the caller's map stays the caller's", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		mine := map[string]string{"a": "1"}
		require.NoError(t, r.addTags(mine))
		mine["b"] = "2"
		require.Equal(t, []string{"a=1"}, r.tags())
	})
	t.Run("from CreateStream, over a restart", func(t *testing.T) {
		r := open(t)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a"), ShardCount: aws.Int32(1), Tags: map[string]string{"b": "1"}})
		require.NoError(t, err)
		require.NoError(t, r.addTags(map[string]string{"a": "2"}))
		r.restart()
		require.Equal(t, []string{"a=2", "b=1"}, r.tags())
		_, err = r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("b"), ShardCount: aws.Int32(1), Tags: someTags(51)})
		requireError(t, err, codeArgument, strings.Replace(textTagCount, "stream a ", "stream b ", 1))
		require.Equal(t, codeMissing, r.status("b"))
	})
	t.Run("two at the same time both count", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		done := make(chan error)
		for i := range 20 {
			go func() { done <- r.addTags(map[string]string{fmt.Sprintf("%02d", i): ""}) }()
		}
		for range 20 {
			require.NoError(t, <-done)
		}
		require.Len(t, r.tags(), 20)
		require.True(t, slices.IsSorted(r.tags()))
	})
}
