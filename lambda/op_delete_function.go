package lambda

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"sluice/store/kv"
)

// DeleteFunction removes a function with all its versions, or one version that
// no alias points at. Its mappings stay and find no function any more.
//
// State: real
// Notes: mappings stay
// Test: TestDeleteFunction
func (r *Room) DeleteFunction(ctx context.Context, in *lambda.DeleteFunctionInput, _ ...opt) (*lambda.DeleteFunctionOutput, error) {
	f, ref, err := r.functionOf(ctx, in.FunctionName, in.Qualifier)
	if err != nil {
		return nil, err
	}
	defer f.mu.Unlock()
	switch ref.Qualifier {
	case "":
		err = r.removeFunction(ctx, f)
	case latest:
		err = errDeleteLatest()
	default:
		err = r.removeVersion(ctx, f, ref)
	}
	if err != nil {
		return nil, err
	}
	return &lambda.DeleteFunctionOutput{StatusCode: http.StatusNoContent}, nil
}

// removeFunction removes all of a function. f.mu is held.
func (r *Room) removeFunction(ctx context.Context, f *deployed) error {
	var b kv.Batch
	b.Delete([]byte(f.key.stored()))
	deletePrefix(&b, versionPrefix+f.key.String()+"/")
	for _, code := range f.codes() {
		deletePrefix(&b, codePrefix+code+"/")
	}
	if err := r.space.Commit(context.WithoutCancel(ctx), &b); err != nil {
		return fmt.Errorf("delete function %s: %w", f.key.Name, err)
	}
	f.gone = true
	for _, code := range f.codes() {
		r.giveCode(code)
	}
	r.retire(f)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.functions, f.key)
	return nil
}

// removeVersion removes a published version. f.mu is held.
func (r *Room) removeVersion(ctx context.Context, f *deployed, ref reference) error {
	c, ok := f.versions[ref.Qualifier]
	if !ok {
		return errNoFunction(ref.arn())
	}
	for name, a := range f.now.Aliases {
		if _, weighed := a.Weights[c.Version]; a.Version == c.Version || weighed {
			return errVersionInUse(c.Version, name)
		}
	}
	err := r.keep(ctx, f, f.now, func(b *kv.Batch) error { b.Delete([]byte(f.key.versionKey(c.Version))); return nil })
	if err != nil {
		return err
	}
	delete(f.versions, c.Version)
	r.retire(f)
	r.dropCode(ctx, f, c.Code)
	return nil
}
