package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// DescribeTimeToLive tells by which attribute items expire.
//
// State: real
// Notes: ENABLED or DISABLED, nothing between
// Test: TestDescribeTimeToLive
func (r *Tables) DescribeTimeToLive(ctx context.Context, in *dynamodb.DescribeTimeToLiveInput, _ ...opt) (*dynamodb.DescribeTimeToLiveOutput, error) {
	k, err := r.named(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	t := r.get(k)
	if t == nil {
		return nil, errNoTable(k.name)
	}
	d := &types.TimeToLiveDescription{TimeToLiveStatus: types.TimeToLiveStatusDisabled}
	if d.AttributeName = t.settledTTL(); d.AttributeName != nil {
		d.TimeToLiveStatus = types.TimeToLiveStatusEnabled
	}
	return &dynamodb.DescribeTimeToLiveOutput{TimeToLiveDescription: d}, nil
}
