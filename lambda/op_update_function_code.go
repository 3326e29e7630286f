package lambda

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// UpdateFunctionCode gives $LATEST another zip; the next invocation runs it.
// Published versions keep theirs.
//
// State: real
// Notes: as CreateFunction
// Test: TestUpdateFunctionCode
func (r *Room) UpdateFunctionCode(ctx context.Context, in *lambda.UpdateFunctionCodeInput, _ ...opt) (*lambda.UpdateFunctionCodeOutput, error) {
	f, ref, err := r.functionOf(ctx, in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	if in.PublishTo != "" {
		return nil, errNotHere("PublishTo")
	}
	if in.RevisionId != nil && *in.RevisionId != f.now.Latest.Revision {
		return nil, errRevision("GetFunction/GetAlias")
	}
	s := f.now.clone()
	old := s.Latest.Code
	if err := r.get(ctx, source{Zip: in.ZipFile, Bucket: in.S3Bucket, Key: in.S3Key, Image: in.ImageUri}, &s.Latest); err != nil {
		return nil, err
	}
	if len(in.Architectures) > 0 {
		s.Latest.Machines = []string{string(in.Architectures[0])}
	}
	r.touch(&s.Latest)
	c := s.Latest
	if in.DryRun {
		r.dropCode(ctx, f, c.Code)
		out := lambda.UpdateFunctionCodeOutput(answer(c.show(ref)))
		return &out, nil
	}
	if err := r.keep(ctx, f, s, nil); err != nil {
		return nil, err
	}
	r.dropCode(ctx, f, old)
	if in.Publish {
		if c, err = r.publish(ctx, f, nil); err != nil {
			return nil, err
		}
		ref.Qualifier = c.Version
	}
	out := lambda.UpdateFunctionCodeOutput(answer(c.show(ref)))
	out.FunctionArn = aws.String(ref.arn())
	return &out, nil
}
