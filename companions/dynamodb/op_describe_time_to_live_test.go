package dynamodb

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestDescribeTimeToLive(t *testing.T) {
	w := newWorld(t)
	w.leases()
	d, err := w.room.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("leases")})
	require.NoError(t, err)
	require.Equal(t, types.TimeToLiveStatusDisabled, d.TimeToLiveDescription.TimeToLiveStatus)
	require.Nil(t, d.TimeToLiveDescription.AttributeName)
	_, err = w.room.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("missing")})
	says(t, err, "ResourceNotFoundException", "Requested resource not found: Table: missing not found")
}
