package server

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"sluice/server/wire"
)

// batch describes an operation that takes several records and answers each,
// such as PutRecords: the members of its shapes that make it one.
type batch struct {
	records []int        // input: the list
	record  reflect.Type // its elements
	dryRun  []int        // input: nil where there is none
	output  reflect.Type
	results []int // output: the list, with an entry for each record
	code    []int // of an entry
	message []int // of an entry
	failed  []int // output: the number of failures
}

// batchOf returns nil for other operations.
func batchOf(in, out reflect.Type) *batch {
	records, ok := in.FieldByName("Records")
	if !ok || records.Type.Kind() != reflect.Slice || records.Type.Elem().Kind() != reflect.Struct || out.Kind() != reflect.Struct {
		return nil
	}
	b := &batch{records: records.Index, record: records.Type.Elem(), output: out}
	for i := range out.NumField() {
		f := out.Field(i)
		switch {
		case f.Type == reflect.TypeFor[*int32]() && strings.HasPrefix(f.Name, "Failed"):
			b.failed = f.Index
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			code, message := textFields(f.Type.Elem(), "ErrorCode"), textFields(f.Type.Elem(), "ErrorMessage")
			if len(code) > 0 && len(message) > 0 {
				b.results, b.code, b.message = f.Index, code[0], message[0]
			}
		}
	}
	if b.failed == nil || b.results == nil {
		return nil
	}
	if f, ok := in.FieldByName("DryRun"); ok && f.Type == reflect.TypeFor[*bool]() {
		b.dryRun = f.Index
	}
	return b
}

// dryRunCode answers a dry run that found nothing to object to.
const dryRunCode = "DryRunOperationException"

// runPartly runs a batch without the records that are to fail. The batch is
// first checked as a whole, by a dry run where the service has one: what is
// wrong with a record that fails is still wrong with the request.
func (op *operation) runPartly(ctx context.Context, in any, failing map[int]string, run func(in any) (any, error)) (any, error) {
	b, value := op.known.batch, reflect.ValueOf(in).Elem()
	if b.dryRun != nil {
		if asked, _ := value.FieldByIndex(b.dryRun).Interface().(*bool); asked != nil && *asked {
			return run(in)
		}
		if out, err := run(b.rehearsal(value)); err == nil || errorCode(op, err) != dryRunCode {
			return out, err
		}
	}
	all := value.FieldByIndex(b.records)
	kept := reflect.MakeSlice(all.Type(), 0, all.Len())
	for i := range all.Len() {
		if _, fails := failing[i]; !fails {
			kept = reflect.Append(kept, all.Index(i))
		}
	}
	out := any(reflect.New(b.output).Interface())
	if kept.Len() > 0 {
		rest := reflect.New(value.Type())
		rest.Elem().Set(value)
		rest.Elem().FieldByIndex(b.records).Set(kept)
		var err error
		if out, err = run(rest.Interface()); err != nil {
			return nil, err
		}
	}
	return op.withFailures(ctx, in, out, all.Len(), failing), nil
}

// rehearsal is the same input as a dry run.
func (b *batch) rehearsal(in reflect.Value) any {
	dry := reflect.New(in.Type())
	dry.Elem().Set(in)
	yes := true
	dry.Elem().FieldByIndex(b.dryRun).Set(reflect.ValueOf(&yes))
	return dry.Interface()
}

// withFailures puts the failed records into the answer, each in its place.
func (op *operation) withFailures(ctx context.Context, in, out any, n int, failing map[int]string) any {
	b := op.known.batch
	whole := reflect.New(b.output)
	whole.Elem().Set(reflect.ValueOf(out).Elem())
	written := whole.Elem().FieldByIndex(b.results)
	results := reflect.MakeSlice(written.Type(), n, n)
	stream, next := op.known.subject(ctx, in).Stream, 0
	for i := range n {
		entry := results.Index(i)
		code, fails := failing[i]
		if !fails {
			if next < written.Len() {
				entry.Set(written.Index(next))
			}
			next++
			continue
		}
		code, message := op.recordFailure(ctx, in, stream, i, code)
		entry.FieldByIndex(b.code).Set(reflect.ValueOf(&code))
		entry.FieldByIndex(b.message).Set(reflect.ValueOf(&message))
	}
	written.Set(results)
	failed := int32(len(failing))
	if before, _ := whole.Elem().FieldByIndex(b.failed).Interface().(*int32); before != nil {
		failed += *before
	}
	whole.Elem().FieldByIndex(b.failed).Set(reflect.ValueOf(&failed))
	return whole.Interface()
}

// recordFailure words the failure of one record. An empty code stands for the
// operation's own refusal of records that come too often.
func (op *operation) recordFailure(ctx context.Context, in any, stream string, i int, code string) (string, string) {
	if code == "" || slices.Contains(throttleCodes[:], code) {
		f, _ := wire.FaultOf(op.Operation, op.throttled(ctx, in, stream, i))
		return cmp.Or(code, f.Code), f.Message
	}
	return code, "Internal service failure."
}

func errorCode(op *operation, err error) string {
	var own *wire.Fault
	if errors.As(err, &own) {
		return own.Code
	}
	f, _ := wire.FaultOf(op.Operation, err)
	return f.Code
}
