// Package page lets an answer point into memory that is only lent, such as a
// page of the store, until the answer has been encoded. Who encodes answers
// puts a lease into the context of a call; who makes them asks for it.
package page

import "context"

// Share is a request's part of a memory budget.
type Share interface {
	// Resize makes the share n bytes. It waits, holding nothing, while the
	// budget does not have them, and fails when that lasts too long or ctx
	// ends. Making a share smaller never waits.
	Resize(ctx context.Context, n int64) error
}

// Lease is what one answer borrows. It is for one goroutine at a time.
type Lease struct {
	// Share is what the answer may weigh, nil when nobody counts.
	Share   Share
	release []func()
}

// Keep has release called once the answer does not need its memory any more.
func (l *Lease) Keep(release func()) { l.release = append(l.release, release) }

// Resize resizes the share, if anybody counts.
func (l *Lease) Resize(ctx context.Context, n int64) error {
	if l.Share == nil {
		return nil
	}
	return l.Share.Resize(ctx, n)
}

// End gives back what was kept. The lease may be used again.
func (l *Lease) End() {
	for i, release := range l.release {
		l.release[i] = nil
		release()
	}
	l.release = l.release[:0]
}

type key struct{}

// With returns a context whose answers may borrow under l; nil takes that away.
func With(ctx context.Context, l *Lease) context.Context {
	return context.WithValue(ctx, key{}, l)
}

// IsKey tells whether a context is asked for its lease, for contexts that carry
// one themselves: their value is a *Lease.
func IsKey(k any) bool { return k == key{} }

// From returns the lease of ctx. Without one, nil, answers must own their
// memory, because nobody tells when they have been used.
func From(ctx context.Context) *Lease {
	l, _ := ctx.Value(key{}).(*Lease)
	return l
}
