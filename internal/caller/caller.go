// Package caller carries who calls, and for which region, through a context.
// Shapes of the AWS SDK do not carry either, and every key of stored state
// holds both.
package caller

import (
	"context"
	"strings"

	"sluice/internal/arn"
	"sluice/internal/policy"
)

// Caller is the identity of one request.
type Caller struct {
	// Account is the 12-digit AWS account id the request acts in.
	Account string
	// Region is the AWS region the request acts in, "us-east-1" for one.
	Region string
	// AccessKeyID is the key the request was signed with; empty when in process.
	AccessKeyID string
	// RequestID is the id the answer will carry, in UUID form.
	RequestID string
	// Ask is what policies want to know of the request; nil when nobody has
	// come by a way that policies guard.
	Ask Ask
}

// Ask is a request as policies look at it. It is asked during the call only,
// by one goroutine at a time, and only where a policy is in question, so that
// calls of the own account do not pay for it.
type Ask interface {
	// Operation is the name of the operation, "PutRecords" for one.
	Operation() string
	// Identity is who the signature has proved; nil where signatures are not
	// checked, and for calls of Sluice itself.
	Identity() *Identity
	// Circumstances are the values of condition keys, keys in lower case. The
	// map is the caller's own.
	Circumstances() map[string][]string
}

// Identity is who a signature has proved. It is read-only.
type Identity struct {
	// ARN is that of a user, of the root of an account or of a role's session;
	// empty for somebody who did not sign.
	ARN string
	// Role is the ARN of the role that a session is of, else empty.
	Role string
	// UserID is the unique id that goes with ARN.
	UserID string
	// Source is the access key that a session was made with, else the key itself.
	Source string
	// Session tells temporary credentials from a key's own.
	Session bool
	// Granted is the role that Grants come from, empty for those of the key;
	// Narrowed are the policies of this session and of those before it, as texts.
	Granted  string
	Narrowed []string
	// Grants are the policies of the identity in groups: each group must allow
	// what is done, and none may deny it. No group means that everything in the
	// own account is allowed.
	Grants [][]*policy.Document
}

// Anonymous tells whether nobody signed where signatures are checked.
func (i *Identity) Anonymous() bool { return i != nil && i.ARN == "" }

// Identity is who the signature has proved; nil where none was checked.
func (c Caller) Identity() *Identity {
	if c.Ask == nil {
		return nil
	}
	return c.Ask.Identity()
}

// ARN is who calls, as AWS spells it: what the signature has proved, else what
// the access key says about itself, else the root of the account.
func (c Caller) ARN() string {
	if id := c.Identity(); id != nil {
		return id.ARN
	}
	head := "arn:" + arn.Partition(c.Region) + ":iam::" + c.Account + ":"
	if IsUserKey(c.AccessKeyID) {
		return head + "user/" + c.AccessKeyID
	}
	return head + "root"
}

// UserID is the unique id that goes with ARN.
func (c Caller) UserID() string {
	if id := c.Identity(); id != nil {
		return id.UserID
	}
	if IsUserKey(c.AccessKeyID) {
		return "AIDA" + strings.TrimPrefix(c.AccessKeyID, "AKIA")
	}
	return c.Account
}

// IsUserKey recognises the access keys AWS gives to users: AKIA and 16 more.
func IsUserKey(key string) bool {
	return len(key) == 20 && strings.HasPrefix(key, "AKIA") && strings.Trim(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

type key struct{}

// With returns a context that carries c.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, key{}, &c)
}

// IsKey tells whether a context is asked for its caller, for contexts that carry
// one themselves: their value is a *Caller.
func IsKey(k any) bool { return k == key{} }

// From returns the caller of ctx. ok is false when there is none.
func From(ctx context.Context) (c Caller, ok bool) {
	if at, ok := ctx.Value(key{}).(*Caller); ok {
		return *at, true
	}
	return Caller{}, false
}
