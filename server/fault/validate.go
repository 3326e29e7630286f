package fault

import (
	"fmt"
	"regexp"
	"time"
)

// Bounds of a rule.
const (
	// MaxRules is how many rules there can be.
	MaxRules     = 100
	maxLatency   = time.Hour
	maxText      = 4096
	statusLeast  = 400
	statusMost   = 599
	maxKeyLength = 256
)

var (
	idForm      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)
	nameForm    = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,128}$`)
	shardForm   = regexp.MustCompile(`^shardId-\d{12}$`)
	accountForm = regexp.MustCompile(`^\d{12}$`)
	regionForm  = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	codeForm    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9.]{0,127}$`)
)

// Validate looks at the form of a rule: what can be said without knowing which
// operations there are. The error is a *Refusal.
func (r *Rule) Validate() error {
	if r.ID != "" && !idForm.MatchString(r.ID) {
		return refuse(Malformed, "up to 64 letters, digits, hyphens, dots and underscores are allowed", "id %q cannot be used", r.ID)
	}
	for _, check := range []func() *Refusal{r.Match.check, r.When.check, r.Effect.check} {
		if bad := check(); bad != nil {
			return bad
		}
	}
	return nil
}

func refuse(code, advice, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Message: fmt.Sprintf(format, args...), Advice: advice}
}

// check refuses values that no call can carry.
func (m *Match) check() *Refusal {
	for _, c := range []struct {
		name, value string
		form        *regexp.Regexp
		advice      string
	}{
		{"account", m.Account, accountForm, "an account has 12 digits"},
		{"region", m.Region, regionForm, "a region is written like us-east-1"},
		{"stream", m.Stream, nameForm, "streams are named as in StreamName; account and region have members of their own"},
		{"shard", m.Shard, shardForm, "a shard is written like shardId-000000000000"},
		{"consumer", m.Consumer, nameForm, "consumers are named as in ConsumerName, without the rest of the ARN"},
	} {
		if c.value != "" && !c.form.MatchString(c.value) {
			return refuse(NeverMatches, c.advice, "no call has the %s %q", c.name, c.value)
		}
	}
	if len([]rune(m.PartitionKey)) > maxKeyLength {
		return refuse(NeverMatches, "", "partition keys have at most %d characters", maxKeyLength)
	}
	return nil
}

func (w *When) check() *Refusal {
	given := 0
	for _, there := range []bool{w.Every != 0, w.First != 0, w.Probability != 0} {
		if there {
			given++
		}
	}
	switch {
	case w.After < 0, w.Every < 0, w.First < 0:
		return refuse(Malformed, "calls are counted from 1", "after, every and first cannot be negative")
	case given > 1:
		return refuse(Malformed, "make two rules, or keep the one that matters", "every, first and probability contradict each other; one of them can be given")
	case !(w.Probability >= 0 && w.Probability <= 1):
		return refuse(Malformed, "one call in ten is 0.1", "probability %v is not above 0 and at most 1", w.Probability)
	case w.Seed != 0 && w.Probability == 0:
		return refuse(Malformed, "add a probability, or leave the seed out", "a seed is for the dice of probability, which is not given")
	}
	return nil
}

func (e *Effect) check() *Refusal {
	given := 0
	for _, there := range []bool{e.Error != nil, e.Throttle, e.Latency != 0, e.FailRecords != nil, e.Reset != "",
		e.Truncate, e.BytesPerSecond != 0, e.ExpireIterator, e.EndSubscription != nil} {
		if there {
			given++
		}
	}
	if given != 1 {
		return refuse(Malformed, "effects are error, throttle, latency, failRecords, reset, truncate, bytesPerSecond, expireIterator and endSubscription; "+
			"make a rule for each", "exactly one effect is needed, %d are given", given)
	}
	switch {
	case e.Latency < 0 || e.Latency > maxLatency:
		return refuse(Malformed, "", "latency %v is not between 0 and %v", e.Latency, maxLatency)
	case e.BytesPerSecond < 0:
		return refuse(Malformed, "", "bytesPerSecond cannot be negative")
	case e.Reset != "" && e.Reset != Before && e.Reset != After:
		return refuse(Malformed, "before the call runs, or after it has taken effect", `reset is "before" or "after", not %q`, e.Reset)
	}
	return e.checkParts()
}

func (e *Effect) checkParts() *Refusal {
	if a := e.Error; a != nil {
		switch {
		case !codeForm.MatchString(a.Code):
			return refuse(Malformed, "for example ResourceInUseException, InternalFailure or ServiceUnavailable", "the error needs a code, and %q is none", a.Code)
		case a.Status != 0 && (a.Status < statusLeast || a.Status > statusMost):
			return refuse(Malformed, "leave it out for the status that the service gives this error", "status %d is no error; %d to %d are", a.Status, statusLeast, statusMost)
		case len(a.Message) > maxText:
			return refuse(Malformed, "", "the message has more than %d bytes", maxText)
		}
	}
	if f := e.FailRecords; f != nil {
		switch {
		case f.Every < 0:
			return refuse(Malformed, "3 fails every third record; without it all fail", "failRecords.every cannot be negative")
		case f.Code != "" && !codeForm.MatchString(f.Code):
			return refuse(Malformed, "for example ProvisionedThroughputExceededException; without one it is InternalFailure", "%q is no error code", f.Code)
		}
	}
	if s := e.EndSubscription; s != nil {
		switch {
		case s.How != "" && s.How != Clean && s.How != Reset:
			return refuse(Malformed, "clean is the end after five minutes, reset a broken connection", `a subscription ends "clean" or by "reset", not %q`, s.How)
		case s.Events < 0:
			return refuse(Malformed, "0 ends it before its first event", "endSubscription.events cannot be negative")
		}
	}
	return nil
}
