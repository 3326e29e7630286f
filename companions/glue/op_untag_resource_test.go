package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/stretchr/testify/require"
)

func TestUntagResource(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	_, err := w.room.TagResource(t.Context(), &glue.TagResourceInput{ResourceArn: aws.String(lakeARN), TagsToAdd: map[string]string{"a": "1", "b": "2"}})
	require.NoError(t, err)
	_, err = w.room.UntagResource(t.Context(), &glue.UntagResourceInput{ResourceArn: aws.String(lakeARN), TagsToRemove: []string{"a", "none"}})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"b": "2"}, w.tags())
}
