package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sluice/store/kv"
)

// UpdateContinuousBackups remembers whether point-in-time recovery is wanted.
//
// State: stored
// Notes: kept and echoed; no backups are made
// Test: TestUpdateContinuousBackups
func (r *Tables) UpdateContinuousBackups(ctx context.Context, in *dynamodb.UpdateContinuousBackupsInput, _ ...opt) (*dynamodb.UpdateContinuousBackupsOutput, error) {
	k, err := r.named(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	t := r.get(k)
	if t == nil {
		return nil, errNoTableForBackups(k.name)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	next := t.record.clone()
	next.Backups = *in.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled
	if err := r.change(ctx, t, next, &kv.Batch{}); err != nil {
		return nil, err
	}
	return &dynamodb.UpdateContinuousBackupsOutput{ContinuousBackupsDescription: backupsOf(next.Backups)}, nil
}
