package shards

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// refuses holds an operation on channels to its answer.
func refuses(t *testing.T, err error, operation string) {
	t.Helper()
	requireError(t, err, codeArgument, operation+" is not available: Sluice does not deliver channels. Nothing was changed.")
}

func TestChannels(t *testing.T) {
	r := open(t)
	r.create("a", 1)
	r.createOnDemand("b")
	before, err := r.ListStreams(r.ctx, &kinesis.ListStreamsInput{})
	require.NoError(t, err)
	create := func(stream string) error {
		_, err := r.CreateChannel(r.ctx, &kinesis.CreateChannelInput{ChannelName: aws.String("c"),
			StreamConfigurationList: []types.ChannelStreamConfiguration{{StreamARN: streamARN(stream)}}})
		return err
	}
	t.Run("case 83 CreateChannel on a provisioned stream", func(t *testing.T) {
		refuses(t, create("a"), "CreateChannel")
	})
	t.Run("on an on-demand stream too", func(t *testing.T) {
		refuses(t, create("b"), "CreateChannel")
	})
	t.Run("nothing was changed", func(t *testing.T) {
		after, err := r.ListStreams(r.ctx, &kinesis.ListStreamsInput{})
		require.NoError(t, err)
		require.Equal(t, before, after)
		require.Nil(t, r.summary("b").ChannelCount)
	})
}
