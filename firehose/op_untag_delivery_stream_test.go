package firehose

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
)

func TestUntagUnknownStream(t *testing.T) {
	r := newRig(t)
	_, err := r.UntagDeliveryStream(r.ctx, &firehose.UntagDeliveryStreamInput{DeliveryStreamName: aws.String("none"), TagKeys: []string{"k"}})
	requireFault(t, err, "ResourceNotFoundException", "Firehose none under account 111111111111 not found.")
}
