package dynamodb

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

func TestCreateTable(t *testing.T) {
	w := newWorld(t)
	w.open(time.Second)
	in := &dynamodb.CreateTableInput{TableName: aws.String("leases"), KeySchema: keys("leaseKey"), AttributeDefinitions: definitions("leaseKey"),
		ProvisionedThroughput: &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(10), WriteCapacityUnits: aws.Int64(20)},
		Tags:                  []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}, DeletionProtectionEnabled: aws.Bool(true)}
	out, err := w.room.CreateTable(t.Context(), in)
	require.NoError(t, err)
	d := out.TableDescription
	require.Equal(t, types.TableStatusCreating, d.TableStatus)
	require.Equal(t, "arn:aws:dynamodb:us-east-1:000000000000:table/leases", *d.TableArn)
	require.Equal(t, []int64{10, 20}, []int64{*d.ProvisionedThroughput.ReadCapacityUnits, *d.ProvisionedThroughput.WriteCapacityUnits})
	require.Nil(t, d.BillingModeSummary)
	require.True(t, *d.DeletionProtectionEnabled)
	_, err = w.room.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("leases"), Item: attrs(`{"leaseKey":"a"}`)})
	says(t, err, "ResourceNotFoundException", "Requested resource not found")
	_, err = w.room.CreateTable(t.Context(), in)
	says(t, err, "ResourceInUseException", "Table already exists: leases")
	_, err = w.room.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("leases")})
	says(t, err, "ResourceInUseException", "Attempt to change a resource which is still in use: Table is being created: leases")
	w.clock.Step(time.Second)
	w.put("leases", `{"leaseKey":"a"}`)

	for message, change := range map[string]func(in *dynamodb.CreateTableInput){
		"One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED": func(in *dynamodb.CreateTableInput) {
			in.ProvisionedThroughput = nil
		},
		"One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST": func(in *dynamodb.CreateTableInput) {
			in.BillingMode = types.BillingModePayPerRequest
		},
		"Invalid KeySchema: Some index key attribute have no definition": func(in *dynamodb.CreateTableInput) { in.AttributeDefinitions = nil },
		"One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. Keys: [leaseKey], AttributeDefinitions: [x]": func(in *dynamodb.CreateTableInput) {
			in.AttributeDefinitions = definitions("x")
		},
		"One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions": func(in *dynamodb.CreateTableInput) {
			in.AttributeDefinitions = definitions("leaseKey", "x")
		},
		"Invalid KeySchema: The first KeySchemaElement is not a HASH key type": func(in *dynamodb.CreateTableInput) {
			in.KeySchema = []types.KeySchemaElement{{AttributeName: aws.String("leaseKey"), KeyType: types.KeyTypeRange}}
		},
		"TableName must be at least 3 characters long and at most 255 characters long": func(in *dynamodb.CreateTableInput) { in.TableName = aws.String("ab") },
		"1 validation error detected: Value 'a b c' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+": func(in *dynamodb.CreateTableInput) {
			in.TableName = aws.String("a b c")
		},
		"StreamSpecification is beyond the lease store of Sluice, which is not a replacement of DynamoDB": func(in *dynamodb.CreateTableInput) {
			in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true)}
		},
		"One or more parameter values were invalid: Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex": func(in *dynamodb.CreateTableInput) {
			in.LocalSecondaryIndexes = []types.LocalSecondaryIndex{{IndexName: aws.String("idx")}}
		},
	} {
		other := *in
		other.TableName = aws.String("other")
		change(&other)
		_, err := w.room.CreateTable(t.Context(), &other)
		says(t, err, "ValidationException", message)
	}
}

// TestLocalIndex reads a local index, whose projection lacks an attribute that
// the table has.
func TestLocalIndex(t *testing.T) {
	w := newWorld(t)
	_, err := w.room.CreateTable(t.Context(), &dynamodb.CreateTableInput{TableName: aws.String("events"), KeySchema: keys("a", "b"),
		AttributeDefinitions: definitions("a", "b", "n1"), BillingMode: types.BillingModePayPerRequest,
		LocalSecondaryIndexes: []types.LocalSecondaryIndex{{IndexName: aws.String("byNumber"), KeySchema: keys("a", "n1"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{"i"}}}}})
	require.NoError(t, err)
	w.put("events", `{"a":"x","b":"1","n1":2,"i":1,"o":1}`)
	w.put("events", `{"a":"x","b":"2","n1":1,"i":1,"o":1}`)
	w.put("events", `{"a":"x","b":"3"}`)
	ask := func(s types.Select) []string {
		out, err := w.room.Query(t.Context(), &dynamodb.QueryInput{TableName: aws.String("events"), IndexName: aws.String("byNumber"),
			ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("a = :x"), ExpressionAttributeValues: attrs(`{":x":"x"}`), Select: s})
		require.NoError(t, err)
		var got []string
		for _, item := range out.Items {
			got = append(got, text(item))
		}
		return got
	}
	require.Equal(t, []string{`{"a":"x","b":"2","i":1,"n1":1}`, `{"a":"x","b":"1","i":1,"n1":2}`}, ask(""))
	require.Equal(t, []string{`{"a":"x","b":"2","i":1,"n1":1,"o":1}`, `{"a":"x","b":"1","i":1,"n1":2,"o":1}`}, ask(types.SelectAllAttributes))
}

func TestTooManyTables(t *testing.T) {
	w := newWorld(t)
	for i := range maxTables {
		w.table(fmt.Sprintf("table-%04d", i), "a")
	}
	_, err := w.room.CreateTable(t.Context(), &dynamodb.CreateTableInput{TableName: aws.String("one-more"), KeySchema: keys("a"),
		AttributeDefinitions: definitions("a"), BillingMode: types.BillingModePayPerRequest})
	says(t, err, "LimitExceededException", "Subscriber limit exceeded: There is a limit of 2500 tables per subscriber")
}
