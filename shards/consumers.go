package shards

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/arn"
)

// How many consumers there may be.
const (
	consumersPerStream   = 20
	consumersOfAdvantage = 50 // on-demand stream, account with the commitment
	creatingConsumers    = 5  // of an account at the same time
)

// registerConsumer adds a consumer in CREATING.
type registerConsumer struct {
	Name    string            `json:"name"`
	Created int64             `json:"created"`
	Due     int64             `json:"due"`
	Tags    map[string]string `json:"tags,omitempty"`
}

func (*registerConsumer) kind() string { return "register" }

func (c *registerConsumer) apply(st *streamState, at time.Time) error {
	st.Consumers = append(st.Consumers, consumer{
		Name: c.Name, Created: c.Created, Status: statusCreating, Due: c.Due, Tags: c.Tags,
	})
	st.forget(at)
	return nil
}

// deregisterConsumer puts a consumer into DELETING.
type deregisterConsumer struct {
	Consumer consumerRef `json:"consumer"`
	Due      int64       `json:"due"`
}

func (*deregisterConsumer) kind() string { return "deregister" }

func (c *deregisterConsumer) apply(st *streamState, at time.Time) error {
	i := st.findConsumer(c.Consumer.Name)
	if i < 0 || st.Consumers[i].Created != c.Consumer.Created {
		return nil
	}
	st.Consumers[i].Status, st.Consumers[i].Due = statusDeleting, c.Due
	st.retire(c.Consumer, at)
	return nil
}

// retire remembers a registration that ends in the second it was made in (or
// before, see registration): a successor of the same name must get an ARN of
// its own, and ARNs count seconds.
func (st *streamState) retire(ref consumerRef, at time.Time) {
	st.forget(at)
	if ref.Created >= wholeSecond(at) {
		if st.Retired == nil {
			st.Retired = map[string]int64{}
		}
		st.Retired[ref.Name] = ref.Created
	}
}

// forget drops what no new registration can collide with.
func (st *streamState) forget(at time.Time) {
	for name, created := range st.Retired {
		if created < wholeSecond(at) {
			delete(st.Retired, name)
		}
	}
}

// registration is when a consumer that is registered now says it was created:
// this second, or the one after its predecessor's.
func (st *streamState) registration(name string, now time.Time) int64 {
	created := wholeSecond(now)
	if last, ok := st.Retired[name]; ok && last >= created {
		created = last + time.Second.Milliseconds()
	}
	return created
}

func wholeSecond(t time.Time) int64 { return millis(t.Truncate(time.Second)) }

// consumerARN is the stream's ARN, the name and the second of creation.
func (k streamKey) consumerARN(c *consumer) string {
	return k.arn().WithConsumer(c.Name, c.Created/1000).String()
}

// shape is the consumer as registrations and listings show it.
func (c *consumer) shape(k streamKey) types.Consumer {
	return types.Consumer{
		ConsumerName:              aws.String(c.Name),
		ConsumerARN:               aws.String(k.consumerARN(c)),
		ConsumerStatus:            types.ConsumerStatus(c.Status),
		ConsumerCreationTimestamp: aws.Time(timeOf(c.Created)),
	}
}

// description is shape for DescribeStreamConsumer.
func (c *consumer) description(k streamKey) *types.ConsumerDescription {
	shape := c.shape(k)
	return &types.ConsumerDescription{
		ConsumerName: shape.ConsumerName, ConsumerARN: shape.ConsumerARN, ConsumerStatus: shape.ConsumerStatus,
		ConsumerCreationTimestamp: shape.ConsumerCreationTimestamp, StreamARN: aws.String(k.arn().String()),
	}
}

// findsConsumer addresses a consumer: by its ARN, by stream and name, or by
// all three when they agree.
type findsConsumer struct{ streamARN, name, consumerARN *string }

// resolveConsumer returns the stream of a consumer and what its view shows.
func (s *Streams) resolveConsumer(ctx context.Context, f findsConsumer) (*stream, *consumer, error) {
	if f.consumerARN != nil {
		return s.consumerByARN(ctx, f)
	}
	if f.streamARN == nil || f.name == nil {
		return nil, nil, errWhichConsumer()
	}
	st, err := s.resolve(ctx, nil, f.streamARN)
	if err != nil {
		return nil, nil, err
	}
	state := st.view.Load().state
	i := state.findConsumer(*f.name)
	if i < 0 {
		return nil, nil, errNoConsumer(st.key, *f.name)
	}
	return st, &state.Consumers[i], nil
}

func (s *Streams) consumerByARN(ctx context.Context, f findsConsumer) (*stream, *consumer, error) {
	named, err := arn.Parse(*f.consumerARN)
	if err != nil || named.Kind != arn.Consumer {
		return nil, nil, errWhichConsumer()
	}
	if f.name != nil && *f.name != named.Consumer {
		return nil, nil, errTwoConsumers()
	}
	if f.streamARN != nil {
		if k, err := s.identify(ctx, nil, f.streamARN); err != nil || k != keyOf(named) {
			return nil, nil, errTwoConsumers()
		}
	}
	r, err := s.resource(ctx, f.consumerARN)
	if err != nil {
		return nil, nil, err
	}
	c, err := r.stream.view.Load().consumer(r.stream.key, r.consumer)
	return r.stream, c, err
}

// consumerLimit is how many consumers a stream may have.
func (s *Streams) consumerLimit(k streamKey, st *streamState) int {
	if st.Mode == modeOnDemand && s.committed(k) {
		return consumersOfAdvantage
	}
	return consumersPerStream
}

// creatingCount counts the consumers in CREATING of an account and region.
func (s *Streams) creatingCount(k streamKey) int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	n := 0
	for key, st := range s.streams {
		if key.scope() != k.scope() {
			continue
		}
		for _, c := range st.view.Load().state.Consumers {
			if c.Status == statusCreating {
				n++
			}
		}
	}
	return n
}

// byName returns the consumers after a name, in the order of names.
func byName(consumers []consumer, after string) []consumer {
	var out []consumer
	for _, c := range consumers {
		if c.Name > after {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b consumer) int { return strings.Compare(a.Name, b.Name) })
	return out
}
