package firehose

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// PutRecordBatch takes up to 500 records of 4 MiB together. The batch is stored
// whole or not at all.
//
// State: real
// Notes: throughput quotas are not enforced
// Test: TestPutRecordBatch
func (f *Firehose) PutRecordBatch(ctx context.Context, in *firehose.PutRecordBatchInput, _ ...opt) (*firehose.PutRecordBatchOutput, error) {
	ids, encrypted, err := f.put(ctx, in.DeliveryStreamName, in.Records)
	if err != nil {
		return nil, err
	}
	out := &firehose.PutRecordBatchOutput{FailedPutCount: aws.Int32(0), Encrypted: aws.Bool(encrypted),
		RequestResponses: make([]types.PutRecordBatchResponseEntry, len(ids))}
	for i := range ids {
		out.RequestResponses[i].RecordId = &ids[i]
	}
	return out, nil
}
