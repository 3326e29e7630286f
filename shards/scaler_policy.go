package shards

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Scaling tells how a stream scales by itself. The names are those of the
// admin API.
type Scaling struct {
	// Stream is the stream's name, OpenShards what it has now.
	Stream     string `json:"stream"`
	OpenShards int    `json:"openShards"`
	// Source says where the policy comes from: "set", "tag", "on-demand", or
	// "none" when the stream does not scale.
	Source string `json:"source"`
	// Policy is nil without one. That of an on-demand stream cannot be changed.
	Policy *ScalingPolicy `json:"policy"`
	// Next is when the stream is looked at next; nil while there is nothing to
	// look at.
	Next *time.Time `json:"next"`
	// Decisions are the latest, the newest last.
	Decisions []decision `json:"decisions"`
}

// policyForm is a policy in JSON. Times are Go durations.
type policyForm struct {
	Min      int     `json:"min"`
	Max      int     `json:"max"`
	Target   float64 `json:"target"`
	CoolDown string  `json:"cooldown"`
}

// MarshalJSON implements json.Marshaler.
func (p ScalingPolicy) MarshalJSON() ([]byte, error) {
	return json.Marshal(policyForm{p.Min, p.Max, p.Target, duration(p.CoolDown)})
}

// ReadScalingPolicy reads what MarshalJSON writes. It refuses unknown members
// and fills defaults; errors are *PolicyError.
func ReadScalingPolicy(text []byte) (p ScalingPolicy, err error) {
	var form policyForm
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&form); err != nil {
		return p, badPolicy("%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	p = ScalingPolicy{Min: form.Min, Max: form.Max, Target: form.Target}
	if form.CoolDown != "" {
		if err := p.set("cooldown", form.CoolDown); err != nil {
			return p, err
		}
	}
	p = p.WithDefaults()
	return p, p.Validate()
}

// Scaling tells how a stream of the caller scales.
func (s *Streams) Scaling(ctx context.Context, name string) (*Scaling, error) {
	st, err := s.resolve(ctx, &name, nil)
	if err != nil {
		return nil, err
	}
	v := st.view.Load()
	out := &Scaling{Stream: name, OpenShards: len(v.layout.open), Source: "none", Decisions: s.decisions(st.key)}
	if p := v.policy; p != nil && v.state.Mode == modeOnDemand {
		out.Source, out.Policy = sourceOnDemand, &ScalingPolicy{Min: p.min, Max: p.max, Target: p.target, CoolDown: p.coolDown}
	} else if own, source, ok := v.state.ownPolicy(); ok {
		out.Source, out.Policy = source, &own
	}
	st.scaling.mu.Lock()
	defer st.scaling.mu.Unlock()
	if due := st.scaling.due; !due.IsZero() {
		out.Next = &due
	}
	return out, nil
}

// SetScaling has a provisioned stream of the caller scale by a policy. It
// counts before the stream's tag. A policy that cannot be followed is a
// *PolicyError.
func (s *Streams) SetScaling(ctx context.Context, name string, p ScalingPolicy) error {
	p = p.WithDefaults()
	if err := p.Validate(); err != nil {
		return err
	}
	return s.setScaling(ctx, name, &storedPolicy{Min: p.Min, Max: p.Max, Target: p.Target, CoolDown: p.CoolDown.Milliseconds()})
}

// ClearScaling takes back what SetScaling did. A tag counts again.
func (s *Streams) ClearScaling(ctx context.Context, name string) error {
	return s.setScaling(ctx, name, nil)
}

func (s *Streams) setScaling(ctx context.Context, name string, p *storedPolicy) error {
	st, err := s.resolve(ctx, &name, nil)
	if err != nil {
		return err
	}
	return s.change(ctx, st, func(v *view, _ time.Time) (command, error) {
		switch {
		case p == nil && v.state.Scaling == nil:
			return nil, nil
		case p != nil && v.state.Mode == modeOnDemand:
			return nil, &PolicyError{fmt.Sprintf("stream %s is on-demand and scales by the rules of the service", name)}
		case p != nil && v.state.Scaling != nil && *p == *v.state.Scaling:
			return nil, nil
		}
		return &setScaling{Policy: p}, nil
	})
}
