package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// DeleteEventSourceMapping ends a mapping and drops its position. It reads no
// further from now on; the calls under way have until the Deleting is over.
//
// State: real
// Notes: a mapping that is changing is in use
// Test: TestDeleteEventSourceMapping
func (r *Room) DeleteEventSourceMapping(ctx context.Context, in *lambda.DeleteEventSourceMappingInput, _ ...opt) (*lambda.DeleteEventSourceMappingOutput, error) {
	m, err := r.mapping(ctx, in.UUID)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	if !steady(m.now.State) {
		return nil, errInUse("delete")
	}
	if err := r.begin(ctx, m, stateDeleting, nil); err != nil {
		return nil, err
	}
	out := lambda.DeleteEventSourceMappingOutput(*m.show())
	return &out, r.settle(ctx, m)
}
