package sts

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"sluice/internal/caller"
)

// GetCallerIdentity tells which account a request acts in, and as whom: where
// signatures are checked, what the file of keys says or which role was assumed.
// Where they are not, every caller is that account's root user, since Sluice
// keeps no users; an access key that does not name its account yields a user
// named after the key, so that two sets of credentials can be told apart.
//
// State: real
// Notes: what the key file says; else the account's root, or a user named after the key
// Test: TestGetCallerIdentity
func (r *Room) GetCallerIdentity(ctx context.Context, _ *sts.GetCallerIdentityInput, _ ...opt) (*sts.GetCallerIdentityOutput, error) {
	who, _ := caller.From(ctx)
	return &sts.GetCallerIdentityOutput{
		Account: aws.String(who.Account),
		Arn:     aws.String(who.ARN()),
		UserId:  aws.String(who.UserID()),
	}, nil
}
