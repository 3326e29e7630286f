package shards

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
	"sluice/internal/policy"
)

const friend = "222222222222"

// asked is a request as policies see it.
type asked struct {
	operation string
	identity  *caller.Identity
	around    map[string][]string
}

func (a asked) Operation() string                  { return a.operation }
func (a asked) Identity() *caller.Identity         { return a.identity }
func (a asked) Circumstances() map[string][]string { return a.around }

// calling is the context of a call of an operation by another account.
func calling(account, operation string) context.Context {
	return caller.With(context.Background(), caller.Caller{Account: account, Region: testRegion, Ask: asked{operation: operation}})
}

// policyFor lets a principal do actions to a stream of the test's account.
func policyFor(resource, principal, effect string, actions ...string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Principal":{"AWS":"` + principal + `"},"Action":["` +
		strings.Join(actions, `","`) + `"],"Resource":"` + resource + `"}]}`
}

func putAs(ctx context.Context, r *room, arn *string) error {
	_, err := r.PutRecord(ctx, &kinesis.PutRecordInput{StreamARN: arn, PartitionKey: aws.String("k"), Data: []byte("x")})
	return err
}

const codeDenied = "AccessDeniedException"

// Another account reaches a stream by what its policy allows, and nothing else.
func TestOtherAccounts(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	arn := streamARN("a")
	who := "User: arn:aws:iam::222222222222:root is not authorized to perform: kinesis:PutRecord on resource: " + *arn
	requireError(t, putAs(calling(friend, "PutRecord"), r, arn), codeDenied, who+" because no resource-based policy allows the kinesis:PutRecord action")
	t.Run("whether there is a stream is not told", func(t *testing.T) {
		requireError(t, putAs(calling(friend, "PutRecord"), r, streamARN("none")), codeDenied,
			strings.Replace(who, "stream/a", "stream/none", 1)+" because no resource-based policy allows the kinesis:PutRecord action")
	})
	require.NoError(t, r.putPolicy(*arn, policyFor(*arn, friend, "Allow", "kinesis:PutRecord", "kinesis:DeleteStream", "kinesis:Get*", "kinesis:ListShards")))
	require.NoError(t, putAs(calling(friend, "PutRecord"), r, arn))
	t.Run("the action must be allowed", func(t *testing.T) {
		_, err := r.DescribeStreamSummary(calling(friend, "DescribeStreamSummary"), &kinesis.DescribeStreamSummaryInput{StreamARN: arn})
		require.Equal(t, codeDenied, codeOf(err))
	})
	t.Run("what cannot be shared is the owner's", func(t *testing.T) {
		_, err := r.DeleteStream(calling(friend, "DeleteStream"), &kinesis.DeleteStreamInput{StreamARN: arn})
		require.Equal(t, codeDenied, codeOf(err))
		_, err = r.GetResourcePolicy(calling(friend, "GetResourcePolicy"), &kinesis.GetResourcePolicyInput{ResourceARN: arn})
		require.Equal(t, codeDenied, codeOf(err))
	})
	t.Run("a name is one of the own account", func(t *testing.T) {
		_, err := r.PutRecord(calling(friend, "PutRecord"), &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k"), Data: []byte("x")})
		requireError(t, err, codeMissing, "Stream a under account 222222222222 not found.")
	})
	t.Run("iterators go with the ARN", func(t *testing.T) {
		it, err := r.GetShardIterator(calling(friend, "GetShardIterator"), &kinesis.GetShardIteratorInput{StreamARN: arn,
			ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
		require.NoError(t, err)
		out, err := r.GetRecords(calling(friend, "GetRecords"), &kinesis.GetRecordsInput{StreamARN: arn, ShardIterator: it.ShardIterator})
		require.NoError(t, err)
		require.Len(t, out.Records, 1)
		_, err = r.GetRecords(calling("333333333333", "GetRecords"), &kinesis.GetRecordsInput{StreamARN: arn, ShardIterator: it.ShardIterator})
		require.Equal(t, codeDenied, codeOf(err))
		_, err = r.GetRecords(calling(friend, "GetRecords"), &kinesis.GetRecordsInput{ShardIterator: it.ShardIterator})
		require.Equal(t, codeArgument, codeOf(err))
	})
	t.Run("another region has other streams", func(t *testing.T) {
		ctx := caller.With(context.Background(), caller.Caller{Account: friend, Region: "eu-west-1", Ask: asked{operation: "PutRecord"}})
		require.Equal(t, codeMissing, codeOf(putAs(ctx, r, arn)))
	})
	t.Run("a policy that goes takes its permission along", func(t *testing.T) {
		require.NoError(t, r.deletePolicy(*arn))
		require.Equal(t, codeDenied, codeOf(putAs(calling(friend, "PutRecord"), r, arn)))
	})
}

// Principals, conditions and denials decide as IAM documents it.
func TestPoliciesOfStreams(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	arn := streamARN("a")
	statement := func(members string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"kinesis:PutRecord","Resource":"` + *arn + `"},{` + members + `}]}`
	}
	from := func(ip string) map[string][]string { return map[string][]string{"aws:sourceip": {ip}} }
	for name, c := range map[string]struct {
		policy string
		around map[string][]string
		ends   string // of the refusal; empty: allowed
	}{
		"root of the account":      {policyFor(*arn, "arn:aws:iam::"+friend+":root", "Allow", "kinesis:*"), nil, ""},
		"everybody":                {policyFor(*arn, "*", "Allow", "kinesis:PutRecord"), nil, ""},
		"somebody else":            {policyFor(*arn, "333333333333", "Allow", "kinesis:*"), nil, "because no resource-based policy allows the kinesis:PutRecord action"},
		"another stream":           {policyFor(*streamARN("b"), friend, "Allow", "kinesis:*"), nil, "because no resource-based policy allows the kinesis:PutRecord action"},
		"denied":                   {statement(`"Effect":"Deny","Principal":{"AWS":"222222222222"},"Action":"kinesis:*","Resource":"*"`), nil, "with an explicit deny in a resource-based policy"},
		"denied others":            {statement(`"Effect":"Deny","NotPrincipal":{"AWS":"222222222222"},"Action":"*","Resource":"*"`), nil, ""},
		"denied outside, from":     {statement(`"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), from("192.0.2.1"), "with an explicit deny in a resource-based policy"},
		"denied outside, from 10":  {statement(`"Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`), from("10.1.1.1"), ""},
		"condition on the account": {`{"Statement":{"Effect":"Allow","Principal":"*","Action":"kinesis:Put*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalAccount":"222222222222"}}}}`, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, r.putPolicy(*arn, c.policy))
			ctx := caller.With(context.Background(), caller.Caller{Account: friend, Region: testRegion, Ask: asked{operation: "PutRecord", around: c.around}})
			err := putAs(ctx, r, arn)
			if c.ends == "" {
				require.NoError(t, err)
				return
			}
			requireError(t, err, codeDenied, "User: arn:aws:iam::222222222222:root is not authorized to perform: kinesis:PutRecord on resource: "+*arn+" "+c.ends)
		})
	}
}

// What cannot be understood is not stored: it would be passed over later.
func TestPoliciesThatCannotBeUsed(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	for statement, problem := range map[string]string{
		`{"Effect":"Allow","Action":"kinesis:*"}`:                                                                   "statement 1: the Principal is missing",
		`{"Effect":"allow","Principal":"*","Action":"kinesis:*"}`:                                                   `statement 1: the Effect "allow" is not Allow or Deny`,
		`{"Effect":"Allow","Principal":"*","Action":"kinesis:*","Condition":{"StringAlmost":{"aws:SourceIp":"x"}}}`: `statement 1: the condition operator "StringAlmost" is not known`,
	} {
		requireError(t, r.putPolicy(*streamARN("a"), `{"Statement":`+statement+`}`), codeArgument, "The resource policy cannot be used: "+problem+".")
	}
}

func TestPoliciesOfConsumers(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	c := r.register("a", "c")
	subscribe := func() error {
		_, err := r.SubscribeToShard(calling(friend, "SubscribeToShard"), &kinesis.SubscribeToShardInput{ConsumerARN: &c, ShardId: aws.String("shardId-000000000000"),
			StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest}, DryRun: aws.Bool(true)})
		return err
	}
	require.NoError(t, r.putPolicy(*streamARN("a"), policyFor("*", friend, "Allow", "kinesis:*")))
	requireError(t, subscribe(), codeDenied, "User: arn:aws:iam::222222222222:root is not authorized to perform: kinesis:SubscribeToShard on resource: "+c+
		" because no resource-based policy allows the kinesis:SubscribeToShard action")
	require.NoError(t, r.putPolicy(c, policyFor(c, friend, "Allow", "kinesis:SubscribeToShard", "kinesis:DescribeStreamConsumer")))
	require.NotEqual(t, codeDenied, codeOf(subscribe()))
	out, err := r.DescribeStreamConsumer(calling(friend, "DescribeStreamConsumer"), &kinesis.DescribeStreamConsumerInput{ConsumerARN: &c})
	require.NoError(t, err)
	require.Equal(t, "c", *out.ConsumerDescription.ConsumerName)
	_, err = r.DeregisterStreamConsumer(calling(friend, "DeregisterStreamConsumer"), &kinesis.DeregisterStreamConsumerInput{ConsumerARN: &c})
	require.Equal(t, codeDenied, codeOf(err))
}

// What an identity may do counts within the account and across.
func TestPoliciesOfIdentities(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	arn := streamARN("a")
	reader, err := policy.Parse(policy.Identity, []byte(`{"Statement":{"Effect":"Allow","Action":"kinesis:Describe*","Resource":"*"}}`))
	require.NoError(t, err)
	call := func(account, operation string, grants ...[]*policy.Document) context.Context {
		id := &caller.Identity{ARN: "arn:aws:iam::" + account + ":user/u", Grants: grants}
		return caller.With(context.Background(), caller.Caller{Account: account, Region: testRegion, Ask: asked{operation: operation, identity: id}})
	}
	only := []*policy.Document{reader}
	require.NoError(t, putAs(call(testAccount, "PutRecord"), r, arn), "who has no policies may do everything in the own account")
	requireError(t, putAs(call(testAccount, "PutRecord", only), r, arn), codeDenied,
		"User: arn:aws:iam::123456789012:user/u is not authorized to perform: kinesis:PutRecord on resource: "+*arn+
			" because no identity-based policy allows the kinesis:PutRecord action")
	_, err = r.DescribeStreamSummary(call(testAccount, "DescribeStreamSummary", only), &kinesis.DescribeStreamSummaryInput{StreamARN: arn})
	require.NoError(t, err)

	require.NoError(t, r.putPolicy(*arn, policyFor(*arn, "*", "Allow", "kinesis:PutRecord")))
	require.NoError(t, putAs(call(testAccount, "PutRecord", only), r, arn), "within the account the policy of the resource is enough")
	require.Equal(t, codeDenied, codeOf(putAs(call(testAccount, "PutRecord", only, only), r, arn)), "not for a session that was narrowed down")
	require.NoError(t, putAs(call(friend, "PutRecord"), r, arn))
	require.Equal(t, codeDenied, codeOf(putAs(call(friend, "PutRecord", only), r, arn)), "across accounts both must allow")
}
