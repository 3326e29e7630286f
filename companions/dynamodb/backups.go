package dynamodb

import "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

// backupsOf tells what was asked for about backups. None are ever made: the
// snapshots of Sluice are.
func backupsOf(on bool) *types.ContinuousBackupsDescription {
	status := types.PointInTimeRecoveryStatusDisabled
	if on {
		status = types.PointInTimeRecoveryStatusEnabled
	}
	return &types.ContinuousBackupsDescription{
		ContinuousBackupsStatus:        types.ContinuousBackupsStatusEnabled,
		PointInTimeRecoveryDescription: &types.PointInTimeRecoveryDescription{PointInTimeRecoveryStatus: status},
	}
}
