package fault

import (
	"slices"
	"time"

	"sluice/internal/dice"
)

// Call is what rules want to know of a call.
type Call struct {
	Target          *Target
	Account, Region string
	// InProcess calls have no bytes that could be slow.
	InProcess bool
	// Subject tells what the call is about. It is asked at most once, when a
	// rule wants to know.
	Subject func() Subject
	until   uint64 // number of the newest rule that Judge asks; 0: of all
}

// Subject is what a call is about, as far as it is known.
type Subject struct {
	Stream, Consumer string
	// Shards and Keys are those that the call names; of a batch those of each
	// record, in order, with empty texts where there is none.
	Shards, Keys []string
	// Records is the size of a batch.
	Records int
}

// Verdict is what is to happen to a call.
type Verdict struct {
	// Fired are the ids of the rules that struck.
	Fired []string
	// Latency holds the call back first.
	Latency time.Duration
	// Of these one at most is set: it answers in the call's stead.
	Error          *Error
	Throttle       bool
	ExpireIterator bool
	ResetBefore    bool
	// Records are the codes of records that fail; an empty one is the
	// operation's own refusal of records that come too often.
	Records map[int]string
	// What follows happens to the answer.
	ResetAfter      bool
	Truncate        bool
	BytesPerSecond  int64
	EndSubscription *End
}

// final reports whether no further rule need be asked.
func (v *Verdict) final() bool {
	return v.Error != nil || v.Throttle || v.ExpireIterator || v.ResetBefore
}

// Judge asks the rules and counts. It returns nil when none strikes.
func (s *Set) Judge(c *Call) *Verdict {
	var v *Verdict
	var about *Subject
	for _, a := range s.all() {
		if !a.concerns(c) || c.until > 0 && a.born > c.until {
			continue
		}
		if about == nil && a.curious() {
			subject := c.Subject()
			about = &subject
		}
		if !a.Match.fits(about) {
			continue
		}
		if !a.due(a.seen.Add(1)) {
			continue
		}
		if v == nil {
			v = new(Verdict)
		}
		if a.strike(v, c.Target, about) {
			a.fired.Add(1)
			v.Fired = append(v.Fired, a.ID)
		}
		if v.final() {
			break
		}
	}
	if v == nil || len(v.Fired) == 0 {
		return nil
	}
	return v
}

// concerns reports whether a rule may be about a call, by what is known before
// anybody looks into it.
func (a *active) concerns(c *Call) bool {
	return a.covers(c.Target) && a.Match.fitsCaller(c) && !(c.InProcess && a.Effect.BytesPerSecond > 0)
}

// curious rules need to know what the call is about.
func (a *active) curious() bool {
	m := &a.Match
	return m.Stream != "" || m.Shard != "" || m.PartitionKey != "" || m.Consumer != "" || a.Effect.FailRecords != nil || a.Effect.Throttle
}

func (m *Match) fitsCaller(c *Call) bool {
	return (m.Account == "" || m.Account == c.Account) && (m.Region == "" || m.Region == c.Region)
}

// fits compares what the call is about. about is nil when nobody had to ask.
func (m *Match) fits(about *Subject) bool {
	switch {
	case about == nil:
		return true
	case m.Stream != "" && m.Stream != about.Stream, m.Consumer != "" && m.Consumer != about.Consumer:
		return false
	case about.Records > 0 && (m.Shard != "" || m.PartitionKey != ""):
		for i := range about.Records {
			if m.fitsRecord(about, i) {
				return true
			}
		}
		return false
	}
	return (m.Shard == "" || slices.Contains(about.Shards, m.Shard)) && (m.PartitionKey == "" || slices.Contains(about.Keys, m.PartitionKey))
}

func (m *Match) fitsRecord(about *Subject, i int) bool {
	has := func(list []string, value string) bool { return value == "" || i < len(list) && list[i] == value }
	return has(about.Shards, m.Shard) && has(about.Keys, m.PartitionKey)
}

// due decides whether the nth call that matched is struck.
func (a *active) due(n int64) bool {
	w := &a.When
	if n -= w.After; n <= 0 {
		return false
	}
	switch {
	case w.First > 0:
		return n <= w.First
	case w.Every > 0:
		return n%w.Every == 0
	case w.Probability > 0:
		return dice.Chance(w.Seed, uint64(n), w.Probability)
	}
	return true
}

// strike adds the effect to the verdict and reports whether there was any: a
// batch may hold none of the records that a rule is to fail.
func (a *active) strike(v *Verdict, t *Target, about *Subject) bool {
	switch e := &a.Effect; {
	case e.Error != nil:
		v.Error = e.Error
	case e.Throttle && t.Batch:
		return a.failRecords(v, about, 1, "")
	case e.Throttle:
		v.Throttle = true
	case e.Latency > 0:
		v.Latency += e.Latency
	case e.FailRecords != nil:
		code := e.FailRecords.Code
		if code == "" {
			code = "InternalFailure"
		}
		return a.failRecords(v, about, max(1, e.FailRecords.Every), code)
	case e.Reset == Before:
		v.ResetBefore = true
	case e.Reset == After:
		v.ResetAfter = true
	case e.Truncate:
		v.Truncate = true
	case e.BytesPerSecond > 0:
		if v.BytesPerSecond == 0 || e.BytesPerSecond < v.BytesPerSecond {
			v.BytesPerSecond = e.BytesPerSecond
		}
	case e.ExpireIterator:
		v.ExpireIterator = true
	case e.EndSubscription != nil:
		if v.EndSubscription == nil || e.EndSubscription.Events < v.EndSubscription.Events {
			v.EndSubscription = e.EndSubscription
		}
	}
	return true
}

// failRecords picks every nth of the matching records. They are counted over
// all batches, so that a client which sends the failed ones again meets the
// rule again.
func (a *active) failRecords(v *Verdict, about *Subject, every int64, code string) bool {
	var matching []int
	for i := range about.Records {
		if a.Match.fitsRecord(about, i) {
			matching = append(matching, i)
		}
	}
	first := a.records.Add(int64(len(matching))) - int64(len(matching))
	struck := false
	for j, i := range matching {
		if (first+int64(j)+1)%every != 0 {
			continue
		}
		if v.Records == nil {
			v.Records = map[int]string{}
		}
		if _, failed := v.Records[i]; !failed {
			v.Records[i] = code
		}
		struck = true
	}
	return struck
}
