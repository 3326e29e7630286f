package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// DescribeContinuousBackups tells whether point-in-time recovery is wanted.
//
// State: stored
// Notes: kept and echoed; no backups are made
// Test: TestDescribeContinuousBackups
func (r *Tables) DescribeContinuousBackups(ctx context.Context, in *dynamodb.DescribeContinuousBackupsInput, _ ...opt) (*dynamodb.DescribeContinuousBackupsOutput, error) {
	k, err := r.named(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	t := r.get(k)
	if t == nil {
		return nil, errNoTableForBackups(k.name)
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	return &dynamodb.DescribeContinuousBackupsOutput{ContinuousBackupsDescription: backupsOf(t.record.Backups)}, nil
}
