package lambda

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func someTags(n int) map[string]string {
	tags := map[string]string{}
	for i := range n {
		tags[fmt.Sprintf("k%02d", i)] = ""
	}
	return tags
}

func TestTagResource(t *testing.T) {
	r := open(t)
	mapped := *r.ingest().EventSourceMappingArn
	for _, resource := range []string{mapped, ingestARN} {
		tag := func(tags map[string]string) error {
			_, err := r.TagResource(r.ctx, &lambda.TagResourceInput{Resource: &resource, Tags: tags})
			return err
		}
		tags := func() map[string]string {
			out, err := r.ListTags(r.ctx, &lambda.ListTagsInput{Resource: &resource})
			require.NoError(t, err)
			return out.Tags
		}
		require.Equal(t, map[string]string{}, tags())
		requireError(t, tag(map[string]string{}), codeParameter, "An error occurred and the request cannot be processed.")
		requireError(t, tag(someTags(51)), codeParameter, "Number of tags exceeds resource tag limit.")
		requireError(t, tag(map[string]string{"AWS:x": ""}), codeParameter, "Tag key AWS:x is not allowed: keys that begin with aws: are reserved.")
		require.Empty(t, tags())
		require.NoError(t, tag(someTags(49)))
		requireError(t, tag(map[string]string{"x": "", "y": ""}), codeParameter, "Number of tags exceeds resource tag limit.")
		require.NoError(t, tag(map[string]string{"x": "1", "k00": "again"}))
		r.restart()
		require.Len(t, tags(), 50)
		require.Equal(t, "again", tags()["k00"])
		_, err := r.UntagResource(r.ctx, &lambda.UntagResourceInput{Resource: &resource, TagKeys: append(sortedKeys(someTags(49)), "nobody")})
		require.NoError(t, err)
		require.Equal(t, map[string]string{"x": "1"}, tags())
	}
}
