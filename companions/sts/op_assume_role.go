package sts

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"sluice/internal/caller"
)

// Roles are assumed for an hour when nobody says, and for an hour at most by
// who has assumed one already.
const (
	roleDuration = time.Hour
	chainSeconds = 3600
)

// AssumeRole hands out credentials of the account that the role is of. Where
// signatures are checked, a role of the file of keys is assumed by whom its
// trust policy allows, and may do what its policies allow; any other role by
// keys of its own account, which may do no more by it than before. Where they
// are not, any role may be assumed: its account's 12 digits are the access key,
// which is how Sluice learns accounts, and policies have no effect.
//
// State: real
// Notes: roles of the key file are trusted as it says; without --auth any role, by its account
// Test: TestAssumeRole
func (r *Room) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, _ ...opt) (*sts.AssumeRoleOutput, error) {
	parts := strings.SplitN(*in.RoleArn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || len(parts[4]) != 12 || strings.Trim(parts[4], "0123456789") != "" ||
		!strings.HasPrefix(parts[5], "role/") {
		return nil, invalid(*in.RoleArn + " is invalid")
	}
	who, _ := caller.From(ctx)
	if id := who.Identity(); id != nil && id.Session && aws.ToInt32(in.DurationSeconds) > chainSeconds {
		return nil, invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
	}
	if r.issuer != nil && len(in.PolicyArns) > 0 {
		return nil, invalid("There are no managed policies here; give the session's policy in Policy")
	}
	name := parts[5][strings.LastIndexByte(parts[5], '/')+1:]
	// The same role and session have the same id each time, and where nothing is
	// checked the same secret: there is nothing to keep, and nothing to guard.
	sum := sha256.Sum256([]byte(*in.RoleArn + "\x00" + *in.RoleSessionName))
	role := sha256.Sum256([]byte(*in.RoleArn))
	id := "AROA" + base32.StdEncoding.EncodeToString(role[:])[:17] + ":" + *in.RoleSessionName
	session := Session{
		Account: parts[4], UserID: id, Role: *in.RoleArn, Name: *in.RoleSessionName,
		ARN:        strings.Join(parts[:2], ":") + ":sts::" + parts[4] + ":assumed-role/" + name + "/" + *in.RoleSessionName,
		ExternalID: aws.ToString(in.ExternalId), Policy: aws.ToString(in.Policy), Ends: r.ends(in.DurationSeconds, roleDuration),
	}
	credentials, err := r.issue(who, session, Keys{
		ID: parts[4], Secret: base64.StdEncoding.EncodeToString(sum[:30]),
		Token: base64.StdEncoding.EncodeToString(append([]byte("sluice"), sum[:]...)),
	})
	if err != nil {
		return nil, err
	}
	return &sts.AssumeRoleOutput{
		AssumedRoleUser: &types.AssumedRoleUser{Arn: aws.String(session.ARN), AssumedRoleId: aws.String(id)},
		Credentials:     credentials,
		SourceIdentity:  in.SourceIdentity,
	}, nil
}
