package wire

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

type kinesisOption = func(*kinesis.Options)

// Direct returns a way to call the operation of a room without reflection, for
// the three that are called thousands of times a second, and nil for all others
// and for rooms whose method looks different. A reflected call makes seven
// allocations and takes half a microsecond.
func Direct(op *Operation, room any) func(ctx context.Context, in any) (any, error) {
	switch op.Name {
	case "PutRecord":
		if r, ok := room.(interface {
			PutRecord(ctx context.Context, in *kinesis.PutRecordInput, options ...kinesisOption) (*kinesis.PutRecordOutput, error)
		}); ok {
			return direct(r.PutRecord)
		}
	case "PutRecords":
		if r, ok := room.(interface {
			PutRecords(ctx context.Context, in *kinesis.PutRecordsInput, options ...kinesisOption) (*kinesis.PutRecordsOutput, error)
		}); ok {
			return direct(r.PutRecords)
		}
	case "GetRecords":
		if r, ok := room.(interface {
			GetRecords(ctx context.Context, in *kinesis.GetRecordsInput, options ...kinesisOption) (*kinesis.GetRecordsOutput, error)
		}); ok {
			return direct(r.GetRecords)
		}
	}
	return nil
}

// Borrows tells whether an operation of a room keeps no blob of its input once
// it has returned: those that Direct knows and whose payloads the log has
// copied by then.
func Borrows(op *Operation, room any) bool {
	return (op.Name == "PutRecord" || op.Name == "PutRecords") && Direct(op, room) != nil
}

// direct forgets the types of a method. A result of nil without an error is
// returned as nil, which callers take for the fault it is.
func direct[I, O any](method func(context.Context, *I, ...kinesisOption) (*O, error)) func(ctx context.Context, in any) (any, error) {
	return func(ctx context.Context, in any) (any, error) {
		out, err := method(ctx, in.(*I))
		if err != nil || out == nil {
			return nil, err
		}
		return out, nil
	}
}
