package shards

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/caller"
)

func TestListStreams(t *testing.T) {
	list := func(r *room, in kinesis.ListStreamsInput) *kinesis.ListStreamsOutput {
		t.Helper()
		out, err := r.ListStreams(r.ctx, &in)
		require.NoError(t, err)
		return out
	}
	t.Run("none", func(t *testing.T) {
		require.Equal(t, &kinesis.ListStreamsOutput{StreamNames: []string{}, StreamSummaries: []types.StreamSummary{}, HasMoreStreams: aws.Bool(false)},
			list(open(t), kinesis.ListStreamsInput{}))
	})
	t.Run("by name, in every status", func(t *testing.T) {
		r := open(t, lasting(minute))
		r.create("b", 1)
		r.create("B", 1)
		r.clock.Step(minute)
		r.createOnDemand("a")
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("b")})
		require.NoError(t, err)
		out := list(r, kinesis.ListStreamsInput{})
		require.Equal(t, []string{"B", "a", "b"}, out.StreamNames)
		require.Nil(t, out.NextToken)
		require.Equal(t, types.StreamSummary{
			StreamName: aws.String("a"), StreamARN: streamARN("a"), StreamStatus: types.StreamStatusCreating,
			StreamModeDetails:       &types.StreamModeDetails{StreamMode: types.StreamModeOnDemand},
			StreamCreationTimestamp: aws.Time(testStart().Add(minute)),
		}, out.StreamSummaries[1])
		require.Equal(t, types.StreamStatusDeleting, out.StreamSummaries[2].StreamStatus)
	})
	t.Run("pages by name and by token", func(t *testing.T) {
		r := open(t)
		for i := range 105 {
			r.create(fmt.Sprintf("s%03d", i), 1)
		}
		first := list(r, kinesis.ListStreamsInput{Limit: aws.Int32(10000)})
		require.Len(t, first.StreamNames, 100)
		require.True(t, *first.HasMoreStreams)
		rest := list(r, kinesis.ListStreamsInput{NextToken: first.NextToken})
		require.Equal(t, []string{"s100", "s101", "s102", "s103", "s104"}, rest.StreamNames)
		require.Len(t, rest.StreamSummaries, 5)
		require.False(t, *rest.HasMoreStreams)
		require.Equal(t, rest.StreamNames, list(r, kinesis.ListStreamsInput{ExclusiveStartStreamName: aws.String("s099x")}).StreamNames)
		two := list(r, kinesis.ListStreamsInput{NextToken: first.NextToken, ExclusiveStartStreamName: aws.String("a"), Limit: aws.Int32(2)})
		require.Equal(t, []string{"s100", "s101"}, two.StreamNames)
	})
	t.Run("tokens", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		r.create("b", 1)
		token := list(r, kinesis.ListStreamsInput{Limit: aws.Int32(1)}).NextToken
		_, err := r.ListStreams(r.ctx, &kinesis.ListStreamsInput{NextToken: aws.String("forged")})
		requireError(t, err, codeArgument, "Invalid NextToken.")
		other := caller.With(context.Background(), caller.Caller{Account: "210987654321", Region: testRegion})
		_, err = r.ListStreams(other, &kinesis.ListStreamsInput{NextToken: token})
		requireError(t, err, codeArgument, "Invalid NextToken.")
		r.clock.Step(300 * time.Second)
		require.Equal(t, []string{"b"}, list(r, kinesis.ListStreamsInput{NextToken: token}).StreamNames)
		r.clock.Step(time.Second)
		_, err = r.ListStreams(r.ctx, &kinesis.ListStreamsInput{NextToken: token})
		requireError(t, err, "ExpiredNextTokenException", "NextToken expired. The token was created at time Fri Nov 20 10:00:00 UTC 2026 while right now it is Fri Nov 20 10:05:01 UTC 2026 which is further in the future than the tolerated delay of 300000 milliseconds.")
	})
	t.Run("each account and region has its own", func(t *testing.T) {
		r := open(t)
		r.create("a", 1)
		for _, c := range []caller.Caller{{Account: "210987654321", Region: testRegion}, {Account: testAccount, Region: "eu-west-1"}} {
			out, err := r.ListStreams(caller.With(context.Background(), c), &kinesis.ListStreamsInput{})
			require.NoError(t, err)
			require.Empty(t, out.StreamNames)
		}
	})
}
