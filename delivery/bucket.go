package delivery

import (
	"context"
	"errors"
)

// Bucket is where objects go. Methods may be called concurrently.
type Bucket interface {
	// PutObject stores an object and returns once it is durable. It replaces
	// what has the same key. It keeps nothing of the body.
	PutObject(ctx context.Context, o Object) error
	// HeadBucket reports whether a bucket can be written to.
	HeadBucket(ctx context.Context, at Place) error
}

// Place names a bucket. Errors of a Bucket about it wrap ErrNoBucket when it
// does not exist and ErrDenied when it belongs to somebody else.
type Place struct {
	// Account and Region are whose delivery it is.
	Account, Region string
	Bucket          string
	// Owner is the account that must own the bucket; empty: any.
	Owner string
}

// Object is one object to store.
type Object struct {
	Place
	Key  string
	Body []byte
	// Class is the storage class, ContentType what the body is, and
	// ContentEncoding how it is packed, where that should be said.
	Class, ContentType, ContentEncoding string
}

// Errors of a Bucket that time alone does not cure.
var (
	ErrNoBucket = errors.New("the bucket does not exist")
	ErrDenied   = errors.New("the bucket does not belong to the expected owner")
)
