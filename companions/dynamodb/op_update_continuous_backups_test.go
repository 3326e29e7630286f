package dynamodb

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestUpdateContinuousBackups(t *testing.T) {
	w := newWorld(t)
	w.table("leases", "leaseKey")
	in := &dynamodb.UpdateContinuousBackupsInput{TableName: aws.String("leases"),
		PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)}}
	_, err := w.room.UpdateContinuousBackups(t.Context(), in)
	require.NoError(t, err)
	w.open(0)
	require.Equal(t, types.PointInTimeRecoveryStatusEnabled, w.recovery())
	in.TableName = aws.String("missing")
	_, err = w.room.UpdateContinuousBackups(t.Context(), in)
	says(t, err, "TableNotFoundException", "Table not found: missing")
}
