package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// GetEventSourceMapping shows a mapping with its state and what came of the
// last batch.
//
// State: real
// Notes: LastProcessingResult has texts of Sluice's own for what AWS does not document
// Test: TestGetEventSourceMapping
func (r *Room) GetEventSourceMapping(ctx context.Context, in *lambda.GetEventSourceMappingInput, _ ...opt) (*lambda.GetEventSourceMappingOutput, error) {
	m, err := r.mapping(ctx, in.UUID)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	return m.show(), nil
}

// mapping finds a mapping of the caller and locks it.
func (r *Room) mapping(ctx context.Context, uuid *string) (*mapping, error) {
	who := r.caller(ctx)
	r.mu.RLock()
	m := r.mappings[mappingKey{who.Account, who.Region, aws.ToString(uuid)}]
	r.mu.RUnlock()
	if m == nil {
		return nil, errNoResource()
	}
	m.mu.Lock()
	if m.gone {
		m.mu.Unlock()
		return nil, errNoResource()
	}
	return m, nil
}
