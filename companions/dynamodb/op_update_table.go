package dynamodb

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/companions/dynamodb/value"
	"sluice/store/kv"
)

// UpdateTable makes and removes global indexes and changes settings, at once:
// the answer says ACTIVE.
//
// State: real
// Notes: indexes are filled before the answer; billing and protection; no streams, no replicas
// Test: TestUpdateTable
func (r *Tables) UpdateTable(ctx context.Context, in *dynamodb.UpdateTableInput, _ ...opt) (*dynamodb.UpdateTableOutput, error) {
	k, err := r.named(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	if in.StreamSpecification != nil && in.StreamSpecification.StreamEnabled != nil && *in.StreamSpecification.StreamEnabled {
		return nil, beyond("StreamSpecification")
	}
	if in.ProvisionedThroughput == nil && in.BillingMode == "" && len(in.GlobalSecondaryIndexUpdates) == 0 &&
		in.DeletionProtectionEnabled == nil && in.StreamSpecification == nil {
		return nil, invalid("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or " +
			"SSESpecification or ReplicaUpdates is required")
	}
	t := r.get(k)
	if t == nil {
		return nil, errNoTable(k.name)
	}
	if err := r.update(ctx, t, in); err != nil {
		return nil, err
	}
	d, err := r.describe(ctx, t)
	if err != nil {
		return nil, err
	}
	return &dynamodb.UpdateTableOutput{TableDescription: d}, nil
}

func (r *Tables) update(ctx context.Context, t *table, in *dynamodb.UpdateTableInput) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.gone:
		return errNoTable(t.key.name)
	case t.record.status(r.clock.Now()) != "ACTIVE":
		return errTableBusy(t.key.name, "created")
	}
	next := t.record.clone()
	if err := next.updateSettings(in, r.clock.Now().UnixMilli()); err != nil {
		return err
	}
	b := &kv.Batch{}
	before := next.NextID
	for _, u := range in.GlobalSecondaryIndexUpdates {
		if err := next.updateIndex(u, b); err != nil {
			return err
		}
	}
	for i := range next.Indexes {
		if next.Indexes[i].ID < before {
			continue
		}
		if err := r.fillNew(ctx, next, &next.Indexes[i]); err != nil {
			return err
		}
	}
	next.forgetTypes()
	return r.change(ctx, t, next, b)
}

func (rec *record) clone() *record {
	next := *rec
	next.Types, next.Order, next.Indexes = maps.Clone(rec.Types), slices.Clone(rec.Order), slices.Clone(rec.Indexes)
	next.Tags = maps.Clone(rec.Tags)
	return &next
}

func (rec *record) updateSettings(in *dynamodb.UpdateTableInput, now int64) error {
	if in.DeletionProtectionEnabled != nil {
		rec.Protected = *in.DeletionProtectionEnabled
	}
	if in.BillingMode == types.BillingModeProvisioned && in.ProvisionedThroughput == nil {
		return badValue("ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
	}
	mode := in.BillingMode
	if mode == "" && rec.OnDemand > 0 {
		mode = types.BillingModePayPerRequest
	}
	if in.BillingMode != "" || in.ProvisionedThroughput != nil {
		was := rec.OnDemand
		if err := rec.setBilling(mode, in.ProvisionedThroughput); err != nil {
			return err
		}
		switch {
		case rec.OnDemand > 0 && was > 0:
			rec.OnDemand = was
		case rec.OnDemand > 0:
			rec.OnDemand = now
		}
	}
	return rec.define(in.AttributeDefinitions)
}

// updateIndex makes, removes or changes one global index.
func (rec *record) updateIndex(u types.GlobalSecondaryIndexUpdate, b *kv.Batch) error {
	switch {
	case u.Create != nil:
		if rec.index(*u.Create.IndexName) != nil {
			return invalid("Attempting to create an index which already exists")
		}
		return rec.addOneGlobal(*u.Create.IndexName, u.Create.KeySchema, u.Create.Projection, u.Create.ProvisionedThroughput)
	case u.Delete != nil:
		x := rec.index(*u.Delete.IndexName)
		if x == nil || x.Local {
			return errNoTableIndex(*u.Delete.IndexName)
		}
		prefix := indexPrefix(rec.ID, x.ID)
		b.DeleteRange(prefix, after(prefix))
		rec.Indexes = slices.DeleteFunc(rec.Indexes, func(y index) bool { return y.Name == *u.Delete.IndexName })
		return nil
	case u.Update != nil:
		x := rec.index(*u.Update.IndexName)
		if x == nil || x.Local {
			return errNoTableIndex(*u.Update.IndexName)
		}
		if p := u.Update.ProvisionedThroughput; p != nil {
			x.Read, x.Write = *p.ReadCapacityUnits, *p.WriteCapacityUnits
		}
		return nil
	}
	return badValue("One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null")
}

// fillBytes is how much of a new index is written at once.
const fillBytes = 4 << 20

// fillNew puts the items there are into a new index, a part at a time. Should
// it be cut short, the table has no such index, and the next one of its number
// begins by removing what is left.
func (r *Tables) fillNew(ctx context.Context, rec *record, x *index) error {
	own := indexPrefix(rec.ID, x.ID)
	b := &kv.Batch{}
	b.DeleteRange(own, after(own))
	prefix := tablePrefix(prefixItem, rec.ID)
	from := prefix
	for from != nil {
		var next []byte
		size := 0
		err := r.space.Scan(ctx, from, after(prefix), false, func(key, stored []byte) (bool, error) {
			if size > fillBytes {
				next = slices.Clone(key)
				return false, nil
			}
			item, err := value.Decode(stored)
			if err != nil {
				return false, err
			}
			if row := rec.indexKey(x, item, key[len(prefix):]); row != nil {
				b.Set(row, rec.projected(x, item).Encode())
				size += len(stored)
			}
			return true, nil
		})
		if err != nil {
			return err
		}
		if err := r.space.Commit(context.WithoutCancel(ctx), b); err != nil {
			return err
		}
		b, from = &kv.Batch{}, next
	}
	return nil
}

// forgetTypes drops the types of attributes that no key has any more.
func (rec *record) forgetTypes() {
	rec.Order = slices.DeleteFunc(rec.Order, func(name string) bool {
		used := slices.Contains(rec.Key, name)
		for _, x := range rec.Indexes {
			used = used || slices.Contains(x.Key, name)
		}
		if !used {
			delete(rec.Types, name)
		}
		return !used
	})
}
