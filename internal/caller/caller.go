// Package caller carries who calls, and for which region, through a context.
// Shapes of the AWS SDK do not carry either, and every key of stored state
// holds both.
package caller

import "context"

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
}

type key struct{}

// With returns a context that carries c.
func With(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, key{}, c)
}

// From returns the caller of ctx. ok is false when there is none.
func From(ctx context.Context) (c Caller, ok bool) {
	c, ok = ctx.Value(key{}).(Caller)
	return c, ok
}
