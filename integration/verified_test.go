package integration

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

// verifiedKeys are two accounts, and a role that the second may assume in the first.
const verifiedKeys = `version: 1
keys:
  - {id: AKIAIOSFODNN7EXAMPLE, secret: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY, account: "111111111111"}
  - {id: AKIDOTHER, secret: other+secret/of=characters, account: "222222222222", user: olga}
roles:
  - arn: arn:aws:iam::111111111111:role/team/writer
    trust: {Version: "2012-10-17", Statement: {Effect: Allow, Principal: {AWS: "arn:aws:iam::222222222222:user/olga"}, Action: "sts:AssumeRole"}}
    policies: [write]
policies:
  write: {Version: "2012-10-17", Statement: {Effect: Allow, Action: "kinesis:Put*", Resource: "arn:aws:kinesis:*:111111111111:stream/*"}}
`

func verified(t *testing.T, more ...string) *Server {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys.yaml")
	require.NoError(t, os.WriteFile(file, []byte(verifiedKeys), 0o600))
	return Start(t, append([]string{"--memory", "--transition", "0", "--auth", "verify", "--credentials", file}, more...)...)
}

// TestClientsProveThemselves runs clients whose signatures are checked: uploads in signed and unsigned chunks with
// trailers, presigned URLs, streams of events.
func TestClientsProveThemselves(t *testing.T) {
	t.Parallel()
	server := verified(t)
	for _, program := range []struct{ client, script string }{{"boto3", "s3_boto3.py"}, {"js", "s3.cjs"}} {
		t.Run(program.client, func(t *testing.T) {
			command, err := server.Program(t.Context(), program.client, "", server.URL, "SLUICE_PROGRAM="+program.script,
				"AWS_ENDPOINT_URL_S3="+server.URL, "SLUICE_BUCKET="+program.client+"-verified",
				"AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
			require.NoError(t, err)
			out, err := command.CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Contains(t, string(out), "all well")
		})
	}
}

func (s *Server) signedBy(id, secret string) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: aws.String(s.URL), HTTPClient: &http.Client{}, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider(id, secret, "")}
}

// TestRolesOfTheSDK assumes a role by the SDK's own provider, and what the role may is what its holder may.
func TestRolesOfTheSDK(t *testing.T) {
	t.Parallel()
	server := verified(t)
	ctx := context.Background()
	owner := kinesis.NewFromConfig(server.signedBy("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
	_, err := owner.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	other := server.signedBy("AKIDOTHER", "other+secret/of=characters")
	put := func(c aws.Config) error {
		_, err := kinesis.NewFromConfig(c).PutRecord(ctx, &kinesis.PutRecordInput{StreamARN: aws.String("arn:aws:kinesis:us-east-1:111111111111:stream/orders"),
			PartitionKey: aws.String("k"), Data: []byte("x")})
		return err
	}
	require.ErrorContains(t, put(other), "AccessDeniedException: User: arn:aws:iam::222222222222:user/olga is not authorized to perform: kinesis:PutRecord "+
		"on resource: arn:aws:kinesis:us-east-1:111111111111:stream/orders because no resource-based policy allows the kinesis:PutRecord action")
	role := other.Copy()
	role.Credentials = stscreds.NewAssumeRoleProvider(sts.NewFromConfig(other), "arn:aws:iam::111111111111:role/team/writer",
		func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = "olga" })
	require.NoError(t, put(role))
	_, err = kinesis.NewFromConfig(role).ListStreams(ctx, &kinesis.ListStreamsInput{})
	require.ErrorContains(t, err, "User: arn:aws:sts::111111111111:assumed-role/writer/olga is not authorized to perform: kinesis:ListStreams")
	me, err := sts.NewFromConfig(role).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	require.NoError(t, err, "it asks for no permission")
	require.Equal(t, "arn:aws:sts::111111111111:assumed-role/writer/olga", *me.Arn)
	session, err := sts.NewFromConfig(other).GetSessionToken(ctx, &sts.GetSessionTokenInput{})
	require.NoError(t, err)
	temporary := other.Copy()
	temporary.Credentials = credentials.NewStaticCredentialsProvider(*session.Credentials.AccessKeyId, *session.Credentials.SecretAccessKey, *session.Credentials.SessionToken)
	me, err = sts.NewFromConfig(temporary).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::222222222222:user/olga", *me.Arn)
}

// TestNoSecretGetsOut runs a session full of secrets, at the most talkative log level, and looks for them in everything
// that the server has said: logs, answers to mistakes, the ring of calls, metrics, health.
func TestNoSecretGetsOut(t *testing.T) {
	t.Parallel()
	const token = "admin-token-that-nobody-may-see"
	server := verified(t, "--admin-token", token, "--log-level", "debug", "--log-requests")
	ctx := context.Background()
	secrets := []string{"wJalrXUtnFEMI", "other+secret", token}
	var said bytes.Buffer
	hear := func(err error) {
		if err != nil {
			said.WriteString(err.Error() + "\n")
		}
	}
	other := server.signedBy("AKIDOTHER", "other+secret/of=characters")
	session, err := sts.NewFromConfig(other).GetSessionToken(ctx, &sts.GetSessionTokenInput{})
	require.NoError(t, err)
	secrets = append(secrets, *session.Credentials.SecretAccessKey, *session.Credentials.SessionToken)
	temporary := other.Copy()
	for _, c := range [][3]string{
		{*session.Credentials.AccessKeyId, *session.Credentials.SecretAccessKey, *session.Credentials.SessionToken},
		{*session.Credentials.AccessKeyId, *session.Credentials.SecretAccessKey + "x", *session.Credentials.SessionToken},
		{*session.Credentials.AccessKeyId, *session.Credentials.SecretAccessKey, *session.Credentials.SessionToken + "x"},
		{"AKIDOTHER", "wJalrXUtnFEMI/wrong", ""}, {"AKIDNOBODY", "other+secret/of=characters", ""},
	} {
		temporary.Credentials = credentials.NewStaticCredentialsProvider(c[0], c[1], c[2])
		_, err := kinesis.NewFromConfig(temporary).ListStreams(ctx, &kinesis.ListStreamsInput{})
		hear(err)
		presigned, err := s3.NewPresignClient(s3.NewFromConfig(temporary, func(o *s3.Options) { o.UsePathStyle = true })).
			PresignGetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("none-such"), Key: aws.String("k")})
		require.NoError(t, err)
		said.WriteString(server.get(t, presigned.URL, ""))
	}
	for _, path := range []string{"/_sluice/health", "/_sluice/requests", "/_sluice/metrics", "/_sluice/ops", "/_sluice/limits", "/_sluice/snapshots", "/_sluice/none", "/metrics"} {
		for _, bearer := range []string{token, token + "x", ""} {
			said.WriteString(server.get(t, server.URL+path, bearer))
		}
	}
	require.NoError(t, func() error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPut, server.URL+"/_sluice/snapshots/"+token, http.NoBody)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer wrong")
		_, err = http.DefaultClient.Do(r) //nolint:bodyclose // there is none
		return err
	}())
	said.WriteString(server.Log())
	require.Contains(t, said.String(), "a signature was refused", "the log is as talkative as it gets")
	for _, secret := range secrets {
		require.NotContains(t, said.String(), secret)
	}
}

// get is the answer to a request, with or without a bearer token.
func (s *Server) get(t *testing.T, url, bearer string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(t, err)
	if bearer != "" {
		r.Header.Set("Authorization", "Bearer "+bearer)
	}
	a, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer a.Body.Close()
	var out strings.Builder
	require.NoError(t, a.Write(&out))
	return out.String()
}
