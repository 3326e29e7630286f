package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// describe is a table as answers show it, with its numbers when they count.
func (r *Tables) describe(ctx context.Context, t *table) (*types.TableDescription, error) {
	if err := r.count(ctx, t); err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	d := t.record.describe(t.key, t.record.status(r.clock.Now()))
	d.ItemCount, d.TableSizeBytes = aws.Int64(t.items.Load()), aws.Int64(t.bytes.Load())
	for i := range d.GlobalSecondaryIndexes {
		d.GlobalSecondaryIndexes[i].ItemCount, d.GlobalSecondaryIndexes[i].IndexSizeBytes = d.ItemCount, d.TableSizeBytes
	}
	return d, nil
}

func (rec *record) describe(k tableKey, status string) *types.TableDescription {
	d := &types.TableDescription{
		TableName: aws.String(k.name), TableArn: aws.String(k.arn()), TableId: aws.String(rec.UUID),
		TableStatus: types.TableStatus(status), CreationDateTime: aws.Time(millis(rec.Created)),
		KeySchema: rec.Key.shape(), ItemCount: aws.Int64(0), TableSizeBytes: aws.Int64(0),
		ProvisionedThroughput:     throughput(rec.Read, rec.Write),
		DeletionProtectionEnabled: aws.Bool(rec.Protected),
	}
	for _, name := range rec.Order {
		d.AttributeDefinitions = append(d.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(name), AttributeType: types.ScalarAttributeType(rec.Types[name])})
	}
	if rec.OnDemand > 0 {
		d.BillingModeSummary = &types.BillingModeSummary{BillingMode: types.BillingModePayPerRequest}
		if status == "ACTIVE" {
			d.BillingModeSummary.LastUpdateToPayPerRequestDateTime = aws.Time(millis(rec.OnDemand))
		}
	}
	for _, x := range rec.Indexes {
		x.describe(k, d, status)
	}
	return d
}

func (x *index) describe(k tableKey, d *types.TableDescription, status string) {
	arn := aws.String(k.arn() + "/index/" + x.Name)
	p := &types.Projection{ProjectionType: types.ProjectionType(x.Projection), NonKeyAttributes: x.Include}
	if x.Local {
		d.LocalSecondaryIndexes = append(d.LocalSecondaryIndexes, types.LocalSecondaryIndexDescription{
			IndexName: aws.String(x.Name), IndexArn: arn, KeySchema: x.Key.shape(), Projection: p,
			ItemCount: aws.Int64(0), IndexSizeBytes: aws.Int64(0)})
		return
	}
	d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, types.GlobalSecondaryIndexDescription{
		IndexName: aws.String(x.Name), IndexArn: arn, KeySchema: x.Key.shape(), Projection: p,
		IndexStatus: types.IndexStatus(status), ProvisionedThroughput: throughput(x.Read, x.Write),
		ItemCount: aws.Int64(0), IndexSizeBytes: aws.Int64(0)})
}

func (s keySchema) shape() []types.KeySchemaElement {
	elements := []types.KeySchemaElement{{AttributeName: aws.String(s[0]), KeyType: types.KeyTypeHash}}
	if len(s) > 1 {
		elements = append(elements, types.KeySchemaElement{AttributeName: aws.String(s[1]), KeyType: types.KeyTypeRange})
	}
	return elements
}

func throughput(read, write int64) *types.ProvisionedThroughputDescription {
	return &types.ProvisionedThroughputDescription{
		NumberOfDecreasesToday: aws.Int64(0), ReadCapacityUnits: aws.Int64(read), WriteCapacityUnits: aws.Int64(write)}
}
