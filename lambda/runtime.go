package lambda

import (
	"context"

	"sluice/lambda/function"
)

// Runtime runs functions. Methods are called concurrently.
type Runtime interface {
	// Invoke runs a function and waits for its answer. A *function.NotInvoked
	// tells why nothing ran.
	Invoke(ctx context.Context, in function.Invocation) (function.Result, error)
	// Knows tells whether a function can be invoked that this room has not
	// deployed: one of the settings file, the admin API or the Go API.
	Knows(account, region, name string) bool
	// Deploy makes a version known, in place of what it was before.
	Deploy(ctx context.Context, d Deployment) error
	// Remove forgets a version of a function, all of them with an empty one.
	Remove(account, region, name, version string)
}

// Deployment is a version of a function that this room has.
type Deployment struct {
	Account, Region, Name string
	// Version is empty for $LATEST.
	Version          string
	Runtime, Handler string
	TimeoutSeconds   int32
	MemoryMB         int32
	Environment      map[string]string
	// Reserved bounds how many invocations run at a time; nil: nothing does.
	Reserved *int32
	// Zip is the deployment package; empty for an image, which cannot be run.
	Zip []byte
}
