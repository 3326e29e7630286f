package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

// The rest is in TestRetentionPeriod.
func TestDecreaseStreamRetentionPeriod(t *testing.T) {
	needsActive(t, func(r *room, name, arn *string) error {
		_, err := r.DecreaseStreamRetentionPeriod(r.ctx, &kinesis.DecreaseStreamRetentionPeriodInput{StreamName: name, StreamARN: arn, RetentionPeriodHours: aws.Int32(24)})
		return err
	})
}
