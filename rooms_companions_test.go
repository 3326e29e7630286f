package sluice

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

func leaseTable(t *testing.T, client *dynamodb.Client) {
	t.Helper()
	_, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{TableName: aws.String("leases"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("leaseKey"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("leaseKey"), AttributeType: types.ScalarAttributeTypeS}}})
	require.NoError(t, err)
}

func lease(key string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"leaseKey": &types.AttributeValueMemberS{Value: key}}
}

// TestLeaseTables uses the lease store through the SDK's own client, and takes it along in a snapshot.
func TestLeaseTables(t *testing.T) {
	s := RunT(t)
	client := dynamodb.NewFromConfig(s.AWSConfig())
	leaseTable(t, client)
	put := func(key, owner string) error {
		item := lease(key)
		item["leaseOwner"] = &types.AttributeValueMemberS{Value: owner}
		_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("leases"), Item: item,
			ConditionExpression: aws.String("attribute_not_exists(leaseKey)"), ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
		return err
	}
	require.NoError(t, put("a", "w1"))
	var failed *types.ConditionalCheckFailedException
	require.ErrorAs(t, put("a", "w2"), &failed)
	require.Equal(t, "w1", failed.Item["leaseOwner"].(*types.AttributeValueMemberS).Value)
	require.NoError(t, s.Snapshot(t.Context(), "before"))
	require.NoError(t, put("b", "w1"))
	require.NoError(t, s.Restore(t.Context(), "before"))
	out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("leases")})
	require.NoError(t, err)
	require.Len(t, out.Items, 1)

	removed, err := s.Reset(t.Context(), "dynamodb", "", "")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"dynamodb": 1}, removed)
	var missing *types.ResourceNotFoundException
	_, err = client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("leases")})
	require.ErrorAs(t, err, &missing)
}

// TestUnknownTableCall checks that what is not there names the limit.
func TestUnknownTableCall(t *testing.T) {
	s := RunT(t)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Endpoint(), strings.NewReader(`{}`))
	require.NoError(t, err)
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.ExecuteStatement")
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusBadRequest, answer.StatusCode)
	require.JSONEq(t, `{"__type":"com.amazon.coral.service#UnknownOperationException","message":"The lease store of Sluice has the part of DynamoDB that clients `+
		"of Kinesis need; this operation is not in it. `sluice ops` lists what is. Point AWS_ENDPOINT_URL_DYNAMODB at another server for the rest.\"}", string(body))
}

// TestReportedMetrics reports a metric by the SDK, by a signed form and by a form that names its action alone, reads it
// back and finds it on the metrics page.
func TestReportedMetrics(t *testing.T) {
	s := RunT(t)
	client := cloudwatch.NewFromConfig(s.AWSConfig())
	dimension := []cloudtypes.Dimension{{Name: aws.String("ShardId"), Value: aws.String("s")}}
	_, err := client.PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{Namespace: aws.String("app"), MetricData: []cloudtypes.MetricDatum{
		{MetricName: aws.String("Records"), Value: aws.Float64(3), Dimensions: dimension, Unit: cloudtypes.StandardUnitCount}}})
	require.NoError(t, err)
	form := url.Values{"Action": {"PutMetricData"}, "Version": {"2010-08-01"}, "Namespace": {"app"}, "MetricData.member.1.MetricName": {"Records"},
		"MetricData.member.1.Unit": {"Count"}, "MetricData.member.1.Value": {"4"}, "MetricData.member.1.Dimensions.member.1.Name": {"ShardId"},
		"MetricData.member.1.Dimensions.member.1.Value": {"s"}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Endpoint(), strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Amz-Date", "20260101T000000Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode)

	now := time.Now()
	out, err := client.GetMetricStatistics(t.Context(), &cloudwatch.GetMetricStatisticsInput{Namespace: aws.String("app"), MetricName: aws.String("Records"),
		Dimensions: dimension, StartTime: aws.Time(now.Add(-time.Hour)), EndTime: aws.Time(now.Add(time.Hour)), Period: aws.Int32(3600),
		Statistics: []cloudtypes.Statistic{cloudtypes.StatisticSum}})
	require.NoError(t, err)
	sum := 0.0
	for _, d := range out.Datapoints {
		sum += *d.Sum
	}
	require.InDelta(t, 7, sum, 0)
	require.Contains(t, page(t, s.Endpoint()+"/_sluice/metrics"),
		`sluice_reported_sum{namespace="app",metric="Records",dimensions="ShardId=s",unit="Count"} 7`)
}

func page(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get(address)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(body)
}

// TestRoles assumes a role of another account and is seen there.
func TestRoles(t *testing.T) {
	s := RunT(t)
	config := s.AWSConfig()
	role, err := sts.NewFromConfig(config).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::123456789012:role/reader"), RoleSessionName: aws.String("me")})
	require.NoError(t, err)
	config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		c := role.Credentials
		if c == nil {
			return aws.Credentials{}, errors.New("no credentials")
		}
		return aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken}, nil
	})
	who, err := sts.NewFromConfig(config).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	require.NoError(t, err)
	require.Equal(t, "123456789012", *who.Account)
	leaseTable(t, dynamodb.NewFromConfig(config))
	out, err := dynamodb.NewFromConfig(s.AWSConfig()).ListTables(t.Context(), &dynamodb.ListTablesInput{})
	require.NoError(t, err)
	require.Empty(t, out.TableNames, "accounts do not see each other's tables")
}
