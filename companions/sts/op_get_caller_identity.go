package sts

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"sluice/internal/arn"
	"sluice/internal/caller"
)

// GetCallerIdentity tells which account a request acts in. Every caller is
// that account's root user, since Sluice keeps no users; an access key that
// does not name its account yields a user named after the key, so that two
// sets of credentials can be told apart.
//
// State: real
// Notes: root user of the account, or a user named after the access key
// Test: TestGetCallerIdentity
func (r *Room) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput, _ ...opt) (*sts.GetCallerIdentityOutput, error) {
	who, _ := caller.From(ctx)
	head := "arn:" + arn.Partition(who.Region) + ":iam::" + who.Account + ":"
	out := &sts.GetCallerIdentityOutput{
		Account: aws.String(who.Account),
		Arn:     aws.String(head + "root"),
		UserId:  aws.String(who.Account),
	}
	if isUserKey(who.AccessKeyID) {
		out.Arn = aws.String(head + "user/" + who.AccessKeyID)
		out.UserId = aws.String("AIDA" + strings.TrimPrefix(who.AccessKeyID, "AKIA"))
	}
	return out, nil
}

// isUserKey recognises the access keys AWS gives to users: AKIA and 16 more.
func isUserKey(key string) bool {
	if len(key) != 20 || !strings.HasPrefix(key, "AKIA") {
		return false
	}
	return strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}
