package shards

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"

	"sluice/internal/access"
	"sluice/internal/caller"
	"sluice/internal/policy"
)

// shared are the operations that the policy of a stream, or of a consumer, can
// open to other accounts; the rest is the owner's alone. Source: "Sharing access
// using resource-based policies" in the developer guide. It is read-only.
var shared = map[string]struct{ stream, consumer bool }{
	"DescribeStream":         {stream: true},
	"DescribeStreamConsumer": {stream: true, consumer: true},
	"DescribeStreamSummary":  {stream: true},
	"GetRecords":             {stream: true},
	"GetShardIterator":       {stream: true},
	"ListShards":             {stream: true},
	"ListStreamConsumers":    {stream: true},
	"PutRecord":              {stream: true},
	"PutRecords":             {stream: true},
	"SubscribeToShard":       {consumer: true},
}

// reach returns the stream that a caller asks for, nil when there is none. One
// of another account is reached as far as its policy goes; whether there is a
// stream without a policy is not told. Of another region there is none.
func (s *Streams) reach(ctx context.Context, k streamKey) (*stream, error) {
	return s.reachAs(ctx, k, nil)
}

// reachAs is reach for what one consumer of the stream is asked for.
func (s *Streams) reachAs(ctx context.Context, k streamKey, consumer *consumerRef) (*stream, error) {
	who, known := caller.From(ctx)
	if !known {
		who.Account, who.Region = s.config.Account, s.config.Region
	}
	own := who.Account == k.account
	if who.Region != k.region || !own && (who.Ask == nil || who.Ask.Operation() == "") {
		return nil, nil
	}
	s.mu.RLock()
	st := s.streams[k]
	s.mu.RUnlock()
	if own && (st == nil || who.Identity() == nil) {
		return st, nil
	}
	return st, s.permit(who, k, st, consumer)
}

// permit asks the policies whether the caller's operation may be done.
func (s *Streams) permit(who caller.Caller, k streamKey, st *stream, consumer *consumerRef) error {
	operation, resource, text := who.Ask.Operation(), k.arn().String(), ""
	opened := shared[operation].stream
	if consumer != nil {
		opened = shared[operation].consumer
		resource = k.arn().WithConsumer(consumer.Name, consumer.Created/1000).String()
	}
	if st != nil {
		state := st.view.Load().state
		text = state.Policy
		if consumer != nil {
			text = ""
			if c := state.registered(consumer); c != nil {
				text = c.Policy
			}
		}
	}
	var doc *policy.Document
	if opened || who.Account == k.account {
		doc = s.policies.Read(text)
	}
	if consumer != nil && operation == "DescribeStreamConsumer" && doc == nil && st != nil {
		doc = s.policies.Read(st.view.Load().state.Policy)
	}
	return denied(access.Ask(who, "kinesis:"+operation, resource).Of(k.account, doc))
}

// denied turns a denial into the service's error.
func denied(err error) error {
	var d *access.Denial
	if errors.As(err, &d) {
		return &types.AccessDeniedException{Message: aws.String(d.Error())}
	}
	return err
}

// understood refuses a policy that could not be applied as it is meant.
func understood(text string) error {
	if !policy.HasStatements([]byte(text)) {
		return nil
	}
	if _, err := policy.Parse(policy.Resource, []byte(text)); err != nil {
		return errPolicyText(err)
	}
	return nil
}
