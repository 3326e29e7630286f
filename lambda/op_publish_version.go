package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// PublishVersion freezes $LATEST under the next number. When nothing has
// changed since the last version, that one is the answer.
//
// State: real
// Notes: at most 1,000 versions of a function
// Test: TestPublishVersion
func (r *Room) PublishVersion(ctx context.Context, in *lambda.PublishVersionInput, _ ...opt) (*lambda.PublishVersionOutput, error) {
	f, ref, err := r.functionOf(ctx, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	switch {
	case in.PublishTo != "":
		return nil, errNotHere("PublishTo")
	case in.RevisionId != nil && *in.RevisionId != f.now.Latest.Revision:
		return nil, errRevision("GetFunction/GetAlias")
	case in.CodeSha256 != nil && *in.CodeSha256 != f.now.Latest.CodeSum:
		return nil, errCodeChanged(*in.CodeSha256)
	}
	c, err := r.publish(ctx, f, in.Description)
	if err != nil {
		return nil, err
	}
	ref.Qualifier = c.Version
	out := lambda.PublishVersionOutput(answer(c.show(ref)))
	return &out, nil
}
