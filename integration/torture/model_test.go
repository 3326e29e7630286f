package torture

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/anishathalye/porcupine"
)

// What a client asks.
const (
	put        = "put"
	get        = "get"
	describe   = "describe" // ListShards
	split      = "split"
	merge      = "merge"
	checkpoint = "checkpoint"
	readpoint  = "readpoint"

	describeStream = "describe stream"
	summary        = "summary"
)

type question struct {
	what         string
	shard, other string
	key          byte // the first of a hash key; the others are zero
	name         string
	before       []string // records that were put with it, before it
	value, next  int      // of a checkpoint
	scattered    bool     // of a batch
}

type answer struct {
	refused       bool
	shard, number string
	first         string // number, when several were put
	names         []string
	ended         bool
	shards        []span
	open          int // shards, of a summary
	value         int
}

// span is a shard as it is listed, its range in first bytes, both inclusive.
type span struct {
	id       string
	from, to byte
	closed   bool
}

// lineage is a stream as the model has it. It is not changed.
type lineage struct {
	shards []*modelShard // by index
	value  int           // of the checkpoint
	key    string        // the same for equal ones
}

type modelShard struct {
	span
	names []string
	last  string // number
}

func shardName(n int) string { return fmt.Sprintf("shardId-%012d", n) }

func bigByte(b byte) *big.Int {
	n := big.NewInt(int64(b))
	return n.Lsh(n, 120)
}

func topByte(text string) byte {
	n, _ := new(big.Int).SetString(text, 10)
	return byte(n.Rsh(n, 120).Int64())
}

// model is what a stream and a checkpoint do, one call after another; or what a
// shard of a wide stream does.
func model(wide bool) porcupine.Model {
	m := porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			var parts [2][]porcupine.Operation
			for _, op := range history {
				n := 0
				if what := op.Input.(question).what; what == checkpoint || what == readpoint {
					n = 1
				}
				parts[n] = append(parts[n], op)
			}
			return parts[:]
		},
		Init: func() any {
			l, n := &lineage{}, int(shardsOf(wide))
			for i := range n {
				l.shards = append(l.shards, &modelShard{span: span{id: shardName(i), from: byte(i * 256 / n), to: byte((i+1)*256/n - 1)}})
			}
			return l.done()
		},
		Step: func(state, input, output any) (bool, any) {
			return state.(*lineage).step(input.(question), output.(answer))
		},
		Equal: func(a, b any) bool { return a.(*lineage).key == b.(*lineage).key },
	}
	if wide {
		m.Partition = apart
	}
	return m
}

// done names a state.
func (l *lineage) done() *lineage {
	var b strings.Builder
	for _, s := range l.shards {
		fmt.Fprint(&b, s.span, s.names, s.last, ";")
	}
	fmt.Fprint(&b, l.value)
	l.key = b.String()
	return l
}

func (l *lineage) find(id string) int {
	return slices.IndexFunc(l.shards, func(s *modelShard) bool { return s.id == id })
}

// with is a copy in which shards are other ones.
func (l *lineage) with(change func(shards []*modelShard) []*modelShard) *lineage {
	next := &lineage{value: l.value, shards: slices.Clone(l.shards)}
	next.shards = change(next.shards)
	return next.done()
}

func (l *lineage) step(q question, a answer) (bool, any) {
	if a.refused {
		return q.what != checkpoint || l.value != q.value, l
	}
	switch q.what {
	case put:
		return l.put(q, a)
	case get:
		i := l.find(q.shard)
		return i >= 0 && slices.Equal(l.shards[i].names, a.names) && (!a.ended || l.shards[i].closed), l
	case summary:
		return l.open() == a.open, l
	case describe, describeStream:
		return slices.EqualFunc(l.shards, a.shards, func(s *modelShard, listed span) bool { return s.span == listed }), l
	case split:
		return l.split(q)
	case merge:
		return l.merge(q)
	case checkpoint:
		return l.value == q.value, (&lineage{shards: l.shards, value: q.next}).done()
	}
	return l.value == a.value, l
}

func (l *lineage) put(q question, a answer) (bool, any) {
	i := l.find(a.shard)
	if i < 0 {
		return false, l
	}
	s := l.shards[i]
	if a.first == "" {
		a.first = a.number
	}
	if s.closed || q.key < s.from || q.key > s.to || s.last != "" && (compareNumbers(s.last, a.number) >= 0 || compareNumbers(s.last, a.first) >= 0) {
		return false, l
	}
	return true, l.with(func(shards []*modelShard) []*modelShard {
		shards[i] = &modelShard{span: s.span, names: slices.Concat(s.names, q.before, []string{q.name}), last: a.number}
		return shards
	})
}

// closedCopy is a shard that takes no more.
func closedCopy(s *modelShard) *modelShard {
	c := *s
	c.closed = true
	return &c
}

func (l *lineage) split(q question) (bool, any) {
	i := l.find(q.shard)
	if i < 0 || l.shards[i].closed || q.key <= l.shards[i].from || q.key > l.shards[i].to {
		return false, l
	}
	return true, l.with(func(shards []*modelShard) []*modelShard {
		s, n := shards[i], len(shards)
		shards[i] = closedCopy(s)
		return append(shards, &modelShard{span: span{id: shardName(n), from: s.from, to: q.key - 1}},
			&modelShard{span: span{id: shardName(n + 1), from: q.key, to: s.to}})
	})
}

func (l *lineage) merge(q question) (bool, any) {
	i, j := l.find(q.shard), l.find(q.other)
	if i < 0 || j < 0 || i == j || l.shards[i].closed || l.shards[j].closed {
		return false, l
	}
	a, b := l.shards[i], l.shards[j]
	if a.from > b.from {
		a, b = b, a
	}
	if int(a.to)+1 != int(b.from) {
		return false, l
	}
	return true, l.with(func(shards []*modelShard) []*modelShard {
		n := len(shards)
		shards[i], shards[j] = closedCopy(shards[i]), closedCopy(shards[j])
		return append(shards, &modelShard{span: span{id: shardName(n), from: a.from, to: b.to}})
	})
}
