package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

// channelAddressing holds an operation on a channel to how it is found.
func channelAddressing(t *testing.T, call func(r *room, arn *string) error) {
	t.Helper()
	r := open(t).delivers(newBuckets("lake"))
	r.createOnDemand("a")
	arn := r.channel("c", "a")
	id := *r.describeChannel(arn).ChannelId
	missing := "Channel nope under account 123456789012 not found."
	requireError(t, call(r, aws.String("arn:aws:kinesis:us-east-1:123456789012:channel/nope")), codeMissing, missing)
	requireError(t, call(r, aws.String("arn:aws:kinesis:us-east-1:123456789012:channel/c")), codeMissing, "Channel c under account 123456789012 not found.")
	requireError(t, call(r, streamARN("a")), codeArgument, "ChannelARN must be the ARN of a channel.")
	requireError(t, call(r, nil), codeArgument, "ChannelARN must be the ARN of a channel.")
	mine := r.ctx
	for _, who := range []caller.Caller{{Account: "210987654321", Region: testRegion}, {Account: testAccount, Region: "eu-west-1"}} {
		r.ctx = caller.With(mine, who)
		requireError(t, call(r, &arn), codeMissing, "Channel "+id+" under account 123456789012 not found.")
	}
	r.ctx = mine
	require.NoError(t, call(r, &arn))
}

func TestDescribeChannel(t *testing.T) {
	channelAddressing(t, func(r *room, arn *string) error {
		_, err := r.DescribeChannel(r.ctx, &kinesis.DescribeChannelInput{ChannelARN: arn})
		return err
	})
}
