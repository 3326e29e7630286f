package runtime

import (
	"context"

	"sluice/lambda/function"
)

// unable stands for what nothing here can run; err says why.
type unable struct{ err error }

func (t unable) run(context.Context, *call) (function.Result, error) { return function.Result{}, t.err }

func (t unable) close() {}
