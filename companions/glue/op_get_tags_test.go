package glue

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"sluice/companions/glue/api"
)

func TestGetTags(t *testing.T) {
	w := newWorld(t)
	w.database("lake")
	require.Equal(t, map[string]string{}, w.tags())
	_, err := w.room.GetTags(t.Context(), &api.GetTagsInput{ResourceArn: aws.String("arn:aws:glue:us-east-1:111111111111:database/lake")})
	says(t, err, "EntityNotFoundException", "Database lake not found.")
	_, err = w.room.GetTags(t.Context(), &api.GetTagsInput{ResourceArn: aws.String("arn:aws:glue:us-east-1:000000000000:job/x")})
	says(t, err, "InvalidInputException", "arn:aws:glue:us-east-1:000000000000:job/x is not the ARN of a database; of a Data Catalog only databases have tags.")
}
