package dynamodb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/companions/dynamodb/value"
	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/store/kv"
	"sluice/store/kv/memkv"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// world is a room under test with what is around it.
type world struct {
	t     *testing.T
	clock *clock.Service
	space kv.Space
	room  *Tables
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, clock: clock.NewManual(start), space: memkv.NewOrdered()}
	w.open(0)
	return w
}

func (w *world) open(transition time.Duration) {
	w.t.Helper()
	room, err := Open(w.t.Context(), Config{Clock: w.clock, Dice: dice.Seeded(1), Space: w.space, Hold: w.clock.Hold,
		Transition: transition, Account: "000000000000", Region: "us-east-1"})
	require.NoError(w.t, err)
	w.room = room
	w.t.Cleanup(func() { require.NoError(w.t, room.Close()) })
}

// leases makes the table of a consumer library, with the index that version 3 adds.
func (w *world) leases() {
	w.t.Helper()
	w.table("leases", "leaseKey")
	_, err := w.room.UpdateTable(w.t.Context(), &dynamodb.UpdateTableInput{TableName: aws.String("leases"),
		AttributeDefinitions: definitions("leaseKey", "leaseOwner"),
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: &types.CreateGlobalSecondaryIndexAction{
			IndexName: aws.String("LeaseOwnerToLeaseKeyIndex"), KeySchema: keys("leaseOwner", "leaseKey"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}}}}})
	require.NoError(w.t, err)
}

// table makes a table whose key attributes are texts, or numbers when their
// names begin with n.
func (w *world) table(name string, key ...string) {
	w.t.Helper()
	_, err := w.room.CreateTable(w.t.Context(), &dynamodb.CreateTableInput{TableName: &name, KeySchema: keys(key...),
		AttributeDefinitions: definitions(key...), BillingMode: types.BillingModePayPerRequest})
	require.NoError(w.t, err)
}

func keys(names ...string) []types.KeySchemaElement { return keySchema(names).shape() }

func definitions(names ...string) []types.AttributeDefinition {
	var list []types.AttributeDefinition
	for _, name := range names {
		kind := types.ScalarAttributeTypeS
		if name[0] == 'n' {
			kind = types.ScalarAttributeTypeN
		}
		list = append(list, types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: kind})
	}
	return list
}

// attrs reads an item written as JSON: texts are S, numbers N, true and false
// BOOL, null NULL, objects M, arrays L; {"SS":[…]} and the like are sets.
func attrs(text string) map[string]types.AttributeValue {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		panic(err)
	}
	out := map[string]types.AttributeValue{}
	for k, v := range m {
		out[k] = attr(v)
	}
	return out
}

func attr(v any) types.AttributeValue {
	switch v := v.(type) {
	case string:
		return &types.AttributeValueMemberS{Value: v}
	case json.Number:
		return &types.AttributeValueMemberN{Value: v.String()}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}
	case nil:
		return &types.AttributeValueMemberNULL{Value: true}
	case []any:
		l := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
		for _, e := range v {
			l.Value = append(l.Value, attr(e))
		}
		return l
	case map[string]any:
		for kind, set := range v {
			var texts []string
			if kind == "SS" || kind == "NS" {
				for _, e := range set.([]any) {
					texts = append(texts, fmt.Sprint(e))
				}
			}
			switch kind {
			case "SS":
				return &types.AttributeValueMemberSS{Value: texts}
			case "NS":
				return &types.AttributeValueMemberNS{Value: texts}
			}
		}
		m := &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{}}
		for k, e := range v {
			m.Value[k] = attr(e)
		}
		return m
	}
	panic(fmt.Sprintf("%T", v))
}

// text writes an item as attrs reads it, attributes sorted.
func text(item map[string]types.AttributeValue) string {
	if item == nil {
		return "-"
	}
	b, err := json.Marshal(plain(&types.AttributeValueMemberM{Value: item}))
	if err != nil {
		panic(err)
	}
	return string(b)
}

func plain(v types.AttributeValue) any {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return json.Number(v.Value)
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberL:
		l := []any{}
		for _, e := range v.Value {
			l = append(l, plain(e))
		}
		return l
	case *types.AttributeValueMemberM:
		m := map[string]any{}
		for k, e := range v.Value {
			m[k] = plain(e)
		}
		return m
	case *types.AttributeValueMemberSS:
		return map[string]any{"SS": v.Value}
	case *types.AttributeValueMemberNS:
		return map[string]any{"NS": v.Value}
	case *types.AttributeValueMemberB:
		return map[string]any{"B": v.Value}
	}
	return nil
}

func (w *world) put(table, item string) {
	w.t.Helper()
	_, err := w.room.PutItem(w.t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: attrs(item)})
	require.NoError(w.t, err)
}

func (w *world) get(table, key string) string {
	w.t.Helper()
	out, err := w.room.GetItem(w.t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: attrs(key)})
	require.NoError(w.t, err)
	return text(out.Item)
}

// says checks code and text of an error.
func says(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.True(t, errors.As(err, &api), "%v", err)
	require.Equal(t, code, api.ErrorCode())
	require.Equal(t, message, api.ErrorMessage())
}

// all returns the items of a scan or of an index, as texts.
func (w *world) all(table, index string) []string {
	w.t.Helper()
	in := &dynamodb.ScanInput{TableName: &table}
	if index != "" {
		in.IndexName = &index
	}
	list := []string{}
	for {
		out, err := w.room.Scan(w.t.Context(), in)
		require.NoError(w.t, err)
		for _, item := range out.Items {
			list = append(list, text(item))
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return list
		}
	}
}

// rows counts what the space holds under a prefix.
func (w *world) rows(prefix byte) int {
	n := 0
	err := w.space.Scan(context.Background(), []byte{prefix}, []byte{prefix + 1}, false, func(_, _ []byte) (bool, error) { n++; return true, nil })
	require.NoError(w.t, err)
	return n
}

func TestRestart(t *testing.T) {
	w := newWorld(t)
	w.leases()
	w.put("leases", `{"leaseKey":"s1","leaseOwner":"w1","n":1.50,"m":{"l":[1,{"SS":["b","a"]},null,true]}}`)
	w.open(0)
	require.Equal(t, `{"leaseKey":"s1","leaseOwner":"w1","m":{"l":[1,{"SS":["a","b"]},null,true]},"n":1.5}`, w.get("leases", `{"leaseKey":"s1"}`))
	require.Equal(t, []string{`{"leaseKey":"s1","leaseOwner":"w1"}`}, w.all("leases", "LeaseOwnerToLeaseKeyIndex"))
	removed, err := w.room.Reset(t.Context(), "", "eu-west-1")
	require.NoError(t, err)
	require.Zero(t, removed)
	removed, err = w.room.Reset(t.Context(), "000000000000", "")
	require.NoError(t, err)
	require.Equal(t, 1, removed)
	for _, prefix := range []byte{prefixTable, prefixItem, prefixIndex, prefixExpiry} {
		require.Zero(t, w.rows(prefix), "%c", prefix)
	}
	w.leases()
	require.Equal(t, "-", w.get("leases", `{"leaseKey":"s1"}`), "a new table is empty")
}

func TestStoredItems(t *testing.T) {
	item, err := itemOf(attrs(`{"a":"x","b":-12.5e-3,"c":[1,[2,{"d":null}]],"e":{"NS":[3,1,2]},"f":false,"g":{}}`))
	require.NoError(t, err)
	back, err := value.Decode(item.Encode())
	require.NoError(t, err)
	require.True(t, item.Equal(back))
	for cut := range len(item.Encode()) {
		_, err := value.Decode(item.Encode()[:cut])
		require.ErrorIs(t, err, value.ErrStored)
	}
}
