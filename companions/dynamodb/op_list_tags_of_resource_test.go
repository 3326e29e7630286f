package dynamodb

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"
)

func TestListTagsOfResource(t *testing.T) {
	w := newWorld(t)
	w.table("leases", "leaseKey")
	require.Empty(t, w.tags())
	other := *leasesARN() + "2"
	_, err := w.room.ListTagsOfResource(t.Context(), &dynamodb.ListTagsOfResourceInput{ResourceArn: &other})
	says(t, err, "ResourceNotFoundException", "Requested resource not found: ResourcArn: "+other+" not found")
	_, err = w.room.ListTagsOfResource(t.Context(), &dynamodb.ListTagsOfResourceInput{ResourceArn: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/leases")})
	says(t, err, "ValidationException", "Invalid TableArn: Invalid ResourceArn provided as input arn:aws:kinesis:us-east-1:000000000000:stream/leases")
}
