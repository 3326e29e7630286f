package sluice

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	stsapi "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/companions/sts"
	"sluice/internal/caller"
)

const guardedKeys = `
version: 1
keys:
  - {id: AKIDROOT, secret: root, account: "111111111111"}
  - {id: AKIDREADER, secret: reader, account: "111111111111", user: rita, policies: [read]}
  - {id: AKIDNOTHING, secret: nothing, account: "111111111111", user: nobody, policies: []}
  - {id: AKIDOTHER, secret: other, account: "222222222222"}
roles:
  - arn: arn:aws:iam::111111111111:role/writer
    policies: [write]
    trust:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {AWS: "222222222222"}
          Action: sts:AssumeRole
          Condition: {StringEquals: {"sts:ExternalId": agreed}}
policies:
  read:
    Version: "2012-10-17"
    Statement:
      - {Effect: Allow, Action: ["kinesis:Describe*", "kinesis:List*"], Resource: "*"}
      - {Effect: Deny, Action: "kinesis:*", Resource: "arn:aws:kinesis:*:*:stream/secret"}
  write: '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["kinesis:Put*","sts:*"],"Resource":"*"}}'
`

// guarded is an instance that checks signatures by a file of keys.
func guarded(t *testing.T, dir, file string) *Sluice {
	t.Helper()
	c := Config{Data: dir, Memory: dir == "", Listen: []string{"127.0.0.1:0"}, Auth: AuthVerify, Credentials: writeFile(t, "keys.yaml", file)}
	require.NoError(t, c.Transition.UnmarshalText([]byte("0")))
	s, err := Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func clientOf(s *Sluice, id, secret, token string) *kinesis.Client {
	c := s.AWSConfig()
	c.Credentials = credentials.NewStaticCredentialsProvider(id, secret, token)
	c.RetryMaxAttempts = 1
	return kinesis.NewFromConfig(c)
}

func answered(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode() + ": " + api.ErrorMessage()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func putOne(c *kinesis.Client, stream string) string {
	arn := "arn:aws:kinesis:us-east-1:111111111111:stream/" + stream
	_, err := c.PutRecord(context.Background(), &kinesis.PutRecordInput{StreamARN: &arn, PartitionKey: aws.String("k"), Data: []byte("x")})
	return answered(err)
}

// Policies of the file hold at the door, for what has a name and what has none.
func TestPoliciesOfTheKeyFile(t *testing.T) {
	s := guarded(t, "", guardedKeys)
	root, reader, nothing := clientOf(s, "AKIDROOT", "root", ""), clientOf(s, "AKIDREADER", "reader", ""), clientOf(s, "AKIDNOTHING", "nothing", "")
	for _, name := range []string{"open", "secret"} {
		_, err := root.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(1)})
		require.NoError(t, err)
	}
	require.Empty(t, putOne(root, "open"))
	require.Equal(t, "AccessDeniedException: User: arn:aws:iam::111111111111:user/rita is not authorized to perform: kinesis:PutRecord "+
		"on resource: arn:aws:kinesis:us-east-1:111111111111:stream/open because no identity-based policy allows the kinesis:PutRecord action", putOne(reader, "open"))
	describe := func(c *kinesis.Client, name string) string {
		_, err := c.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: &name})
		return answered(err)
	}
	require.Empty(t, describe(reader, "open"))
	require.Equal(t, "AccessDeniedException: User: arn:aws:iam::111111111111:user/rita is not authorized to perform: kinesis:DescribeStreamSummary "+
		"on resource: arn:aws:kinesis:us-east-1:111111111111:stream/secret with an explicit deny in an identity-based policy", describe(reader, "secret"))
	_, err := reader.ListStreams(t.Context(), &kinesis.ListStreamsInput{})
	require.NoError(t, err)
	_, err = nothing.ListStreams(t.Context(), &kinesis.ListStreamsInput{})
	require.Equal(t, "AccessDeniedException: User: arn:aws:iam::111111111111:user/nobody is not authorized to perform: kinesis:ListStreams "+
		"on resource: * because no identity-based policy allows the kinesis:ListStreams action", answered(err))

	t.Run("who one is needs no permission", func(t *testing.T) {
		c := stsapi.NewFromConfig(configOf(s, "AKIDNOTHING", "nothing"))
		who, err := c.GetCallerIdentity(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, "arn:aws:iam::111111111111:user/nobody", *who.Arn)
		session, err := c.GetSessionToken(t.Context(), nil)
		require.NoError(t, err)
		require.Contains(t, putOne(clientOf(s, *session.Credentials.AccessKeyId, *session.Credentials.SecretAccessKey, *session.Credentials.SessionToken), "open"),
			"because no identity-based policy allows the kinesis:PutRecord action")
	})
	t.Run("an iterator of somebody else does not help", func(t *testing.T) {
		it, err := root.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{StreamName: aws.String("open"), ShardId: aws.String("shardId-000000000000"), ShardIteratorType: "TRIM_HORIZON"})
		require.NoError(t, err)
		_, err = reader.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: it.ShardIterator})
		require.Contains(t, answered(err), "because no identity-based policy allows the kinesis:GetRecords action")
	})
}

// assume asks for a session as a key, by the ring itself.
func assume(t *testing.T, s *Sluice, key, role, externalID, policy string, ends time.Time) (sts.Keys, error) {
	t.Helper()
	c, known := s.keys.Find(key, "")
	require.True(t, known)
	who := caller.Caller{Account: c.Account, Region: "us-east-1", Ask: signedAs{c.Identity}}
	return s.keys.Issue(who, sts.Session{Account: role[13:25], ARN: "arn:aws:sts::" + role[13:25] + ":assumed-role/writer/me", UserID: "AROA:me",
		Role: role, Name: "me", ExternalID: externalID, Policy: policy, Ends: ends})
}

type signedAs struct{ identity *caller.Identity }

func (signedAs) Operation() string                  { return "AssumeRole" }
func (a signedAs) Identity() *caller.Identity       { return a.identity }
func (signedAs) Circumstances() map[string][]string { return nil }

const writer, unlisted = "arn:aws:iam::111111111111:role/writer", "arn:aws:iam::111111111111:role/unlisted"

// Temporary credentials do what their role may, until they end, and longer
// than the process lives.
func TestTemporaryCredentials(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := guarded(t, dir, guardedKeys)
	_, err := clientOf(s, "AKIDROOT", "root", "").CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("open"), ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	hour := time.Now().Add(time.Hour)
	k, err := assume(t, s, "AKIDOTHER", writer, "agreed", "", hour)
	require.NoError(t, err)
	require.Regexp(t, `^ASIA[A-Z2-7]{16}$`, k.ID)
	require.Len(t, k.Secret, 40)
	require.Empty(t, putOne(clientOf(s, k.ID, k.Secret, k.Token), "open"), "somebody of another account, as the role")
	_, err = clientOf(s, k.ID, k.Secret, k.Token).ListStreams(t.Context(), &kinesis.ListStreamsInput{})
	require.Contains(t, answered(err), "User: arn:aws:sts::111111111111:assumed-role/writer/me is not authorized to perform: kinesis:ListStreams")

	t.Run("every part counts", func(t *testing.T) {
		const invalid = "UnrecognizedClientException: The security token included in the request is invalid."
		require.Equal(t, invalid, putOne(clientOf(s, k.ID, k.Secret, ""), "open"))
		require.Equal(t, invalid, putOne(clientOf(s, k.ID, k.Secret, k.Token[:len(k.Token)-4]), "open"))
		require.Equal(t, invalid, putOne(clientOf(s, "ASIAAAAAAAAAAAAAAAAA", k.Secret, k.Token), "open"))
		require.Contains(t, putOne(clientOf(s, k.ID, k.Secret+"x", k.Token), "open"), "InvalidSignatureException")
		require.Equal(t, invalid, putOne(clientOf(s, "AKIDROOT", "root", k.Token), "open"), "a token does not go with another key")
	})
	t.Run("who may not", func(t *testing.T) {
		for _, c := range [][3]string{{"AKIDOTHER", writer, ""}, {"AKIDOTHER", writer, "other"}, {"AKIDOTHER", unlisted, "agreed"}, {"AKIDROOT", writer, ""}} {
			_, err := assume(t, s, c[0], c[1], c[2], "", hour)
			require.ErrorContains(t, err, "is not authorized to perform: sts:AssumeRole on resource: "+c[1], c)
		}
	})
	t.Run("a role of no name gives no more rights", func(t *testing.T) {
		_, err := assume(t, s, "AKIDNOTHING", unlisted, "", "", hour)
		require.ErrorContains(t, err, "because no identity-based policy allows the sts:AssumeRole action")
		own, err := assume(t, s, "AKIDROOT", unlisted, "", "", hour)
		require.NoError(t, err)
		require.Empty(t, putOne(clientOf(s, own.ID, own.Secret, own.Token), "open"))
	})
	t.Run("a policy of the session narrows it down", func(t *testing.T) {
		narrow, err := assume(t, s, "AKIDOTHER", writer, "agreed", `{"Statement":{"Effect":"Allow","Action":"kinesis:List*","Resource":"*"}}`, hour)
		require.NoError(t, err)
		require.Contains(t, putOne(clientOf(s, narrow.ID, narrow.Secret, narrow.Token), "open"), "because no identity-based policy allows")
		_, err = assume(t, s, "AKIDOTHER", writer, "agreed", `{"Statement":"x"}`, hour)
		require.ErrorIs(t, err, sts.ErrPolicy)
	})
	t.Run("they end", func(t *testing.T) {
		past, err := assume(t, s, "AKIDOTHER", writer, "agreed", "", time.Now().Add(-time.Second))
		require.NoError(t, err)
		require.Equal(t, "ExpiredTokenException: The security token included in the request is expired", putOne(clientOf(s, past.ID, past.Secret, past.Token), "open"))
	})
	t.Run("a restart does not end them, a lost key does", func(t *testing.T) {
		require.NoError(t, s.Close())
		again := guarded(t, dir, guardedKeys)
		require.Empty(t, putOne(clientOf(again, k.ID, k.Secret, k.Token), "open"))
		require.NoError(t, again.Close())
		require.NoError(t, os.Remove(filepath.Join(dir, "auth", sessionKeyFile)))
		again = guarded(t, dir, guardedKeys)
		require.Contains(t, putOne(clientOf(again, k.ID, k.Secret, k.Token), "open"), "UnrecognizedClientException")
	})
}

func TestBadRolesAndPolicies(t *testing.T) {
	for text, problem := range map[string]string{
		`version: 1
keys: [{id: AKID, secret: geheim, account: "111111111111", policies: [none]}]`: `key "AKID" names the policy "none", which is not there`,
		`version: 1
keys: [{id: AKID, secret: geheim, account: "111111111111", user: "a b"}]`: `key "AKID": "a b" is not the name of a user`,
		`version: 1
keys: [{id: AKID, secret: geheim, account: "111111111111"}]
policies: {p: {Statement: {Effect: Allow, Action: nothing, Resource: "*"}}}`: `policy "p": statement 1: the action "nothing" has no service`,
		`version: 1
keys: [{id: AKID, secret: geheim, account: "111111111111"}]
roles: [{arn: "arn:aws:iam::1:role/x"}]`: `"arn:aws:iam::1:role/x" is not the ARN of a role`,
		`version: 1
keys: [{id: AKID, secret: geheim, account: "111111111111"}]
roles: [{arn: "arn:aws:iam::111111111111:role/x", trust: {Statement: {Effect: Allow, Action: "sts:*"}}}]`: `role "arn:aws:iam::111111111111:role/x": trust: statement 1: the Principal is missing`,
	} {
		_, err := Open(t.Context(), Config{Memory: true, Listen: []string{"127.0.0.1:0"}, Auth: AuthVerify, Credentials: writeFile(t, "keys.yaml", text)})
		require.ErrorContains(t, err, problem, text)
		require.NotContains(t, err.Error(), "geheim")
	}
}
