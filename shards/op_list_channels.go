package shards

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// channelsPerPage is how many channels ListChannels shows at most.
const channelsPerPage = 100

// ListChannels lists the caller's channels in the order of their names, 100 a
// page: all of them, or those of the streams in the filter. A stream that is
// not there has none. A token is good for 300 seconds.
//
// State: real
// Notes: at most 100 channels a page
// Test: TestListChannels
func (s *Streams) ListChannels(ctx context.Context, in *kinesis.ListChannelsInput, _ ...opt) (*kinesis.ListChannelsOutput, error) {
	if err := s.admitCall(ctx, "ListChannels", commonCalls, nil, nil); err != nil {
		return nil, err
	}
	k := s.caller(ctx)
	page := pageToken{}
	if in.NextToken != nil {
		var err error
		if page, err = s.openPageToken(tokenChannels, k, *in.NextToken); err != nil {
			return nil, err
		}
	}
	limit := atMost(in.MaxResults, channelsPerPage)
	out := &kinesis.ListChannelsOutput{ChannelSummaries: []types.ChannelSummary{}}
	for _, c := range s.channelsOf(k, nil) {
		st := c.view.Load().state
		if st.Name <= page.after || !c.matches(in.StreamFilter) {
			continue
		}
		if len(out.ChannelSummaries) == limit {
			page.after = *out.ChannelSummaries[limit-1].ChannelName
			out.NextToken = aws.String(s.sealPageToken(tokenChannels, k, page))
			break
		}
		out.ChannelSummaries = append(out.ChannelSummaries, c.summary(st))
	}
	return out, nil
}

// matches reports whether a channel's stream is one of the filter's. An empty
// filter takes all.
func (c *channel) matches(filter []types.StreamFilter) bool {
	for _, f := range filter {
		created := timeOf(c.stream.view.Load().state.Created)
		if aws.ToString(f.StreamARN) == c.stream.key.arn().String() &&
			(f.StreamCreationTimestamp == nil || sameSecond(*f.StreamCreationTimestamp, created)) {
			return true
		}
	}
	return len(filter) == 0
}
