package lambda

import (
	"context"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"sluice/store/kv"
)

// CreateFunction keeps a function: its configuration and its zip. A zip with a
// bootstrap, or of a runtime that the settings say how to run, runs when
// invoked; another function of the same name in the settings or the admin API
// runs in its place. The function is Active at once.
//
// State: real
// Notes: code from a zip or a bucket of this server; images are kept, not run
// Test: TestCreateFunction
func (r *Room) CreateFunction(ctx context.Context, in *lambda.CreateFunctionInput, _ ...opt) (*lambda.CreateFunctionOutput, error) {
	ref, err := r.parseReference(ctx, *in.FunctionName, nil)
	if err != nil {
		return nil, err
	}
	if err := checkCreateFunction(in); err != nil {
		return nil, err
	}
	f := &deployed{key: ref.Key, versions: map[string]configuration{}}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := r.enterFunction(f); err != nil {
		return nil, err
	}
	c, err := r.firstVersion(ctx, f, in)
	if err != nil {
		f.gone = true
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.functions, f.key)
		return nil, err
	}
	out := lambda.CreateFunctionOutput(answer(c.show(reference{Key: f.key})))
	return &out, nil
}

func checkCreateFunction(in *lambda.CreateFunctionInput) error {
	image := in.PackageType == types.PackageTypeImage || in.Code.ImageUri != nil
	switch {
	case in.TenancyConfig != nil:
		return errNotHere("TenancyConfig")
	case in.CapacityProviderConfig != nil:
		return errNotHere("CapacityProviderConfig")
	case in.DurableConfig != nil:
		return errNotHere("DurableConfig")
	case in.PublishTo != "":
		return errNotHere("PublishTo")
	case !image && (in.Runtime == "" || in.Handler == nil):
		return errRuntimeMissing()
	case image && in.Runtime != "":
		return errImageOnly("Runtime")
	case image && in.Handler != nil:
		return errImageOnly("Handler")
	}
	if err := checkDeadLetter(in.DeadLetterConfig); err != nil {
		return err
	}
	return checkTags(in.Tags, nil)
}

// enterFunction takes the name of a new function. f.mu is held.
func (r *Room) enterFunction(f *deployed) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.functions[f.key] != nil {
		return errFunctionExists(f.key.Name)
	}
	if len(r.functions) >= functionsMax {
		return errFunctionQuota()
	}
	r.functions[f.key] = f
	return nil
}

// firstVersion stores a new function and returns the version to show. f.mu is held.
func (r *Room) firstVersion(ctx context.Context, f *deployed, in *lambda.CreateFunctionInput) (configuration, error) {
	c := fresh(f.key.Name)
	wish := changeOfCreate(in)
	wish.apply(&c)
	if len(in.Architectures) > 0 {
		c.Machines = []string{string(in.Architectures[0])}
	}
	code := source{Zip: in.Code.ZipFile, Bucket: in.Code.S3Bucket, Key: in.Code.S3Key, Image: in.Code.ImageUri}
	if err := r.get(ctx, code, &c); err != nil {
		return c, err
	}
	r.touch(&c)
	s := functionState{Latest: c, Tags: maps.Clone(in.Tags)}
	if !in.Publish {
		return c, r.keep(ctx, f, s, nil)
	}
	s.LastVersion = 1
	first := c
	first.Version = "1"
	err := r.keep(ctx, f, s, func(b *kv.Batch) error { return set(b, f.key.versionKey("1"), first) })
	f.versions["1"] = first
	return first, err
}
