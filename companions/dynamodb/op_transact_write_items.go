package dynamodb

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"sluice/companions/dynamodb/value"
)

// TransactWriteItems writes up to 100 items of any tables, all or none, each
// under its condition.
//
// State: real
// Notes: reasons in the error; a client token counts for ten minutes, and until a restart
// Test: TestTransactWriteItems
func (r *Tables) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, _ ...opt) (*dynamodb.TransactWriteItemsOutput, error) {
	parts := make([]*part, len(in.TransactItems))
	for i := range in.TransactItems {
		var err error
		if parts[i], err = readPart(&in.TransactItems[i]); err != nil {
			return nil, err
		}
	}
	if in.ClientRequestToken != nil {
		me := r.caller(ctx)
		again, end, err := r.tokens.begin(me.account+"/"+me.region+"/"+*in.ClientRequestToken, fingerprint(parts), r.clock.Now())
		if err != nil || again {
			return &dynamodb.TransactWriteItemsOutput{}, err
		}
		out, err := r.transact(ctx, in, parts)
		end(err == nil)
		return out, err
	}
	return r.transact(ctx, in, parts)
}

// part is one write of a transaction, or a check.
type part struct {
	name string // of the table
	kind string
	// item is what is put; key is that of the others.
	item, key value.Item
	updater   updater
	demand    demand
	text      string // all that it says
}

func readPart(in *types.TransactWriteItem) (*part, error) {
	var list []*part
	var err error
	add := func(p *part, e error) {
		list = append(list, p)
		err = errors.Join(err, e)
	}
	if c := in.ConditionCheck; c != nil {
		add(newPart("check", c.TableName, nil, c.Key, nil, c.ConditionExpression, c.ExpressionAttributeNames, c.ExpressionAttributeValues, c.ReturnValuesOnConditionCheckFailure))
	}
	if c := in.Put; c != nil {
		add(newPart("put", c.TableName, c.Item, nil, nil, c.ConditionExpression, c.ExpressionAttributeNames, c.ExpressionAttributeValues, c.ReturnValuesOnConditionCheckFailure))
	}
	if c := in.Delete; c != nil {
		add(newPart("delete", c.TableName, nil, c.Key, nil, c.ConditionExpression, c.ExpressionAttributeNames, c.ExpressionAttributeValues, c.ReturnValuesOnConditionCheckFailure))
	}
	if c := in.Update; c != nil {
		add(newPart("update", c.TableName, nil, c.Key, c.UpdateExpression, c.ConditionExpression, c.ExpressionAttributeNames, c.ExpressionAttributeValues, c.ReturnValuesOnConditionCheckFailure))
	}
	if err != nil {
		var api smithy.APIError
		if errors.As(err, &api) {
			return nil, api
		}
		return nil, err
	}
	if len(list) != 1 {
		return nil, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
	}
	return list[0], nil
}

func newPart(kind string, name *string, item, key map[string]types.AttributeValue, update, condition *string,
	names map[string]string, values map[string]types.AttributeValue, show types.ReturnValuesOnConditionCheckFailure) (*part, error) {
	p := &part{kind: kind, name: aws.ToString(name)}
	x := parameters{names: names, values: values, expressions: []parameter{{"UpdateExpression", update}, {"ConditionExpression", condition}}}
	if kind != "update" {
		x.expressions = x.expressions[1:]
	}
	if err := x.check(); err != nil {
		return nil, err
	}
	var err error
	if p.item, err = itemOf(item); err != nil {
		return nil, err
	}
	if p.key, err = itemOf(key); err != nil {
		return nil, err
	}
	if p.item.Size() > maxItemSize {
		return nil, errItemSize()
	}
	parsed, err := x.parse()
	if err != nil {
		return nil, err
	}
	p.demand = demand{condition: parsed.condition, showOld: showsOld(show)}
	p.updater = updater{key: p.key, update: parsed.update}
	given, err := itemOf(values)
	p.text = fmt.Sprintf("%s %s %x %x %s %s %v %x", kind, p.name, p.item.Encode(), p.key.Encode(), aws.ToString(update), aws.ToString(condition), names, given.Encode())
	return p, err
}

func fingerprint(parts []*part) [sha256.Size]byte {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.text)
		b.WriteByte('\n')
	}
	return sha256.Sum256([]byte(b.String()))
}

// transact carries a transaction out.
func (r *Tables) transact(ctx context.Context, in *dynamodb.TransactWriteItemsInput, parts []*part) (*dynamodb.TransactWriteItemsOutput, error) {
	tables, done, err := r.useAll(ctx, slices.Values(namesOf(parts)))
	if err != nil {
		return nil, err
	}
	defer done()
	reasons := make([]error, len(parts))
	writes := make([]*write, len(parts))
	seen := map[string]bool{}
	for i, p := range parts {
		if writes[i], err = p.write(tables[p.name], &reasons[i]); err != nil {
			return nil, err
		}
		if seen[writes[i].lock()] {
			return nil, invalid("Transaction request cannot include multiple operations on one item")
		}
		seen[writes[i].lock()] = true
	}
	err = r.carryOut(ctx, writes...)
	if errors.Is(err, errCancelled) {
		return nil, cancelled(reasons)
	}
	if err != nil {
		return nil, err
	}
	out := &dynamodb.TransactWriteItemsOutput{}
	for _, w := range writes {
		if c := w.table.written(in.ReturnConsumedCapacity, w); c != nil {
			*c.CapacityUnits *= 2 // a transaction costs twice
			out.ConsumedCapacity = append(out.ConsumedCapacity, *c)
		}
	}
	return out, nil
}

func namesOf(parts []*part) []string {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

var errCancelled = errors.New("a part of a transaction failed")

// write makes the change of a part, which leaves in reason why it fails.
func (p *part) write(t *table, reason *error) (*write, error) {
	w := &write{table: t}
	var err error
	apply := func(old value.Item) (value.Item, error) { return old, nil }
	switch p.kind {
	case "put":
		w.tail, err = t.record.checkItem(p.item)
		apply = func(value.Item) (value.Item, error) { return p.item, nil }
	case "update":
		if w.tail, err = t.record.keyOf(p.key); err == nil {
			err = p.updater.check(t.record)
		}
		apply = func(old value.Item) (value.Item, error) { return p.updater.apply(t.record, old) }
	case "delete":
		w.tail, err = t.record.keyOf(p.key)
		apply = func(value.Item) (value.Item, error) { return nil, nil }
	default:
		w.tail, err = t.record.keyOf(p.key)
	}
	w.do = func(old value.Item) (value.Item, error) {
		next, err := old, p.demand.check(old)
		if err == nil {
			next, err = apply(old)
		}
		if err != nil {
			*reason = err
			return nil, errCancelled
		}
		return next, nil
	}
	return w, err
}

// cancelled is the answer to a transaction of which parts fail.
func cancelled(reasons []error) error {
	out := &types.TransactionCanceledException{}
	codes := make([]string, len(reasons))
	for i, err := range reasons {
		reason := types.CancellationReason{Code: aws.String("None")}
		var condition *types.ConditionalCheckFailedException
		switch {
		case err == nil:
		case errors.As(err, &condition):
			reason = types.CancellationReason{Code: aws.String("ConditionalCheckFailed"), Message: condition.Message, Item: condition.Item}
		default:
			reason = types.CancellationReason{Code: aws.String("ValidationError"), Message: aws.String(messageOf(err))}
		}
		codes[i] = *reason.Code
		out.CancellationReasons = append(out.CancellationReasons, reason)
	}
	out.Message = aws.String("Transaction cancelled, please refer cancellation reasons for specific reasons [" + strings.Join(codes, ", ") + "]")
	return out
}
