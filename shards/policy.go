package shards

import (
	"context"
	"encoding/json"
	"time"
)

// policySize bounds a stored policy: every change of a stream rewrites it.
// 20 KB is what IAM allows a resource policy elsewhere.
const policySize = 20 << 10

// setPolicy replaces the policy of a stream or of one of its consumers; an
// empty one is none.
type setPolicy struct {
	Consumer *consumerRef `json:"consumer,omitempty"`
	Policy   string       `json:"policy,omitempty"`
}

func (*setPolicy) kind() string { return "policy" }

func (c *setPolicy) apply(st *streamState, _ time.Time) error {
	if c.Consumer == nil {
		st.Policy = c.Policy
		return nil
	}
	if owner := st.registered(c.Consumer); owner != nil {
		owner.Policy = c.Policy
	}
	return nil
}

// policy returns what a view shows.
func (r resource) policy(v *view) (string, error) {
	if r.consumer == nil {
		return v.state.Policy, nil
	}
	c, err := v.consumer(r.stream.key, r.consumer)
	if err != nil {
		return "", err
	}
	return c.Policy, nil
}

// changePolicy gives a resource that is ACTIVE the policy that decide returns.
func (s *Streams) changePolicy(ctx context.Context, arn *string, decide func(r resource, v *view) (string, error)) error {
	r, err := s.resource(ctx, arn)
	if err != nil {
		return err
	}
	return s.change(ctx, r.stream, func(v *view, _ time.Time) (command, error) {
		if err := r.ready(v); err != nil {
			return nil, err
		}
		policy, err := decide(r, v)
		if err != nil {
			return nil, err
		}
		return &setPolicy{Consumer: r.consumer, Policy: policy}, nil
	})
}

// checkPolicy takes a JSON object. Statements that cannot be understood are
// refused here, so that none is passed over when somebody calls; an object
// without statements is kept, and allows nothing.
func checkPolicy(policy string) error {
	if len(policy) > policySize {
		return errPolicySize()
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(policy), &object); err != nil || object == nil {
		return errPolicyForm()
	}
	return understood(policy)
}
