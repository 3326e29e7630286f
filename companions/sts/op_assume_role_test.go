package sts

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
	"sluice/internal/clock"
)

func TestAssumeRole(t *testing.T) {
	now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	r := New(clock.NewManual(now), nil)
	out, err := r.AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::123456789012:role/path/reader"), RoleSessionName: aws.String("me"), DurationSeconds: aws.Int32(900)})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:sts::123456789012:assumed-role/reader/me", *out.AssumedRoleUser.Arn)
	require.Regexp(t, "^AROA[A-Z2-7]{17}:me$", *out.AssumedRoleUser.AssumedRoleId)
	require.Equal(t, now.Add(15*time.Minute), *out.Credentials.Expiration)
	who, err := r.GetCallerIdentity(caller.With(t.Context(), caller.Caller{Account: *out.Credentials.AccessKeyId, Region: "us-east-1"}), nil)
	require.NoError(t, err)
	require.Equal(t, "123456789012", *who.Account, "who signs with the credentials is in the role's account")

	again, err := r.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::123456789012:role/reader"), RoleSessionName: aws.String("me")})
	require.NoError(t, err)
	require.Equal(t, now.Add(time.Hour), *again.Credentials.Expiration)

	for _, arn := range []string{"arn:aws:iam::123456789012:user/somebody", "arn:aws:s3:::bucket-of-somebody", "not an arn at all, long enough"} {
		_, err := r.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &arn, RoleSessionName: aws.String("me")})
		require.ErrorContains(t, err, "ValidationError: "+arn+" is invalid")
	}
}
