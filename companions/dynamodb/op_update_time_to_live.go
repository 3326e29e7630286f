package dynamodb

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"sluice/companions/dynamodb/value"
	"sluice/store/kv"
)

// UpdateTimeToLive makes items expire at the second that an attribute names,
// in service time and at once.
//
// State: real
// Notes: ENABLED at once; items go at their second, where the service takes days
// Test: TestUpdateTimeToLive
func (r *Tables) UpdateTimeToLive(ctx context.Context, in *dynamodb.UpdateTimeToLiveInput, _ ...opt) (*dynamodb.UpdateTimeToLiveOutput, error) {
	k, err := r.named(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	t := r.get(k)
	if t == nil {
		return nil, errNoTable(k.name)
	}
	if err := r.updateTTL(ctx, t, *in.TimeToLiveSpecification.AttributeName, *in.TimeToLiveSpecification.Enabled); err != nil {
		return nil, err
	}
	r.planExpiry(ctx)
	return &dynamodb.UpdateTimeToLiveOutput{TimeToLiveSpecification: in.TimeToLiveSpecification}, nil
}

func (r *Tables) updateTTL(ctx context.Context, t *table, attribute string, on bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.gone:
		return errNoTable(t.key.name)
	case on && t.record.TTL == attribute:
		return invalid("TimeToLive is already enabled")
	case on && t.record.TTL != "":
		return invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s", t.record.TTL)
	case !on && t.record.TTL == "":
		return invalid("TimeToLive is already disabled")
	case !on && t.record.TTL != attribute:
		return invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s", t.record.TTL)
	}
	next := t.record.clone()
	next.TTL = ""
	b := &kv.Batch{}
	own := tablePrefix(prefixExpiry, next.ID)
	b.DeleteRange(own, after(own))
	if on {
		next.TTL = attribute
		if err := r.fillExpiry(ctx, next, b); err != nil {
			return err
		}
	}
	return r.change(ctx, t, next, b)
}

// fillExpiry enters the items there are. Its rows are keys alone.
func (r *Tables) fillExpiry(ctx context.Context, rec *record, b *kv.Batch) error {
	prefix := tablePrefix(prefixItem, rec.ID)
	return r.space.Scan(ctx, prefix, after(prefix), false, func(key, stored []byte) (bool, error) {
		item, err := value.Decode(stored)
		if err != nil {
			return false, err
		}
		if due, ok := rec.expires(item); ok {
			b.Set(rec.expiryKey(due, slices.Clone(key[len(prefix):])), nil)
		}
		return true, nil
	})
}

// settledTTL is the attribute of a table by which items expire.
func (t *table) settledTTL() *string {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.record.TTL == "" {
		return nil
	}
	return aws.String(t.record.TTL)
}
