// Package sts is the little of AWS STS that Kinesis clients need: who am I,
// and who may I be.
package sts

import (
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"sluice/internal/access"
	"sluice/internal/caller"
	"sluice/internal/clock"
)

// Issuer makes temporary credentials that are checked later. It may be called
// concurrently.
type Issuer interface {
	// Issue makes the credentials of a session for who asks for it. Its error
	// is an *access.Denial when who may not, or ErrPolicy.
	Issue(who caller.Caller, s Session) (Keys, error)
}

// Session is what temporary credentials are made for.
type Session struct {
	// Account, ARN and UserID are whom the credentials stand for.
	Account, ARN, UserID string
	// Role is the role that is assumed, as the request spells it; empty for
	// credentials of the caller's own.
	Role string
	// Name and ExternalID are what the trust policy of a role may ask for.
	Name, ExternalID string
	// Policy narrows down what the credentials may do; empty for nothing.
	Policy string
	// Ends is when they end, host time.
	Ends time.Time
}

// Keys are temporary credentials.
type Keys struct{ ID, Secret, Token string }

// ErrPolicy is the error of a policy that cannot be understood. It is wrapped
// with the reason.
var ErrPolicy = errors.New("the policy is malformed")

// maxSessionPolicy is how long a policy of a session may be, in characters.
const maxSessionPolicy = 2048

// Room answers the operations of STS. It has no state.
type Room struct {
	host   clock.Clock
	issuer Issuer
}

// New returns the room. Credentials end in host time, which clients have too.
// issuer is nil where signatures are not checked.
func New(host clock.Clock, issuer Issuer) *Room { return &Room{host: host, issuer: issuer} }

type opt = func(*sts.Options)

// issue makes the credentials of a session, by the issuer or else by free.
func (r *Room) issue(who caller.Caller, s Session, free Keys) (*types.Credentials, error) {
	keys := free
	if r.issuer != nil {
		if len(s.Policy) > maxSessionPolicy {
			return nil, &types.PackedPolicyTooLargeException{Message: aws.String("The session policy is longer than 2048 characters.")}
		}
		var err error
		if keys, err = r.issuer.Issue(who, s); err != nil {
			return nil, refused(err)
		}
	}
	return &types.Credentials{
		AccessKeyId: aws.String(keys.ID), SecretAccessKey: aws.String(keys.Secret), SessionToken: aws.String(keys.Token),
		Expiration: aws.Time(s.Ends),
	}, nil
}

// refused turns what an issuer says into the service's errors.
func refused(err error) error {
	var d *access.Denial
	switch {
	case errors.As(err, &d):
		return denied("User: " + d.Who + " is not authorized to perform: " + d.Action + " on resource: " + d.Resource)
	case errors.Is(err, ErrPolicy):
		return &types.MalformedPolicyDocumentException{Message: aws.String(err.Error())}
	}
	return err
}

func denied(message string) error {
	return &smithy.GenericAPIError{Code: "AccessDenied", Message: message, Fault: smithy.FaultClient}
}

func invalid(message string) error {
	return &smithy.GenericAPIError{Code: "ValidationError", Message: message, Fault: smithy.FaultClient}
}

// ends is when credentials end that are asked for now.
func (r *Room) ends(seconds *int32, otherwise time.Duration) time.Time {
	duration := otherwise
	if seconds != nil {
		duration = time.Duration(*seconds) * time.Second
	}
	return r.host.Now().Add(duration).UTC().Truncate(time.Second)
}
