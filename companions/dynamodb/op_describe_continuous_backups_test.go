package dynamodb

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestDescribeContinuousBackups(t *testing.T) {
	w := newWorld(t)
	w.table("leases", "leaseKey")
	require.Equal(t, types.PointInTimeRecoveryStatusDisabled, w.recovery())
	_, err := w.room.DescribeContinuousBackups(t.Context(), &dynamodb.DescribeContinuousBackupsInput{TableName: aws.String("missing")})
	says(t, err, "TableNotFoundException", "Table not found: missing")
}

func (w *world) recovery() types.PointInTimeRecoveryStatus {
	w.t.Helper()
	out, err := w.room.DescribeContinuousBackups(w.t.Context(), &dynamodb.DescribeContinuousBackupsInput{TableName: aws.String("leases")})
	require.NoError(w.t, err)
	return out.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus
}
