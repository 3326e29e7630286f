package sluice

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

const closedKeys = `
version: 1
keys:
  - {id: AKIDROOT, secret: root, account: "111111111111"}
  - {id: AKIDSOME, secret: some, account: "111111111111", user: some, policies: [some]}
  - {id: AKIDOTHER, secret: other, account: "222222222222"}
roles:
  - {arn: "arn:aws:iam::111111111111:role/writer", policies: [some], trust: {Version: "2012-10-17",
      Statement: {Effect: Allow, Principal: {AWS: "222222222222"}, Action: "sts:AssumeRole"}}}
policies:
  some: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "*", Resource: "*"},
    {Effect: Deny, Action: ["dynamodb:*Item", "dynamodb:*Tag*"], Resource: "arn:aws:dynamodb:us-east-1:111111111111:table/secret"},
    {Effect: Deny, Action: "lambda:*", Resource: "arn:aws:lambda:us-east-1:111111111111:function:secret"}]}
`

func configOf(s *Sluice, id, secret string) aws.Config {
	c := s.AWSConfig()
	c.Credentials = credentials.NewStaticCredentialsProvider(id, secret, "")
	c.RetryMaxAttempts = 1
	return c
}

// A denial of one table holds for calls about several, and by whatever ARN.
func TestDeniedTables(t *testing.T) {
	s := guarded(t, "", closedKeys)
	root := dynamodb.NewFromConfig(configOf(s, "AKIDROOT", "root"))
	some := dynamodb.NewFromConfig(configOf(s, "AKIDSOME", "some"))
	other := dynamodb.NewFromConfig(configOf(s, "AKIDOTHER", "other"))
	for _, name := range []string{"secret", "open"} {
		_, err := root.CreateTable(t.Context(), &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest,
			KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("k"), KeyType: types.KeyTypeHash}},
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("k"), AttributeType: types.ScalarAttributeTypeS}}})
		require.NoError(t, err)
	}
	item := map[string]types.AttributeValue{"k": &types.AttributeValueMemberS{Value: "a"}}
	table := func(account, name string) *string {
		return aws.String("arn:aws:dynamodb:us-east-1:" + account + ":table/" + name)
	}
	secret, open, arn, alien := aws.String("secret"), aws.String("open"), table("111111111111", "secret"), table("222222222222", "secret")
	calls := map[string]func(c *dynamodb.Client, name *string) error{
		"one": func(c *dynamodb.Client, name *string) error {
			_, err := c.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: name, Key: item})
			return err
		},
		"batch of reads": func(c *dynamodb.Client, name *string) error {
			_, err := c.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*name: {Keys: []map[string]types.AttributeValue{item}}}})
			return err
		},
		"batch of writes": func(c *dynamodb.Client, name *string) error {
			_, err := c.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{*name: {{PutRequest: &types.PutRequest{Item: item}}}}})
			return err
		},
		"transaction of reads": func(c *dynamodb.Client, name *string) error {
			_, err := c.TransactGetItems(t.Context(), &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: name, Key: item}}}})
			return err
		},
		"transaction of writes": func(c *dynamodb.Client, name *string) error {
			_, err := c.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
				{Put: &types.Put{TableName: open, Item: item}}, {Delete: &types.Delete{TableName: name, Key: item}}}})
			return err
		},
	}
	for name, call := range calls {
		require.Contains(t, answered(call(some, secret)), "with an explicit deny in an identity-based policy", name)
		require.Contains(t, answered(call(some, arn)), "with an explicit deny in an identity-based policy", name)
		require.Contains(t, answered(call(some, alien)), "AccessDeniedException", name)
		require.Contains(t, answered(call(other, table("111111111111", "open"))), "AccessDeniedException", name)
		require.Contains(t, answered(call(some, aws.String("arn:aws:dynamodb:eu-west-1:111111111111:table/secret"))), "not of this account and region", name)
	}
	require.NoError(t, calls["batch of writes"](some, open))

	_, err := other.TagResource(t.Context(), &dynamodb.TagResourceInput{ResourceArn: table("111111111111", "open"), Tags: []types.Tag{{Key: open, Value: open}}})
	require.Contains(t, answered(err), "no resource-based policy allows the dynamodb:TagResource action")
	_, err = some.ListTagsOfResource(t.Context(), &dynamodb.ListTagsOfResourceInput{ResourceArn: arn})
	require.Contains(t, answered(err), "with an explicit deny in an identity-based policy")
}

// Functions have many names, and no account has those of another.
func TestDeniedFunctions(t *testing.T) {
	s := guarded(t, "", closedKeys)
	for key, names := range map[string][]string{
		"AKIDSOME": {"secret", "function:secret", "111111111111:function:secret", "111111111111:secret", "us-east-1:111111111111:function:secret",
			"arn:aws:lambda:us-east-1:111111111111:function:secret"},
		"AKIDOTHER": {"111111111111:function:open", "111111111111:open", "arn:aws:lambda:us-east-1:111111111111:function:open"},
	} {
		c := lambda.NewFromConfig(configOf(s, key, map[string]string{"AKIDSOME": "some", "AKIDOTHER": "other"}[key]))
		for _, name := range names {
			_, err := c.Invoke(t.Context(), &lambda.InvokeInput{FunctionName: &name})
			require.Contains(t, answered(err), "AccessDeniedException", name)
		}
	}
}

// Sessions are named after the role without its path, so no other role may have
// the name of one that the file trusts somebody with.
func TestRolesThatLookAlike(t *testing.T) {
	s := guarded(t, "", closedKeys)
	c := sts.NewFromConfig(configOf(s, "AKIDROOT", "root"))
	for _, role := range []string{"arn:aws:iam::111111111111:role/writer", "arn:aws:iam::111111111111:role/x/writer", "arn:aws:iam::111111111111:role//writer",
		"arn:aws:iam::111111111111:role/Writer", "arn:aws-cn:iam::111111111111:role/writer", "arn:aws:iam:x:111111111111:role/free"} {
		_, err := c.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("session")})
		require.Contains(t, answered(err), "AccessDenied", role)
	}
	_, err := c.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111111111111:role/x/free"), RoleSessionName: aws.String("session")})
	require.NoError(t, err)
}
