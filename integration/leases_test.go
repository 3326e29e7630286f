package integration

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// TestLeasesSurviveAKill kills the server again and again while workers renew leases and hand them over: no acknowledged
// update is lost, and the index of owners says what the leases say.
func TestLeasesSurviveAKill(t *testing.T) {
	t.Parallel()
	server := Start(t, "--transition", "0")
	// Each round has a client of its own, without the broken connections of the one before.
	newClient := func() *dynamodb.Client {
		return dynamodb.New(dynamodb.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), Retryer: aws.NopRetryer{},
			Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")})
	}
	client := newClient()
	makeLeaseTable(t, client)
	const workers = 64
	var counters [workers]atomic.Int64 // acknowledged
	for range 3 {
		ctx, stop := context.WithCancel(t.Context())
		var working sync.WaitGroup
		var before [workers]int64
		for w := range workers {
			before[w] = counters[w].Load()
			working.Go(func() {
				for ctx.Err() == nil {
					if n, err := renew(ctx, client, w); err == nil {
						counters[w].Store(n)
					}
				}
			})
		}
		time.Sleep(300 * time.Millisecond)
		for w := range workers { // each has had its turn, however slow the machine
			server.eventually(t, func() bool { return counters[w].Load() > before[w] }, time.Millisecond, "worker %d renews its lease", w)
		}
		server.Kill()
		stop()
		working.Wait()
		server.Restart()
		client = newClient()
		checkLeases(t, client, counters[:])
	}
}

func makeLeaseTable(t *testing.T, client *dynamodb.Client) {
	t.Helper()
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{TableName: aws.String("leases"), BillingMode: types.BillingModePayPerRequest,
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("leaseKey"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("leaseKey"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("leaseOwner"), AttributeType: types.ScalarAttributeTypeS}},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{IndexName: aws.String("owners"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("leaseOwner"), KeyType: types.KeyTypeHash}}}}})
	require.NoError(t, err)
}

// renew adds one to a lease's counter and changes its owner in turns. It returns the counter.
func renew(ctx context.Context, client *dynamodb.Client, lease int) (int64, error) {
	out, err := client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: aws.String("leases"),
		Key: map[string]types.AttributeValue{"leaseKey": &types.AttributeValueMemberS{Value: fmt.Sprint("lease-", lease)}},
		AttributeUpdates: map[string]types.AttributeValueUpdate{
			"leaseCounter": {Action: types.AttributeActionAdd, Value: &types.AttributeValueMemberN{Value: "1"}},
			"leaseOwner":   {Action: types.AttributeActionPut, Value: &types.AttributeValueMemberS{Value: fmt.Sprint("w", time.Now().UnixNano()%3)}}},
		ReturnValues: types.ReturnValueUpdatedNew})
	if err != nil {
		return 0, err
	}
	return counterOf(out.Attributes), nil
}

func counterOf(item map[string]types.AttributeValue) int64 {
	n, _ := item["leaseCounter"].(*types.AttributeValueMemberN)
	if n == nil {
		return 0
	}
	i, _ := strconv.ParseInt(n.Value, 10, 64)
	return i
}

func checkLeases(t *testing.T, client *dynamodb.Client, acknowledged []atomic.Int64) {
	t.Helper()
	table, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("leases")})
	require.NoError(t, err)
	index, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("leases"), IndexName: aws.String("owners")})
	require.NoError(t, err)
	require.ElementsMatch(t, table.Items, index.Items)
	require.Len(t, table.Items, len(acknowledged))
	for _, item := range table.Items {
		lease, err := strconv.Atoi(textOf(item["leaseKey"])[len("lease-"):])
		require.NoError(t, err)
		require.GreaterOrEqual(t, counterOf(item), acknowledged[lease].Load())
		require.LessOrEqual(t, counterOf(item), acknowledged[lease].Load()+1, "at most the one under way")
		acknowledged[lease].Store(counterOf(item))
	}
}
