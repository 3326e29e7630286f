package dynamodb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/store/kv"
)

// CreateTable makes a table, with local and global indexes.
//
// State: real
// Notes: both billing modes are told and never limited; no streams
// Test: TestCreateTable
func (r *Tables) CreateTable(ctx context.Context, in *dynamodb.CreateTableInput, _ ...opt) (*dynamodb.CreateTableOutput, error) {
	k, err := r.named(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	rec, err := newRecord(in)
	if err != nil {
		return nil, err
	}
	r.making.Lock()
	defer r.making.Unlock()
	if r.get(k) != nil || r.fadingRecord(k) != nil {
		return nil, errTableExists(k.name)
	}
	if r.countOf(k) >= maxTables {
		return nil, errTooManyTables()
	}
	b := &kv.Batch{}
	if rec.ID, err = r.takeID(ctx, b); err != nil {
		return nil, err
	}
	now := r.clock.Now()
	rec.UUID, rec.Created, rec.Active = r.config.Dice.UUID().String(), now.UnixMilli(), now.Add(r.config.Transition).UnixMilli()
	if rec.OnDemand > 0 {
		rec.OnDemand = rec.Created
	}
	t := newTable(k, rec)
	t.counted = true
	if err := r.change(ctx, t, rec, b); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tables[k] = t
	return &dynamodb.CreateTableOutput{TableDescription: rec.describe(k, rec.status(now))}, nil
}

// maxTables is how many tables an account has in a region.
const maxTables = 2500

// countOf counts the tables of an account in a region.
func (r *Tables) countOf(k tableKey) (n int) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for other := range r.tables {
		if other.account == k.account && other.region == k.region {
			n++
		}
	}
	return n
}

// newRecord reads a request, or refuses what does not go together.
func newRecord(in *dynamodb.CreateTableInput) (*record, error) {
	rec := &record{Version: recordVersion, Protected: aws.ToBool(in.DeletionProtectionEnabled), Types: map[string]string{}}
	if in.StreamSpecification != nil && aws.ToBool(in.StreamSpecification.StreamEnabled) {
		return nil, beyond("StreamSpecification")
	}
	if err := rec.setBilling(in.BillingMode, in.ProvisionedThroughput); err != nil {
		return nil, err
	}
	if err := rec.define(in.AttributeDefinitions); err != nil {
		return nil, err
	}
	if len(in.KeySchema) > len(rec.Order) {
		return nil, invalid("Invalid KeySchema: Some index key attribute have no definition")
	}
	var err error
	if rec.Key, err = rec.schema(in.KeySchema); err != nil {
		return nil, err
	}
	if in.LocalSecondaryIndexes == nil && in.GlobalSecondaryIndexes == nil && len(rec.Key) != len(rec.Order) {
		return nil, badValue("Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions")
	}
	if err := rec.addLocal(in.LocalSecondaryIndexes); err != nil {
		return nil, err
	}
	if err := rec.addGlobal(in.GlobalSecondaryIndexes); err != nil {
		return nil, err
	}
	rec.Tags, err = withTags(nil, in.Tags)
	return rec, err
}

// maxUnits is the largest capacity that can be asked for.
const maxUnits = 1_000_000_000_000

// setBilling reads the billing mode and the capacity.
func (rec *record) setBilling(mode types.BillingMode, p *types.ProvisionedThroughput) error {
	if mode == types.BillingModePayPerRequest {
		if p != nil {
			return badValue("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
		}
		rec.OnDemand, rec.Read, rec.Write = 1, 0, 0
		return nil
	}
	if p == nil || p.ReadCapacityUnits == nil || p.WriteCapacityUnits == nil {
		return badValue("ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED")
	}
	if err := checkUnits(p); err != nil {
		return err
	}
	rec.OnDemand, rec.Read, rec.Write = 0, *p.ReadCapacityUnits, *p.WriteCapacityUnits
	return nil
}

func checkUnits(p *types.ProvisionedThroughput) error {
	if *p.ReadCapacityUnits > maxUnits {
		return invalid("Given value %d for ReadCapacityUnits is out of bounds", *p.ReadCapacityUnits)
	}
	if *p.WriteCapacityUnits > maxUnits {
		return invalid("Given value %d for WriteCapacityUnits is out of bounds", *p.WriteCapacityUnits)
	}
	return nil
}

// define adds the types of attributes.
func (rec *record) define(in []types.AttributeDefinition) error {
	for _, d := range in {
		name := *d.AttributeName
		if have, ok := rec.Types[name]; ok {
			if have != string(d.AttributeType) {
				return badValue("Cannot redefine attribute %s with another type", name)
			}
			continue
		}
		rec.Types[name] = string(d.AttributeType)
		rec.Order = append(rec.Order, name)
	}
	return nil
}
