package sts

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"sluice/internal/caller"
)

// tokenDuration is how long a session of a user lasts when nobody says.
const tokenDuration = 12 * time.Hour

// GetSessionToken hands out temporary credentials of who asks, which may do the
// same. Temporary credentials cannot ask. There are no devices for MFA: a code
// is taken and not looked at.
//
// State: real
// Notes: the same rights as the key that asks; MFA is not looked at
// Test: TestGetSessionToken
func (r *Room) GetSessionToken(ctx context.Context, in *sts.GetSessionTokenInput, _ ...opt) (*sts.GetSessionTokenOutput, error) {
	who, _ := caller.From(ctx)
	if id := who.Identity(); id != nil && id.Session {
		return nil, denied("Cannot call GetSessionToken with session credentials")
	}
	sum := sha256.Sum256([]byte(who.Account + "\x00" + who.AccessKeyID))
	credentials, err := r.issue(who,
		Session{Account: who.Account, ARN: who.ARN(), UserID: who.UserID(), Ends: r.ends(in.DurationSeconds, tokenDuration)},
		Keys{ID: who.Account, Secret: base64.StdEncoding.EncodeToString(sum[:30]), Token: base64.StdEncoding.EncodeToString(append([]byte("sluice"), sum[:]...))})
	if err != nil {
		return nil, err
	}
	return &sts.GetSessionTokenOutput{Credentials: credentials}, nil
}
