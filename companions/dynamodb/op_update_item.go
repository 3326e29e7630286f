package dynamodb

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"sluice/companions/dynamodb/expression"
	"sluice/companions/dynamodb/value"
)

// UpdateItem changes attributes of an item, or makes it, under a condition
// where one is given: by an expression, or by AttributeUpdates as the Kinesis
// client libraries do.
//
// State: real
// Notes: Expected and AttributeUpdates or expressions, all ReturnValues, the item in a failed condition
// Test: TestUpdateItem
func (r *Tables) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, _ ...opt) (*dynamodb.UpdateItemOutput, error) {
	p := parameters{names: in.ExpressionAttributeNames, values: in.ExpressionAttributeValues,
		expressions: []parameter{{"UpdateExpression", in.UpdateExpression}, {"ConditionExpression", in.ConditionExpression}},
		others: present(older{"AttributeUpdates", in.AttributeUpdates != nil}, older{"Expected", in.Expected != nil},
			older{"ConditionalOperator", in.ConditionalOperator != ""})}
	if err := p.check(); err != nil {
		return nil, err
	}
	key, err := itemOf(in.Key)
	if err != nil {
		return nil, err
	}
	u := updater{key: key}
	if u.plain, err = updatesOf(in.AttributeUpdates); err != nil {
		return nil, err
	}
	tests, err := expectedOf(in.Expected, in.ConditionalOperator)
	if err != nil {
		return nil, err
	}
	x, err := p.parse()
	if err != nil {
		return nil, err
	}
	u.update = x.update
	u.demand = demand{expected: tests, condition: x.condition, showOld: showsOld(in.ReturnValuesOnConditionCheckFailure)}
	t, done, err := r.use(ctx, in.TableName)
	if err != nil {
		return nil, err
	}
	defer done()
	w, err := u.write(t)
	if err != nil {
		return nil, err
	}
	if err := r.carryOut(ctx, w); err != nil {
		return nil, err
	}
	return &dynamodb.UpdateItemOutput{
		Attributes:       shapeOf(u.returned(in.ReturnValues, w)),
		ConsumedCapacity: t.written(in.ReturnConsumedCapacity, w),
	}, nil
}

// updater is an update of one item, in either form.
type updater struct {
	key    value.Item
	plain  []plainUpdate
	update *expression.Update
	demand demand
}

// plainUpdate is one of AttributeUpdates.
type plainUpdate struct {
	name   string
	action types.AttributeAction
	value  *value.Value
}

// updatesOf reads AttributeUpdates.
func updatesOf(in map[string]types.AttributeValueUpdate) ([]plainUpdate, error) {
	var list []plainUpdate
	for _, name := range slices.Sorted(maps.Keys(in)) {
		u := plainUpdate{name: name, action: in[name].Action}
		if u.action == "" {
			u.action = types.AttributeActionPut
		}
		if !slices.Contains(u.action.Values(), u.action) {
			return nil, invalid("1 validation error detected: Value '%s' at 'attributeUpdates.%s.member.action' failed to satisfy constraint: "+
				"Member must satisfy enum value set: [ADD, PUT, DELETE]", u.action, name)
		}
		if in[name].Value == nil {
			if u.action != types.AttributeActionDelete {
				return nil, badValue("Only DELETE action is allowed when no attribute value is specified")
			}
			list = append(list, u)
			continue
		}
		v, err := valueOf(in[name].Value, 0)
		if err != nil {
			return nil, err
		}
		switch {
		case u.action == types.AttributeActionDelete && !v.Kind.Set():
			return nil, badValue("DELETE action with value is not supported for the type %s", v.Kind)
		case u.action == types.AttributeActionAdd && !v.Kind.Set() && v.Kind != value.N && v.Kind != value.L:
			return nil, badValue("ADD action is not supported for the type %s", v.Kind)
		}
		u.value = v
		list = append(list, u)
	}
	return list, nil
}

// write checks the update against the table.
func (u *updater) write(t *table) (*write, error) {
	tail, err := t.record.keyOf(u.key)
	if err != nil {
		return nil, err
	}
	if err := u.check(t.record); err != nil {
		return nil, err
	}
	return &write{table: t, tail: tail, do: func(old value.Item) (value.Item, error) {
		if err := u.demand.check(old); err != nil {
			return nil, err
		}
		return u.apply(t.record, old)
	}}, nil
}

// check refuses changes of the key, and what cannot stand in an index.
func (u *updater) check(rec *record) error {
	var err error
	look := func(name string, whole bool, kind value.Kind) {
		if err == nil && slices.Contains(rec.Key, name) {
			err = errKeyUpdated(name)
		}
		for _, x := range rec.Indexes {
			if err == nil && whole && kind != 0 && slices.Contains(x.Key, name) && kind != rec.kind(name) {
				err = errIndexKeyType(name, rec.kind(name), kind, x.Name)
			}
		}
	}
	for _, p := range u.plain {
		var kind value.Kind
		if p.value != nil {
			kind = p.value.Kind
		}
		look(p.name, true, kind)
	}
	if u.update == nil {
		return err
	}
	u.update.Heads(look)
	if err != nil {
		return err
	}
	return rec.checkNested(u.update.Nested)
}

// apply computes the item after the update.
func (u *updater) apply(rec *record, old value.Item) (value.Item, error) {
	item := old
	if item == nil {
		item = u.key
	}
	next := item
	var err error
	if u.update != nil {
		if next, err = u.update.Apply(item); err != nil {
			return nil, invalid("%s", err.Error())
		}
	} else if next, err = u.applyPlain(item); err != nil {
		return nil, err
	}
	if next.Size() > maxItemSize {
		return nil, errItemSizeUpdated()
	}
	return next, rec.checkIndexKeys(next)
}

const textTypeMismatch = "Type mismatch for attribute to update"

func (u *updater) applyPlain(item value.Item) (value.Item, error) {
	next := maps.Clone(item)
	for _, p := range u.plain {
		old := item[p.name]
		var v *value.Value
		var err error
		switch {
		case p.action == types.AttributeActionPut:
			v = p.value
		case p.value == nil:
		case old != nil && old.Kind != p.value.Kind:
			return nil, invalid("%s", textTypeMismatch)
		case p.action == types.AttributeActionDelete:
			v, err = expression.Subtract(old, p.value)
		case p.value.Kind == value.L && old != nil:
			v = &value.Value{Kind: value.L, List: slices.Concat(old.List, p.value.List)}
		default:
			v, err = expression.Add(old, p.value)
		}
		if err != nil {
			return nil, invalid("%s", err.Error())
		}
		if v == nil {
			delete(next, p.name)
		} else {
			next[p.name] = v
		}
	}
	return next, nil
}

// returned is the part of the item that ReturnValues asks for.
func (u *updater) returned(r types.ReturnValue, w *write) value.Item {
	switch r {
	case types.ReturnValueAllOld:
		return w.old
	case types.ReturnValueAllNew:
		return w.next
	case types.ReturnValueUpdatedOld:
		return u.changed(w.old)
	case types.ReturnValueUpdatedNew:
		return u.changed(w.next)
	}
	return nil
}

func (u *updater) changed(item value.Item) value.Item {
	if item == nil {
		return nil
	}
	return u.paths().Of(item)
}

func (u *updater) paths() expression.Projection {
	if u.update != nil {
		return u.update.Paths()
	}
	var names []string
	for _, p := range u.plain {
		names = append(names, p.name)
	}
	return expression.Names(names)
}
