package glue

import (
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

const lakeARN = "arn:aws:glue:us-east-1:000000000000:database/lake"

func (w *world) tags() map[string]string {
	w.t.Helper()
	out, err := w.room.GetTags(w.t.Context(), &api.GetTagsInput{ResourceArn: aws.String(lakeARN)})
	require.NoError(w.t, err)
	return out.Tags
}

func TestTagResource(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	tag := func(arn string, tags map[string]string) error {
		_, err := w.room.TagResource(t.Context(), &api.TagResourceInput{ResourceArn: &arn, TagsToAdd: tags})
		return err
	}
	require.NoError(t, tag(lakeARN, map[string]string{"a": "1", "b": "2"}))
	require.NoError(t, tag(lakeARN, map[string]string{"b": "3"}))
	require.Equal(t, map[string]string{"a": "1", "b": "3"}, w.tags())
	many := map[string]string{}
	for i := range 49 {
		many[strconv.Itoa(i)] = ""
	}
	says(t, tag(lakeARN, many), "InvalidInputException", "A resource has 50 tags at most.")
	require.Len(t, w.tags(), 2)
	says(t, tag("arn:aws:glue:us-east-1:000000000000:database/none", nil), "EntityNotFoundException", "Database none not found.")
	for _, arn := range []string{"arn:aws:glue:us-east-1:000000000000:table/lake/t", "arn:aws:glue:us-east-1:000000000000:crawler/c",
		"arn:aws:glue:database/lake", "arn:aws:glue:us-east-1:000000000000:database/", "arn:aws:glue:a\x00b:000000000000:database/lake"} {
		says(t, tag(arn, nil), "InvalidInputException", arn+" is not the ARN of a database; of a Data Catalog only databases have tags.")
	}
}
