package firehose

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// PutRecordBatch takes up to 500 records of 4 MiB together. What the
// throughput quota lets pass of it is stored whole or not at all.
//
// State: real
// Notes: throughput quotas are those published, and do not grow by themselves
// Test: TestPutRecordBatch
func (f *Firehose) PutRecordBatch(ctx context.Context, in *firehose.PutRecordBatchInput, _ ...opt) (*firehose.PutRecordBatchOutput, error) {
	ids, encrypted, err := f.put(ctx, in.DeliveryStreamName, in.Records, true)
	if err != nil {
		return nil, err
	}
	out := &firehose.PutRecordBatchOutput{FailedPutCount: aws.Int32(int32(len(in.Records) - len(ids))), Encrypted: aws.Bool(encrypted),
		RequestResponses: make([]types.PutRecordBatchResponseEntry, len(in.Records))}
	for i := range ids {
		out.RequestResponses[i].RecordId = &ids[i]
	}
	for i := len(ids); i < len(in.Records); i++ {
		out.RequestResponses[i] = types.PutRecordBatchResponseEntry{ErrorCode: aws.String("ServiceUnavailableException"), ErrorMessage: aws.String(slowDown)}
	}
	return out, nil
}
