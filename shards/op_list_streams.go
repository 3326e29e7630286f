package shards

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// streamsPerPage is how many streams ListStreams shows at most.
const streamsPerPage = 100

// ListStreams lists the caller's streams in the order of their names, 100 a
// page, those in CREATING and DELETING too. A page goes on after a name or
// with the token of the page before it; with both, the token counts.
//
// State: real
// Notes: at most 100 streams a page
// Test: TestListStreams
func (s *Streams) ListStreams(ctx context.Context, in *kinesis.ListStreamsInput, _ ...opt) (*kinesis.ListStreamsOutput, error) {
	if err := s.admitCall(ctx, "ListStreams", commonCalls, nil, nil); err != nil {
		return nil, err
	}
	k := s.caller(ctx)
	after := aws.ToString(in.ExclusiveStartStreamName)
	if in.NextToken != nil {
		token, err := s.openPageToken(tokenStreams, k, *in.NextToken)
		if err != nil {
			return nil, err
		}
		after = token.after
	}
	limit := atMost(in.Limit, streamsPerPage)
	out := &kinesis.ListStreamsOutput{StreamNames: []string{}, StreamSummaries: []types.StreamSummary{}, HasMoreStreams: aws.Bool(false)}
	for _, st := range s.streamsAfter(k, after) {
		if len(out.StreamNames) == limit {
			last := out.StreamNames[limit-1]
			out.HasMoreStreams = aws.Bool(true)
			out.NextToken = aws.String(s.sealPageToken(tokenStreams, k, pageToken{after: last}))
			break
		}
		v := st.view.Load()
		out.StreamNames = append(out.StreamNames, st.key.name)
		out.StreamSummaries = append(out.StreamSummaries, types.StreamSummary{
			StreamName:              aws.String(st.key.name),
			StreamARN:               aws.String(st.key.arn().String()),
			StreamStatus:            types.StreamStatus(v.state.Status),
			StreamModeDetails:       &types.StreamModeDetails{StreamMode: types.StreamMode(v.state.Mode)},
			StreamCreationTimestamp: aws.Time(timeOf(v.state.Created)),
		})
	}
	return out, nil
}

// streamsAfter returns the streams of an account and region whose names come
// after one, in order.
func (s *Streams) streamsAfter(k streamKey, after string) []*stream {
	var out []*stream
	s.mu.RLock()
	for key, st := range s.streams {
		if key.scope() == k.scope() && key.name > after {
			out = append(out, st)
		}
	}
	s.mu.RUnlock()
	slices.SortFunc(out, func(a, b *stream) int { return strings.Compare(a.key.name, b.key.name) })
	return out
}
