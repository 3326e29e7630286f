package lambda

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// RemovePermission removes a statement from a resource policy.
//
// State: stored
// Notes: as AddPermission
// Test: TestAddPermission
func (r *Room) RemovePermission(ctx context.Context, in *lambda.RemovePermissionInput, _ ...opt) (*lambda.RemovePermissionOutput, error) {
	f, _, ref, err := r.versionOf(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	p, ok := f.now.Policies[ref.Qualifier]
	if !ok {
		return nil, errNoResource()
	}
	if in.RevisionId != nil && *in.RevisionId != p.Revision {
		return nil, errRevision("GetPolicy")
	}
	at := slices.IndexFunc(p.Statements, func(s statement) bool { return s.ID == *in.StatementId })
	if at < 0 {
		return nil, errNoStatement(*in.StatementId)
	}
	p.Statements = slices.Delete(slices.Clone(p.Statements), at, at+1)
	if err := r.setPolicy(ctx, f, ref.Qualifier, p); err != nil {
		return nil, err
	}
	return &lambda.RemovePermissionOutput{}, nil
}
