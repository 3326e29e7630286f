package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

func TestListChannels(t *testing.T) {
	r := open(t)
	_, err := r.ListChannels(r.ctx, &kinesis.ListChannelsInput{})
	refuses(t, err, "ListChannels")
}
