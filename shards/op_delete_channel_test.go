package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

func TestDeleteChannel(t *testing.T) {
	r := open(t)
	_, err := r.DeleteChannel(r.ctx, &kinesis.DeleteChannelInput{})
	refuses(t, err, "DeleteChannel")
}
