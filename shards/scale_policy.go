package shards

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ScalingTag is the tag that has a provisioned stream scale by itself. Its
// value is the text of a ScalingPolicy.
const ScalingTag = "sluice:autoscale"

// ScalingPolicy says how a provisioned stream scales by itself.
type ScalingPolicy struct {
	// Min and Max bound the number of open shards.
	Min, Max int
	// Target is the fraction of a shard's write rate that shards are split above.
	Target float64
	// CoolDown is how long neighbours must have been cold to be merged.
	CoolDown time.Duration
}

// Defaults and bounds of a policy.
const (
	defaultTarget   = 0.7
	defaultCoolDown = 5 * time.Minute
	leastTarget     = 0.05
	leastCoolDown   = 10 * time.Second
	mostCoolDown    = 30 * day
)

// On-demand streams. Half of a shard's rate leaves room for twice the load.
const (
	onDemandMost     = 200 // shards, so MiB a second
	onDemandTarget   = 0.5
	onDemandCoolDown = day
	onDemandPace     = 15 * time.Minute
	mostWindow       = time.Minute
	leastWindow      = 10 * time.Second
)

// PolicyError says what is wrong with a policy.
type PolicyError struct{ Problem string }

// Error implements error.
func (e *PolicyError) Error() string { return "scaling policy: " + e.Problem }

// Hint shows what a policy looks like.
func (e *PolicyError) Hint() string {
	return `a policy needs max and may have min (1), target (0.7) and cooldown (5m); as a tag: ` + ScalingTag + `="min=2 max=16 target=0.7 cooldown=5m"`
}

func badPolicy(format string, args ...any) error {
	return &PolicyError{fmt.Sprintf(format, args...)}
}

// WithDefaults fills the fields that were left zero.
func (p ScalingPolicy) WithDefaults() ScalingPolicy {
	if p.Min == 0 {
		p.Min = 1
	}
	if p.Target == 0 {
		p.Target = defaultTarget
	}
	if p.CoolDown == 0 {
		p.CoolDown = defaultCoolDown
	}
	return p
}

// Validate refuses a policy that cannot be followed; the error is a
// *PolicyError.
func (p ScalingPolicy) Validate() error {
	switch {
	case p.Max == 0:
		return badPolicy("max is missing")
	case p.Min < 1:
		return badPolicy("min is %d, the least is 1", p.Min)
	case p.Max > scaleLimit:
		return badPolicy("max is %d, the most is %d", p.Max, scaleLimit)
	case p.Max < p.Min:
		return badPolicy("max is %d, less than min, which is %d", p.Max, p.Min)
	case !(p.Target >= leastTarget && p.Target <= 1):
		return badPolicy("target is %v, it must lie between %v and 1", p.Target, leastTarget)
	case p.CoolDown < leastCoolDown || p.CoolDown > mostCoolDown:
		return badPolicy("cooldown is %v, it must lie between %s and %s", p.CoolDown, duration(leastCoolDown), duration(mostCoolDown))
	}
	return nil
}

// String is the policy as a tag has it.
func (p ScalingPolicy) String() string {
	return fmt.Sprintf("min=%d max=%d target=%s cooldown=%s", p.Min, p.Max,
		strconv.FormatFloat(p.Target, 'g', -1, 64), duration(p.CoolDown))
}

// ParseScalingPolicy reads what String writes, in any order; only max must be
// there. The error is a *PolicyError. A tag cannot hold commas, so spaces
// stand between the members.
func ParseScalingPolicy(text string) (ScalingPolicy, error) {
	var p ScalingPolicy
	seen := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			return p, badPolicy("%q is not name=value", word)
		}
		if seen[name] {
			return p, badPolicy("%s is there twice", name)
		}
		seen[name] = true
		if err := p.set(name, value); err != nil {
			return p, err
		}
	}
	p = p.WithDefaults()
	return p, p.Validate()
}

func (p *ScalingPolicy) set(name, value string) (err error) {
	switch name {
	case "min":
		p.Min, err = positive(value)
	case "max":
		p.Max, err = positive(value)
	case "target":
		if p.Target, err = strconv.ParseFloat(value, 64); err != nil || p.Target == 0 {
			return badPolicy("target %q is not a fraction such as 0.7", value)
		}
	case "cooldown":
		if p.CoolDown, err = time.ParseDuration(value); err != nil || p.CoolDown == 0 {
			return badPolicy("cooldown %q is not a duration such as 5m", value)
		}
	default:
		return badPolicy("%q is unknown; there are min, max, target and cooldown", name)
	}
	if err != nil {
		return badPolicy("%s %q is not a number of shards", name, value)
	}
	return nil
}

func positive(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err == nil && n < 1 {
		err = strconv.ErrRange
	}
	return n, err
}

// checkPolicyTag refuses a policy in a stream's tags that cannot be followed.
func checkPolicyTag(tags map[string]string) error {
	text, ok := tags[ScalingTag]
	if !ok {
		return nil
	}
	_, err := ParseScalingPolicy(text)
	if err != nil {
		return errPolicyTag(err)
	}
	return nil
}

func errPolicyTag(problem error) error {
	return invalid("The tag %s cannot be followed: %v.", ScalingTag, problem)
}

// storedPolicy is a policy that was set by other means than a tag.
type storedPolicy struct {
	Min      int     `json:"min"`
	Max      int     `json:"max"`
	Target   float64 `json:"target"`
	CoolDown int64   `json:"coolDown"` // milliseconds
}

// ownPolicy is what a provisioned stream is to follow: what was set for it, or
// else its tag. ok is false without either.
func (st *streamState) ownPolicy() (p ScalingPolicy, source string, ok bool) {
	if o := st.Scaling; o != nil {
		return ScalingPolicy{Min: o.Min, Max: o.Max, Target: o.Target, CoolDown: time.Duration(o.CoolDown) * time.Millisecond}, sourceSet, true
	}
	if text, tagged := st.Tags[ScalingTag]; tagged {
		if p, err := ParseScalingPolicy(text); err == nil {
			return p, sourceTag, true
		}
	}
	return ScalingPolicy{}, "", false
}

// Where a policy comes from.
const (
	sourceSet      = "set" // by the admin API, the settings file or SetScaling
	sourceTag      = "tag"
	sourceOnDemand = "on-demand"
)

// scalePolicy is what the stream is scaled by, nil when it is not.
func (st *streamState) scalePolicy() *scalePolicy {
	if st.Mode == modeOnDemand {
		warm := max(st.Warm.Target, st.Warm.Current)
		return &scalePolicy{min: max(onDemandShards, st.Warm.Target), max: max(onDemandMost, warm),
			target: onDemandTarget, coolDown: onDemandCoolDown, window: mostWindow, pace: onDemandPace}
	}
	p, _, ok := st.ownPolicy()
	if !ok {
		return nil
	}
	return &scalePolicy{min: p.Min, max: p.Max, target: p.Target, coolDown: p.CoolDown,
		window: max(leastWindow, min(mostWindow, p.CoolDown/5)).Truncate(time.Second)}
}

// setScaling sets or removes a policy.
type setScaling struct {
	Policy *storedPolicy `json:"policy,omitempty"`
}

func (*setScaling) kind() string { return "scaling" }

func (c *setScaling) apply(st *streamState, _ time.Time) error {
	st.Scaling = c.Policy
	return nil
}
