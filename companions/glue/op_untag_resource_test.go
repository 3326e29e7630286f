package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestUntagResource(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	_, err := w.room.TagResource(t.Context(), &api.TagResourceInput{ResourceArn: aws.String(lakeARN), TagsToAdd: map[string]string{"a": "1", "b": "2"}})
	require.NoError(t, err)
	_, err = w.room.UntagResource(t.Context(), &api.UntagResourceInput{ResourceArn: aws.String(lakeARN), TagsToRemove: []string{"a", "none"}})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"b": "2"}, w.tags())
}
