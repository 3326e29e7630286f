package sts

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/access"
	"sluice/internal/caller"
	"sluice/internal/clock"
)

// request is a signed request, as policies see it.
type request struct{ identity *caller.Identity }

func (request) Operation() string                  { return "AssumeRole" }
func (r request) Identity() *caller.Identity       { return r.identity }
func (request) Circumstances() map[string][]string { return nil }

// issuer gives away what it is asked for, or its error.
type issuer struct {
	err  error
	last *Session
}

func (i issuer) Issue(_ caller.Caller, s Session) (Keys, error) {
	*i.last = s
	return Keys{"ASIA1", "secret", "token"}, i.err
}

func TestGetSessionToken(t *testing.T) {
	now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	who := caller.Caller{Account: "123456789012", Region: "us-east-1", AccessKeyID: "AKIAIOSFODNN7EXAMPLE"}
	out, err := New(clock.NewManual(now), nil).GetSessionToken(caller.With(t.Context(), who), &sts.GetSessionTokenInput{})
	require.NoError(t, err)
	require.Equal(t, "123456789012", *out.Credentials.AccessKeyId)
	require.Equal(t, now.Add(12*time.Hour), *out.Credentials.Expiration)

	var last Session
	r := New(clock.NewManual(now), issuer{last: &last})
	out, err = r.GetSessionToken(caller.With(t.Context(), who), &sts.GetSessionTokenInput{DurationSeconds: aws.Int32(900)})
	require.NoError(t, err)
	require.Equal(t, "ASIA1", *out.Credentials.AccessKeyId)
	require.Equal(t, Session{Account: "123456789012", ARN: "arn:aws:iam::123456789012:user/AKIAIOSFODNN7EXAMPLE",
		UserID: "AIDAIOSFODNN7EXAMPLE", Ends: now.Add(15 * time.Minute)}, last)

	who.Ask = request{&caller.Identity{Session: true}}
	_, err = r.GetSessionToken(caller.With(t.Context(), who), &sts.GetSessionTokenInput{})
	require.ErrorContains(t, err, "AccessDenied: Cannot call GetSessionToken with session credentials")
}

func TestAssumeRoleAsIssued(t *testing.T) {
	var last Session
	role := aws.String("arn:aws:iam::123456789012:role/path/reader")
	assume := func(i issuer, in sts.AssumeRoleInput) error {
		i.last = &last
		in.RoleArn, in.RoleSessionName = role, aws.String("me")
		who := caller.Caller{Account: "1", Ask: request{&caller.Identity{ARN: "arn:aws:iam::123456789012:user/u", Session: true}}}
		_, err := New(clock.Host(), i).AssumeRole(caller.With(t.Context(), who), &in)
		return err
	}
	require.NoError(t, assume(issuer{}, sts.AssumeRoleInput{ExternalId: aws.String("ext"), Policy: aws.String("{}")}))
	require.Equal(t, "ext", last.ExternalID)
	require.Equal(t, "{}", last.Policy)
	require.Equal(t, *role, last.Role)
	denial := &access.Denial{Who: "arn:aws:iam::1:user/u", Action: "sts:AssumeRole", Resource: *role}
	require.ErrorContains(t, assume(issuer{err: denial}, sts.AssumeRoleInput{}), "AccessDenied: User: arn:aws:iam::1:user/u is not authorized to perform: sts:AssumeRole on resource: "+*role)
	require.ErrorContains(t, assume(issuer{err: fmt.Errorf("%w: why", ErrPolicy)}, sts.AssumeRoleInput{}), "MalformedPolicyDocument: the policy is malformed: why")
	require.ErrorContains(t, assume(issuer{}, sts.AssumeRoleInput{Policy: aws.String(strings.Repeat("x", 2049))}), "PackedPolicyTooLarge")
	require.ErrorContains(t, assume(issuer{}, sts.AssumeRoleInput{PolicyArns: []types.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")}}}),
		"There are no managed policies here", "the session would be wider than asked for")
	require.ErrorContains(t, assume(issuer{}, sts.AssumeRoleInput{DurationSeconds: aws.Int32(3601)}), "1 hour session limit for roles assumed by role chaining")
}
