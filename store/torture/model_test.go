package torture

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sluice/store/blob"
	"sluice/store/log"
)

// state is what the part of a store that belongs to one writer holds.
type state struct {
	logs   map[log.ID]*shard
	values map[string]string // of the catalog
	pairs  map[string]string // of the space, rows of bodies among them
	bodies map[blob.ID]string
}

// shard is a log.
type shard struct {
	records []record
	sealed  bool
}

// record is one that is stored.
type record struct {
	position int64
	arrival  int64 // ms
	text     string
	old      bool // may have been trimmed
}

func newState() *state {
	return &state{logs: map[log.ID]*shard{}, values: map[string]string{}, pairs: map[string]string{}, bodies: map[blob.ID]string{}}
}

// differs says what found has that s does not allow, and the other way round;
// empty when found is s.
func (s *state) differs(found *state) string {
	for id, l := range s.logs {
		if found.logs[id] == nil {
			return fmt.Sprintf("log %v is missing", id)
		}
		if d := l.differs(found.logs[id]); d != "" {
			return fmt.Sprintf("log %v: %s", id, d)
		}
	}
	for id := range found.logs {
		if s.logs[id] == nil {
			return fmt.Sprintf("log %v should not be there", id)
		}
	}
	if d := differ(s.values, found.values); d != "" {
		return "catalog: " + d
	}
	if d := differ(s.pairs, found.pairs); d != "" {
		return "space: " + d
	}
	for id, want := range s.bodies {
		if got := found.bodies[id]; got != want {
			return fmt.Sprintf("body %s has %d bytes of %d, or others", id, len(got), len(want))
		}
	}
	return ""
}

// differs allows for records that were trimmed: the first ones, all old.
func (l *shard) differs(found *shard) string {
	want := l.records
	for len(want) > len(found.records) && want[0].old {
		want = want[1:]
	}
	for i, r := range found.records {
		if i >= len(want) {
			return fmt.Sprintf("a record that should not be there: %.40q at %d", r.text, r.position)
		}
		if r.position != want[i].position || r.text != want[i].text || r.arrival != want[i].arrival {
			return fmt.Sprintf("%.40q at %d where %.40q at %d should be", r.text, r.position, want[i].text, want[i].position)
		}
	}
	if len(want) > len(found.records) {
		r := want[len(found.records)]
		return fmt.Sprintf("a record is missing: %.40q at %d", r.text, r.position)
	}
	return ""
}

// goesOn says what is wrong with what was given to records that came after s.
func (s *state) goesOn(placed map[log.ID]log.Placed) string {
	for id, l := range s.logs {
		p := placed[id]
		if sealed := errors.Is(p.Err, log.ErrSealed); sealed != l.sealed {
			return fmt.Sprintf("log %v is sealed: %v, and should be: %v", id, sealed, l.sealed)
		}
		if n := len(l.records); n > 0 && !l.sealed && p.Position <= l.records[n-1].position {
			return fmt.Sprintf("in log %v position %d is given again", id, p.Position)
		}
	}
	return ""
}

func differ(want, got map[string]string) string {
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if v, ok := got[key]; !ok || v != want[key] {
			return fmt.Sprintf("%s is %.40q (%v) and should be %.40q", key, v, ok, want[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[key]; !ok {
			return key + " should not be there"
		}
	}
	return ""
}

// filler makes texts of some length, different throughout.
func filler(name string, size int) string {
	return name + " " + strings.Repeat(name+".", size/(len(name)+1))
}
