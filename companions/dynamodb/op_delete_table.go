package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// DeleteTable removes a table. Its items are gone at once; its name stays
// taken while it is DELETING.
//
// State: real
// Notes: deletion protection holds
// Test: TestDeleteTable
func (r *Tables) DeleteTable(ctx context.Context, in *dynamodb.DeleteTableInput, _ ...opt) (*dynamodb.DeleteTableOutput, error) {
	k, err := r.named(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	r.making.Lock()
	defer r.making.Unlock()
	t := r.get(k)
	if t == nil {
		if r.fadingRecord(k) != nil {
			return nil, errTableBusy(k.name, "deleted")
		}
		return nil, errNoTable(k.name)
	}
	t.mu.RLock()
	protected, creating := t.record.Protected, t.record.status(r.clock.Now()) != "ACTIVE"
	t.mu.RUnlock()
	switch {
	case creating:
		return nil, errTableBusy(k.name, "created")
	case protected:
		return nil, errProtected(k.name)
	}
	rec, err := r.drop(ctx, t)
	if err != nil {
		return nil, err
	}
	r.fade(k, rec)
	return &dynamodb.DeleteTableOutput{TableDescription: rec.describe(k, "DELETING")}, nil
}
