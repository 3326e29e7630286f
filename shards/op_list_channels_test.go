package shards

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

func TestListChannels(t *testing.T) {
	r := open(t).delivers(newBuckets("lake"))
	list := func(in *kinesis.ListChannelsInput) (names []string, token *string) {
		out, err := r.ListChannels(r.ctx, in)
		require.NoError(t, err)
		for _, c := range out.ChannelSummaries {
			names = append(names, *c.ChannelName)
		}
		return names, out.NextToken
	}
	names, _ := list(&kinesis.ListChannelsInput{})
	require.Empty(t, names)
	for i := range 5 {
		r.createOnDemand(fmt.Sprint("s", i))
		r.channel(fmt.Sprint("c", 5-i), fmt.Sprint("s", i))
	}
	names, token := list(&kinesis.ListChannelsInput{})
	require.Equal(t, []string{"c1", "c2", "c3", "c4", "c5"}, names)
	require.Nil(t, token)
	var paged []string
	for page := (&kinesis.ListChannelsInput{MaxResults: aws.Int32(2)}); ; {
		names, token := list(page)
		paged = append(paged, names...)
		if page.NextToken = token; token == nil {
			break
		}
		require.Len(t, names, 2)
	}
	require.Equal(t, names, paged)

	t.Run("what a summary shows", func(t *testing.T) {
		out, err := r.ListChannels(r.ctx, &kinesis.ListChannelsInput{MaxResults: aws.Int32(1)})
		require.NoError(t, err)
		got := out.ChannelSummaries[0]
		require.Equal(t, types.ChannelSummary{
			ChannelName: aws.String("c1"), ChannelId: got.ChannelId, ChannelARN: aws.String("arn:aws:kinesis:us-east-1:123456789012:channel/" + *got.ChannelId),
			ChannelStatus: types.ChannelStatusActive, ChannelCreationTimestamp: aws.Time(testStart()), ChannelDestinationType: types.ChannelDestinationTypeS3,
			Streams: []types.ChannelStreamIdentifier{{StreamARN: streamARN("s4"), StreamCreationTimestamp: aws.Time(testStart())}},
		}, got)
	})
	t.Run("by stream", func(t *testing.T) {
		filter := func(f ...types.StreamFilter) []string {
			names, _ := list(&kinesis.ListChannelsInput{StreamFilter: f})
			return names
		}
		require.Equal(t, []string{"c5"}, filter(types.StreamFilter{StreamARN: streamARN("s0")}))
		require.Equal(t, []string{"c4", "c5"}, filter(types.StreamFilter{StreamARN: streamARN("s0")}, types.StreamFilter{StreamARN: streamARN("s1")}))
		require.Empty(t, filter(types.StreamFilter{StreamARN: streamARN("nope")}))
		require.Equal(t, []string{"c5"}, filter(types.StreamFilter{StreamARN: streamARN("s0"), StreamCreationTimestamp: aws.Time(testStart())}))
		require.Empty(t, filter(types.StreamFilter{StreamARN: streamARN("s0"), StreamCreationTimestamp: aws.Time(testStart().Add(time.Second))}))
	})
	t.Run("tokens", func(t *testing.T) {
		_, token := list(&kinesis.ListChannelsInput{MaxResults: aws.Int32(1)})
		_, err := r.ListChannels(r.ctx, &kinesis.ListChannelsInput{NextToken: aws.String("x")})
		requireError(t, err, codeArgument, "Invalid NextToken.")
		r.clock.Step(301 * time.Second)
		_, err = r.ListChannels(r.ctx, &kinesis.ListChannelsInput{NextToken: token})
		require.Equal(t, "ExpiredNextTokenException", codeOf(err))
	})
	t.Run("one's own only, and the counts of the account", func(t *testing.T) {
		limits, err := r.DescribeLimits(r.ctx, &kinesis.DescribeLimitsInput{})
		require.NoError(t, err)
		require.EqualValues(t, 5, *limits.ChannelCount)
		require.EqualValues(t, 100, *limits.ChannelCountLimit)
		other := caller.With(r.ctx, caller.Caller{Account: testAccount, Region: "eu-west-1"})
		out, err := r.ListChannels(other, &kinesis.ListChannelsInput{})
		require.NoError(t, err)
		require.Empty(t, out.ChannelSummaries)
		limits, err = r.DescribeLimits(other, &kinesis.DescribeLimitsInput{})
		require.NoError(t, err)
		require.EqualValues(t, 0, *limits.ChannelCount)
	})
}
