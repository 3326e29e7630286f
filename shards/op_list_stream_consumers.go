package shards

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// consumersPerPage is how many consumers ListStreamConsumers shows at most.
const consumersPerPage = 100

// ListStreamConsumers lists the consumers of a stream in the order of their
// names, 100 a page. A token is good for 300 seconds and for its stream alone,
// also when the name has passed on to another.
//
// State: real
// Notes: at most 100 consumers a page
// Test: TestListStreamConsumers
func (s *Streams) ListStreamConsumers(ctx context.Context, in *kinesis.ListStreamConsumersInput, _ ...opt) (*kinesis.ListStreamConsumersOutput, error) {
	if in.NextToken != nil && in.StreamCreationTimestamp != nil {
		return nil, errTokenAnd("StreamCreationTimestamp")
	}
	st, err := s.resolve(ctx, nil, in.StreamARN)
	if err != nil {
		return nil, err
	}
	if err := s.admitStreamCall(ctx, "ListStreamConsumers", consumerListCalls, st); err != nil {
		return nil, err
	}
	v := st.view.Load()
	if in.StreamCreationTimestamp != nil && !sameSecond(*in.StreamCreationTimestamp, timeOf(v.state.Created)) {
		return nil, errStreamCreated(st.key)
	}
	page := pageToken{stream: st.id}
	if in.NextToken != nil {
		if page, err = s.openPageToken(tokenConsumers, st.key, *in.NextToken); err != nil {
			return nil, err
		}
		if page.stream != st.id {
			return nil, errTokenForm()
		}
	}
	limit := atMost(in.MaxResults, consumersPerPage)
	out := &kinesis.ListStreamConsumersOutput{Consumers: []types.Consumer{}}
	for _, c := range byName(v.state.Consumers, page.after) {
		if len(out.Consumers) == limit {
			page.after = *out.Consumers[limit-1].ConsumerName
			out.NextToken = aws.String(s.sealPageToken(tokenConsumers, st.key, page))
			break
		}
		out.Consumers = append(out.Consumers, c.shape(st.key))
	}
	return out, nil
}

// sameSecond compares as clients can: many drop what is below a second.
func sameSecond(a, b time.Time) bool { return a.Unix() == b.Unix() }
