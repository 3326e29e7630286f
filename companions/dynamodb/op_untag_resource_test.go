package dynamodb

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestUntagResource(t *testing.T) {
	w := newWorld(t)
	w.table("leases", "leaseKey")
	_, err := w.room.TagResource(t.Context(), &dynamodb.TagResourceInput{ResourceArn: leasesARN(), Tags: []types.Tag{tag("b", "1"), tag("a", "2")}})
	require.NoError(t, err)
	_, err = w.room.UntagResource(t.Context(), &dynamodb.UntagResourceInput{ResourceArn: leasesARN(), TagKeys: []string{"b", "c"}})
	require.NoError(t, err)
	require.Equal(t, []types.Tag{tag("a", "2")}, w.tags())
	_, err = w.room.UntagResource(t.Context(), &dynamodb.UntagResourceInput{ResourceArn: leasesARN()})
	says(t, err, "ValidationException", "Atleast one Tag Key needs to be provided as Input.")
}
