package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// UpdateFunctionConfiguration changes $LATEST; what is not given stays. The
// next invocation goes by it, and so do mappings.
//
// State: real
// Notes: timeout, memory, environment, handler and runtime act; the rest is stored
// Test: TestUpdateFunctionConfiguration
func (r *Room) UpdateFunctionConfiguration(ctx context.Context, in *lambda.UpdateFunctionConfigurationInput, _ ...opt) (*lambda.UpdateFunctionConfigurationOutput, error) {
	c, ref, err := r.reconfigure(ctx, in)
	if err != nil {
		return nil, err
	}
	r.refresh(ref.Key) // its role may be another
	out := lambda.UpdateFunctionConfigurationOutput(answer(c.show(ref)))
	return &out, nil
}

func (r *Room) reconfigure(ctx context.Context, in *lambda.UpdateFunctionConfigurationInput) (configuration, reference, error) {
	f, ref, err := r.functionOf(ctx, in.FunctionName, nil)
	if err != nil {
		return configuration{}, ref, err
	}
	defer f.mu.Unlock()
	switch {
	case in.CapacityProviderConfig != nil:
		return configuration{}, ref, errNotHere("CapacityProviderConfig")
	case in.DurableConfig != nil:
		return configuration{}, ref, errNotHere("DurableConfig")
	case in.RevisionId != nil && *in.RevisionId != f.now.Latest.Revision:
		return configuration{}, ref, errRevision("GetFunction/GetAlias")
	}
	if err := checkDeadLetter(in.DeadLetterConfig); err != nil {
		return configuration{}, ref, err
	}
	s := f.now.clone()
	wish := changeOfUpdate(in)
	wish.apply(&s.Latest)
	r.touch(&s.Latest)
	return s.Latest, ref, r.keep(ctx, f, s, nil)
}
