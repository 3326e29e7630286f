package load

import (
	"fmt"
	"sync/atomic"
)

// Verdict is what an audit found. All but the first two must be zero.
type Verdict struct {
	Acknowledged int `json:"acknowledged"`
	Found        int `json:"found"`
	Missing      int `json:"missing"`   // acknowledged and not there
	Twice        int `json:"twice"`     // there more than once
	Disorder     int `json:"disorder"`  // after a later one of its connection, or sequence numbers not ascending
	Damaged      int `json:"damaged"`   // not byte for byte what was sent
	Misplaced    int `json:"misplaced"` // other shard or sequence number than acknowledged
	Stranger     int `json:"stranger"`  // never sent
	// Unasked counts records that were stored though their put failed. That is
	// allowed, once each.
	Unasked int `json:"unasked"`
}

// Clean tells whether every promise was kept.
func (v Verdict) Clean() bool {
	return v.Missing+v.Twice+v.Disorder+v.Damaged+v.Misplaced+v.Stranger == 0
}

func (v *Verdict) add(o Verdict) {
	v.Found += o.Found
	v.Twice += o.Twice
	v.Disorder += o.Disorder
	v.Damaged += o.Damaged
	v.Misplaced += o.Misplaced
	v.Stranger += o.Stranger
	v.Unasked += o.Unasked
}

// String says it in a line.
func (v Verdict) String() string {
	if v.Clean() {
		return fmt.Sprintf("%d acknowledged, all there once, in order, intact", v.Acknowledged)
	}
	return fmt.Sprintf("BROKEN: %d acknowledged, %d found, %d missing, %d twice, %d out of order, %d damaged, %d misplaced, %d never sent",
		v.Acknowledged, v.Found, v.Missing, v.Twice, v.Disorder, v.Damaged, v.Misplaced, v.Stranger)
}

// Audit compares what a server gives back with what it acknowledged. Its
// shards may be judged at the same time.
type Audit struct {
	shape   *Shape
	ledgers []*Ledger
	seen    [][]atomic.Bool // by connection and number
	shards  []*Shard
	kept    []int // by connection
}

// Shard judges the records of one shard, from its first to its last.
type Shard struct {
	audit *Audit
	name  []byte
	last  []byte  // sequence number of the record before
	order []int64 // number of the record before, by connection
	found Verdict
}

// NewAudit begins an audit; ledgers are indexed by connection.
func NewAudit(shape *Shape, ledgers []*Ledger) *Audit {
	a := &Audit{shape: shape, ledgers: ledgers}
	for _, l := range ledgers {
		a.seen = append(a.seen, make([]atomic.Bool, len(l.acks)))
	}
	return a
}

// Forgive lets those records be missing that precede certain numbers, by
// connection.
func (a *Audit) Forgive(before []int) { a.kept = before }

// Shard begins the audit of a shard. It must not be called while others are
// under way.
func (a *Audit) Shard(name string) *Shard {
	s := &Shard{audit: a, name: []byte(name), order: make([]int64, len(a.ledgers))}
	for i := range s.order {
		s.order[i] = -1
	}
	a.shards = append(a.shards, s)
	return s
}

// Record judges the next record of the shard.
func (s *Shard) Record(r Record) {
	v := &s.found
	v.Found++
	if !ascending(s.last, r.Sequence) {
		v.Disorder++
	}
	s.last = append(s.last[:0], r.Sequence...)
	id, ok := r.ID()
	connection, number := int(id>>numberBits), id&(1<<numberBits-1)
	if !ok || connection >= len(s.order) || number >= uint64(len(s.audit.seen[connection])) {
		v.Stranger++
		return
	}
	if !s.audit.shape.intact(r.Data, id) || !rightKey(r.Key, id) {
		v.Damaged++
	}
	if s.audit.seen[connection][number].Swap(true) {
		v.Twice++
		return
	}
	if int64(number) < s.order[connection] {
		v.Disorder++
	}
	s.order[connection] = int64(number)
	ledger := s.audit.ledgers[connection]
	switch ledger.acks[number] {
	case 0:
		v.Unasked++
	case fingerprint(ledger.seed, s.name, r.Sequence):
	default:
		v.Misplaced++
	}
}

// Verdict ends the audit.
func (a *Audit) Verdict() Verdict {
	var v Verdict
	for _, s := range a.shards {
		v.add(s.found)
	}
	for connection, l := range a.ledgers {
		for number, print := range l.acks {
			if print == 0 {
				continue
			}
			v.Acknowledged++
			if !a.seen[connection][number].Load() && (connection >= len(a.kept) || number >= a.kept[connection]) {
				v.Missing++
			}
		}
	}
	return v
}

// ascending compares decimal numbers without leading zeros.
func ascending(before, after []byte) bool {
	if len(before) != len(after) {
		return len(before) < len(after)
	}
	return string(before) < string(after)
}

func rightKey(key []byte, id uint64) bool {
	var want [keyChars]byte
	writeKey(want[:], id)
	return string(key) == string(want[:])
}
