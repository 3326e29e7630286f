package fault

import (
	"fmt"
	"slices"
	"strings"
)

// Target is an operation as rules see it: what can be matched about it and
// what can happen to it.
type Target struct {
	Service, Operation string
	// Stream, Shard, PartitionKey and Consumer tell which of these a call
	// carries.
	Stream, Shard, PartitionKey, Consumer bool
	// Answers is set where an error can be answered in the form of the
	// service; Throttles where it has a refusal of calls that come too often.
	Answers, Throttles bool
	// Batch is set for operations that take several records and answer each.
	Batch bool
	// Iterator is set for operations that take an iterator which can expire.
	Iterator bool
	// Events is set for answers that are streams of events.
	Events bool
}

// fits reports whether the operation can have the effect.
func (t *Target) fits(e *Effect) bool {
	switch {
	case e.Error != nil:
		return t.Answers
	case e.Throttle:
		return t.Throttles
	case e.FailRecords != nil:
		return t.Batch
	case e.ExpireIterator:
		return t.Iterator
	case e.EndSubscription != nil:
		return t.Events
	}
	return true
}

// covers reports whether calls of the operation can match the rule at all.
func (r *Rule) covers(t *Target) bool {
	m := &r.Match
	return (m.Service == "" || m.Service == t.Service) && (m.Operation == "" || m.Operation == t.Operation) &&
		(m.Stream == "" || t.Stream) && (m.Shard == "" || t.Shard) &&
		(m.PartitionKey == "" || t.PartitionKey) && (m.Consumer == "" || t.Consumer) && t.fits(&r.Effect)
}

// findTarget explains why no operation can match, or returns nil when one can.
func (r *Rule) findTarget(known []Target) *Refusal {
	if slices.ContainsFunc(known, func(t Target) bool { return r.covers(&t) }) {
		return nil
	}
	m := &r.Match
	left := filter(known, func(t *Target) bool { return m.Service == "" || m.Service == t.Service })
	if len(left) == 0 {
		return refuse(NeverMatches, "there are "+names(known, func(t *Target) string { return t.Service }),
			"this server has no service %q", m.Service)
	}
	if m.Operation != "" {
		named := filter(left, func(t *Target) bool { return m.Operation == t.Operation })
		if len(named) == 0 {
			return refuse(NeverMatches, nearest(m.Operation, left), "there is no operation %q%s", m.Operation, in(m.Service))
		}
		left = named
	}
	what := "no operation" + in(m.Service)
	if m.Operation != "" {
		what = "no call of " + m.Operation
	}
	for _, c := range []struct {
		wanted bool
		noun   string
		has    func(*Target) bool
	}{
		{m.Stream != "", "a stream", func(t *Target) bool { return t.Stream }},
		{m.Shard != "", "a shard", func(t *Target) bool { return t.Shard }},
		{m.PartitionKey != "", "a partition key", func(t *Target) bool { return t.PartitionKey }},
		{m.Consumer != "", "a consumer", func(t *Target) bool { return t.Consumer }},
	} {
		if !c.wanted {
			continue
		}
		if left = filter(left, c.has); len(left) == 0 {
			return refuse(NeverMatches, c.noun[2:]+" is known of "+operations(filter(known, c.has)), "%s is about %s%s", what, c.noun, together(m))
		}
	}
	return r.explainEffect(known, what)
}

// explainEffect says which operations the effect is for.
func (r *Rule) explainEffect(known []Target, what string) *Refusal {
	able := filter(known, func(t *Target) bool { return t.fits(&r.Effect) })
	advice := "no operation of this server can have this effect"
	if len(able) > 0 {
		advice = "the effect is for " + operations(able)
	}
	why := "can have this effect"
	switch e := &r.Effect; {
	case e.FailRecords != nil:
		why = "has single records that could fail"
	case e.ExpireIterator:
		why = "takes an iterator that could expire"
	case e.EndSubscription != nil:
		why = "is answered by a stream of events that could end"
	case e.Throttle:
		why = "has a refusal of calls that come too often"
	}
	return refuse(NeverMatches, advice, "%s%s %s", what, with(&r.Match), why)
}

func in(service string) string {
	if service == "" {
		return ""
	}
	return " in " + service
}

// with names what is left to say of calls that match but cannot have an effect.
func with(m *Match) string {
	if m.Operation == "" && (m.Stream != "" || m.Shard != "" || m.PartitionKey != "" || m.Consumer != "") {
		return " that the match leaves"
	}
	return ""
}

// together hints that members exclude each other.
func together(m *Match) string {
	given := 0
	for _, v := range []string{m.Stream, m.Shard, m.PartitionKey, m.Consumer} {
		if v != "" {
			given++
		}
	}
	if given > 1 {
		return " as well as what else is asked for"
	}
	return ""
}

func filter(from []Target, keep func(*Target) bool) []Target {
	var out []Target
	for i := range from {
		if keep(&from[i]) {
			out = append(out, from[i])
		}
	}
	return out
}

func names(from []Target, of func(*Target) string) string {
	var list []string
	for i := range from {
		list = append(list, of(&from[i]))
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), ", ")
}

// operations lists names as far as a line can bear.
func operations(from []Target) string {
	const most = 12
	if len(from) > most {
		return fmt.Sprintf("%s and %d more", names(from[:most], func(t *Target) string { return t.Operation }), len(from)-most)
	}
	return names(from, func(t *Target) string { return t.Operation })
}

// nearest offers the operation that a misspelt name most likely means: the one
// that begins alike for longest.
func nearest(name string, from []Target) string {
	best, longest := "", 3
	for i := range from {
		n, a, b := 0, strings.ToLower(name), strings.ToLower(from[i].Operation)
		for n < len(a) && n < len(b) && a[n] == b[n] {
			n++
		}
		if n > longest || n == longest && best != "" && len(from[i].Operation) < len(best) {
			best, longest = from[i].Operation, n
		}
	}
	if best == "" {
		return "`sluice ops` lists the operations"
	}
	return "is it " + best + "?"
}
