package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
)

func TestDescribeChannel(t *testing.T) {
	r := open(t)
	_, err := r.DescribeChannel(r.ctx, &kinesis.DescribeChannelInput{})
	refuses(t, err, "DescribeChannel")
}
