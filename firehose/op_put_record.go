package firehose

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
)

// PutRecord takes one record of up to 1,024,000 bytes. It is durable when the
// answer comes, and delivered when its buffer closes.
//
// State: real
// Notes: throughput quotas are those published, and do not grow by themselves
// Test: TestPutRecord
func (f *Firehose) PutRecord(ctx context.Context, in *firehose.PutRecordInput, _ ...opt) (*firehose.PutRecordOutput, error) {
	ids, encrypted, err := f.put(ctx, in.DeliveryStreamName, []types.Record{*in.Record}, false)
	if err != nil {
		return nil, err
	}
	return &firehose.PutRecordOutput{RecordId: aws.String(ids[0]), Encrypted: aws.Bool(encrypted)}, nil
}
