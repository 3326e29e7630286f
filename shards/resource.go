package shards

import (
	"context"
	"time"

	"sluice/internal/arn"
)

// resource is what a ResourceARN names: a stream, or one of its consumers.
type resource struct {
	stream   *stream
	consumer *consumerRef // nil: the stream itself
}

// consumerRef names one registration of a consumer. Stored commands carry it,
// so that one that was replaced meanwhile is not mistaken for its successor.
type consumerRef struct {
	Name    string `json:"name"`
	Created int64  `json:"created"` // whole seconds, in milliseconds
}

// refOf is the registration that the ARN of a consumer names.
func refOf(name arn.ARN) *consumerRef {
	return &consumerRef{Name: name.Consumer, Created: millis(time.Unix(name.Created, 0))}
}

// resource returns what a ResourceARN names, as long as it exists. Channels are
// looked for by resolveChannel; what asks here does not work for them.
func (s *Streams) resource(ctx context.Context, text *string) (resource, error) {
	if text == nil {
		return resource{}, errResourceARN()
	}
	name, err := arn.Parse(*text)
	if err != nil {
		return resource{}, errResourceARN()
	}
	k := keyOf(name)
	if name.Kind == arn.Channel {
		if _, _, err := s.resolveChannel(ctx, text); err != nil {
			return resource{}, err
		}
		return resource{}, errResourceARN()
	}
	var ref *consumerRef
	if name.Kind == arn.Consumer {
		ref = refOf(name)
	}
	st, err := s.reachAs(ctx, k, ref)
	switch {
	case err != nil:
		return resource{}, err
	case st == nil:
		return resource{}, errNoStream(k)
	case ref == nil:
		return resource{stream: st}, nil
	}
	if _, err := st.view.Load().consumer(st.key, ref); err != nil {
		return resource{}, err
	}
	return resource{stream: st, consumer: ref}, nil
}

// ready refuses a change of what is not ACTIVE, or is there no more.
func (r resource) ready(v *view) error {
	if r.consumer == nil {
		return v.ready(r.stream.key)
	}
	c, err := v.consumer(r.stream.key, r.consumer)
	if err != nil {
		return err
	}
	if c.Status != statusActive {
		return errConsumerBusy(r.stream.key, c)
	}
	return nil
}

// ready refuses a change while the stream is in another status than ACTIVE.
func (v *view) ready(k streamKey) error {
	if !v.active() {
		return errNotActive(k, v.state.Status)
	}
	return nil
}

// consumer returns a registered consumer.
func (v *view) consumer(k streamKey, ref *consumerRef) (*consumer, error) {
	if c := v.state.registered(ref); c != nil {
		return c, nil
	}
	return nil, errNoConsumer(k, ref.Name)
}

// registered returns what is stored of a consumer, nil when it is not there.
func (st *streamState) registered(ref *consumerRef) *consumer {
	if i := st.findConsumer(ref.Name); i >= 0 && st.Consumers[i].Created == ref.Created {
		return &st.Consumers[i]
	}
	return nil
}
