package firehose

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
)

func TestListTagsOfUnknownStream(t *testing.T) {
	r := newRig(t)
	_, err := r.ListTagsForDeliveryStream(r.ctx, &firehose.ListTagsForDeliveryStreamInput{DeliveryStreamName: aws.String("none")})
	requireFault(t, err, "ResourceNotFoundException", "Firehose none under account 111111111111 not found.")
}
