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
	"github.com/aws/smithy-go"
)

// defaultDuration is how long credentials are good when nobody says.
const defaultDuration = time.Hour

// AssumeRole hands out credentials of the account that the role is of: its 12
// digits are the access key, which is how Sluice learns accounts. Roles are not
// kept, so that any role may be assumed, and policies have no effect.
//
// State: real
// Notes: any role; the access key is the role's account
// Test: TestAssumeRole
func (r *Room) AssumeRole(_ context.Context, in *sts.AssumeRoleInput, _ ...opt) (*sts.AssumeRoleOutput, error) {
	parts := strings.SplitN(*in.RoleArn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || len(parts[4]) != 12 || strings.Trim(parts[4], "0123456789") != "" ||
		!strings.HasPrefix(parts[5], "role/") {
		return nil, &smithy.GenericAPIError{Code: "ValidationError", Message: *in.RoleArn + " is invalid"}
	}
	name := parts[5][strings.LastIndexByte(parts[5], '/')+1:]
	duration := defaultDuration
	if in.DurationSeconds != nil {
		duration = time.Duration(*in.DurationSeconds) * time.Second
	}
	// The same role and session have the same secret each time: there is nothing
	// to keep, and nothing to guard.
	sum := sha256.Sum256([]byte(*in.RoleArn + "\x00" + *in.RoleSessionName))
	id := "AROA" + base32.StdEncoding.EncodeToString(sum[:])[:17]
	return &sts.AssumeRoleOutput{
		AssumedRoleUser: &types.AssumedRoleUser{
			Arn:           aws.String(strings.Join(parts[:2], ":") + ":sts::" + parts[4] + ":assumed-role/" + name + "/" + *in.RoleSessionName),
			AssumedRoleId: aws.String(id + ":" + *in.RoleSessionName),
		},
		Credentials: &types.Credentials{
			AccessKeyId:     aws.String(parts[4]),
			SecretAccessKey: aws.String(base64.StdEncoding.EncodeToString(sum[:30])),
			SessionToken:    aws.String(base64.StdEncoding.EncodeToString(append([]byte("sluice"), sum[:]...))),
			Expiration:      aws.Time(r.host.Now().Add(duration).UTC().Truncate(time.Second)),
		},
		SourceIdentity: in.SourceIdentity,
	}, nil
}
