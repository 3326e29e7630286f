package sts

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
	"sluice/internal/clock"
)

func TestGetCallerIdentity(t *testing.T) {
	for _, c := range []struct {
		who             caller.Caller
		account, id, me string
	}{
		{caller.Caller{Account: "123456789012", Region: "us-east-1", AccessKeyID: "123456789012"},
			"123456789012", "123456789012", "arn:aws:iam::123456789012:root"},
		{caller.Caller{Account: "000000000000", Region: "cn-north-1", AccessKeyID: "test"},
			"000000000000", "000000000000", "arn:aws-cn:iam::000000000000:root"},
		{caller.Caller{Account: "000000000000", Region: "us-east-1", AccessKeyID: "AKIAIOSFODNN7EXAMPLE"},
			"000000000000", "AIDAIOSFODNN7EXAMPLE", "arn:aws:iam::000000000000:user/AKIAIOSFODNN7EXAMPLE"},
		{caller.Caller{Account: "000000000000", Region: "us-east-1", AccessKeyID: "AKIA/../evil_key_123"},
			"000000000000", "000000000000", "arn:aws:iam::000000000000:root"},
	} {
		out, err := New(clock.Host(), nil).GetCallerIdentity(caller.With(t.Context(), c.who), &sts.GetCallerIdentityInput{})
		require.NoError(t, err)
		require.Equal(t, c.account, aws.ToString(out.Account))
		require.Equal(t, c.id, aws.ToString(out.UserId))
		require.Equal(t, c.me, aws.ToString(out.Arn))
	}
}
