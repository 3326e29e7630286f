package lambda

import (
	"context"
	"errors"
	"maps"
	"slices"

	"sluice/lambda/function"
)

// dispatcher gives invocations to the runtime: those of clients, or of a mapping.
type dispatcher struct {
	r *Room
	m *mapping // nil for clients
}

// Invoke implements poller.Invoker.
func (d dispatcher) Invoke(ctx context.Context, in function.Invocation) (function.Result, error) {
	result, err := d.once(ctx, in)
	if isMissing(err) && d.r.forgotten(in) {
		result, err = d.once(ctx, in)
	}
	d.r.meter.invoked(&in, result, err)
	if d.m != nil {
		d.r.meter.worked(d.m)
	}
	return result, err
}

func (d dispatcher) once(ctx context.Context, in function.Invocation) (function.Result, error) {
	in, leave, err := d.r.dispatch(ctx, in)
	if err != nil {
		return function.Result{}, err
	}
	defer leave()
	return d.r.config.Runtime.Invoke(ctx, in)
}

func isMissing(err error) bool {
	var refused *function.NotInvoked
	return errors.As(err, &refused) && refused.Code == "ResourceNotFoundException"
}

// forgotten notes that the runtime does not know a function that it was told
// of: another of that name came and went. It reports false when it was not told.
func (r *Room) forgotten(in function.Invocation) bool {
	f, err := r.function(reference{Key: functionKey{in.Account, in.Region, in.Name}})
	if err != nil {
		return false
	}
	defer f.mu.Unlock()
	told := len(f.live) > 0
	f.live = nil
	return told
}

// Run runs a function for another room of the same process, as Invoke does for
// clients.
func (r *Room) Run(ctx context.Context, in function.Invocation) (function.Result, error) {
	r.mu.RLock()
	closed := r.closed
	r.mu.RUnlock()
	if closed { // what was deployed may be gone, and is not missing
		return function.Result{}, notInvoked("ServiceException", "functions are closing")
	}
	return dispatcher{r: r}.Invoke(ctx, in)
}

// dispatch finds out which version is meant, has the runtime know it and takes
// one of the places that are reserved for the function. leave gives it back.
func (r *Room) dispatch(ctx context.Context, in function.Invocation) (out function.Invocation, leave func(), err error) {
	ref := reference{functionKey{in.Account, in.Region, in.Name}, in.Qualifier}
	known := r.config.Runtime.Knows(in.Account, in.Region, in.Name)
	f, err := r.function(ref)
	switch {
	case err != nil && known && (in.Qualifier == "" || in.Qualifier == latest):
		return in, func() {}, nil
	case err != nil:
		return in, nil, notInvoked("ResourceNotFoundException", "Function not found: "+ref.arn())
	}
	defer f.mu.Unlock()
	c, ok := f.choose(in.Qualifier, r.config.Dice.Uint64())
	if !ok {
		return in, nil, notInvoked("ResourceNotFoundException", "Function not found: "+ref.arn())
	}
	if f.now.Reserved != nil && f.running >= int(*f.now.Reserved) {
		return in, nil, &function.NotInvoked{Code: "TooManyRequestsException", Message: "Rate Exceeded.", Throttled: true}
	}
	in.Qualifier = ""
	if c.Version != latest {
		in.Qualifier = c.Version
	}
	// What is registered otherwise under the name runs in place of the code.
	if !known {
		if err := r.deploy(ctx, f, &c); err != nil {
			return in, nil, err
		}
	}
	f.running++
	return in, func() {
		f.mu.Lock()
		f.running--
		f.mu.Unlock()
	}, nil
}

func notInvoked(code, text string) error { return &function.NotInvoked{Code: code, Message: text} }

// choose is resolve with the weights of aliases; roll is random. f.mu is held.
func (f *deployed) choose(qualifier string, roll uint64) (configuration, bool) {
	a, ok := f.now.Aliases[qualifier]
	if !ok {
		return f.version(qualifier)
	}
	point := float64(roll>>11) / (1 << 53)
	for _, version := range slices.Sorted(maps.Keys(a.Weights)) {
		if point -= a.Weights[version]; point < 0 {
			return f.version(version)
		}
	}
	return f.version(a.Version)
}

// deploy tells the runtime about a version as it is now, once. f.mu is held.
func (r *Room) deploy(ctx context.Context, f *deployed, c *configuration) error {
	if f.live[c.Version] == c.Revision {
		return nil
	}
	raw, err := r.code(ctx, c.Code)
	if err != nil {
		return err
	}
	d := Deployment{Account: f.key.Account, Region: f.key.Region, Name: f.key.Name, Runtime: c.Runtime, Handler: c.Handler,
		TimeoutSeconds: c.Timeout, MemoryMB: c.MemorySize, Environment: c.Environment, Reserved: f.now.Reserved, Zip: raw}
	if c.Version != latest {
		d.Version = c.Version
	}
	if err := r.config.Runtime.Deploy(ctx, d); err != nil {
		if refused := (*function.NotInvoked)(nil); errors.As(err, &refused) {
			return err
		}
		return notInvoked("ServiceException", err.Error()) // the disk is full, say
	}
	if f.live == nil {
		f.live = map[string]string{}
	}
	f.live[c.Version] = c.Revision
	return nil
}

// retire has the runtime forget what it was told of a function; the next
// invocation tells it again. f.mu is held.
func (r *Room) retire(f *deployed) {
	if len(f.live) > 0 {
		r.config.Runtime.Remove(f.key.Account, f.key.Region, f.key.Name, "")
		f.live = nil
	}
}
