package firehose

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"
	"github.com/stretchr/testify/require"
)

func TestListDeliveryStreams(t *testing.T) {
	r := newRig(t)
	for i := range 12 {
		r.create(fmt.Sprintf("s%02d", i), nil)
	}
	list := func(in firehose.ListDeliveryStreamsInput) ([]string, bool) {
		out, err := r.ListDeliveryStreams(r.ctx, &in)
		require.NoError(t, err)
		return out.DeliveryStreamNames, *out.HasMoreDeliveryStreams
	}
	names, more := list(firehose.ListDeliveryStreamsInput{})
	require.Len(t, names, 10)
	require.True(t, more)
	names, more = list(firehose.ListDeliveryStreamsInput{ExclusiveStartDeliveryStreamName: aws.String("s09")})
	require.Equal(t, []string{"s10", "s11"}, names)
	require.False(t, more)
	names, _ = list(firehose.ListDeliveryStreamsInput{ExclusiveStartDeliveryStreamName: aws.String("s095"), Limit: aws.Int32(1)})
	require.Equal(t, []string{"s10"}, names)
	names, _ = list(firehose.ListDeliveryStreamsInput{DeliveryStreamType: types.DeliveryStreamTypeKinesisStreamAsSource})
	require.Empty(t, names)
}
