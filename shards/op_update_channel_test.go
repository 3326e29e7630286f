package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

func TestUpdateChannel(t *testing.T) {
	r := open(t)
	_, err := r.UpdateChannel(r.ctx, &kinesis.UpdateChannelInput{})
	refuses(t, err, "UpdateChannel")
}
