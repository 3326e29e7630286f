package sigv4

import "context"

type key struct{}

// With returns a context that carries the proof of the request's signature.
func With(ctx context.Context, p *Proof) context.Context {
	return context.WithValue(ctx, key{}, p)
}

// From returns the proof of ctx, nil when signatures are not checked.
func From(ctx context.Context) *Proof {
	p, _ := ctx.Value(key{}).(*Proof)
	return p
}
