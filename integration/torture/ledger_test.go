package torture

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"
)

// written is a record that somebody wrote, and what the answer said of it.
type written struct {
	writer string
	n      int
	// acked says that it was acknowledged, or found: it must be there from then on.
	acked         bool
	shard, number string
}

// found is a record as a reader got it.
type found struct{ name, shard, number string }

// ledger keeps what was written.
type ledger struct {
	mu  sync.Mutex
	all map[string]*written // by what is in the record
}

func newLedger() *ledger { return &ledger{all: map[string]*written{}} }

// begin notes that a record is about to be written.
func (l *ledger) begin(writer string, n int) (name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name = fmt.Sprintf("%s %d", writer, n)
	l.all[name] = &written{writer: writer, n: n}
	return name
}

// ack notes the answer.
func (l *ledger) ack(name, shard, number string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.all[name]
	w.acked, w.shard, w.number = true, shard, number
}

// check holds what was found to what was written: the acknowledged once, where
// the answer said, the others once at most, each writer's in order. What is
// there must be there the next time too. It counts the acknowledged, those
// without an answer, and how many of these are there.
func (l *ledger) check(all []found) (acked, unanswered, kept int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen, numbers := map[string]bool{}, map[string]string{}
	slices.SortFunc(all, func(a, b found) int { return compareNumbers(a.number, b.number) })
	last := map[string]int{}
	for _, f := range all {
		w := l.all[f.name]
		switch {
		case w == nil:
			return 0, 0, 0, fmt.Errorf("%q is there, which nobody wrote", f.name)
		case seen[f.name]:
			return 0, 0, 0, fmt.Errorf("%q is there twice", f.name)
		case numbers[f.number] != "":
			return 0, 0, 0, fmt.Errorf("%q and %q have the same number", f.name, numbers[f.number])
		case w.acked && w.number != "" && (w.number != f.number || w.shard != f.shard):
			return 0, 0, 0, fmt.Errorf("%q is %s of %s, and the answer said %s of %s", f.name, f.number, f.shard, w.number, w.shard)
		case last[w.writer] > w.n:
			return 0, 0, 0, fmt.Errorf("%q comes after record %d of that writer", f.name, last[w.writer])
		}
		seen[f.name], numbers[f.number], last[w.writer] = true, f.name, w.n
	}
	for name, w := range l.all {
		switch {
		case w.acked && !seen[name]:
			return 0, 0, 0, fmt.Errorf("%q was acknowledged as %s of %s and is missing", name, w.number, w.shard)
		case w.acked:
			acked++
		case seen[name]:
			kept++
			w.acked = true
		default:
			delete(l.all, name) // it never was
		}
		if !w.acked {
			unanswered++
		}
	}
	return acked, unanswered + kept, kept, nil
}

func compareNumbers(a, b string) int {
	x, _ := new(big.Int).SetString(a, 10)
	y, _ := new(big.Int).SetString(b, 10)
	if x == nil || y == nil {
		return 0
	}
	return x.Cmp(y)
}

// register keeps values that one writer each changes, one after another.
type register struct {
	mu    sync.Mutex
	cells map[string]*cell
}

// cell is a value: the one that was acknowledged last, and the one under way.
type cell struct {
	value, next string
	pending     bool
}

func newRegister() *register { return &register{cells: map[string]*cell{}} }

// absent is the value of what is not there.
const absent = "(absent)"

// change notes that a value is about to become another, and the answer.
func (r *register) change(key, value string, do func() error) error {
	r.mu.Lock()
	c := r.cells[key]
	if c == nil {
		c = &cell{value: absent}
		r.cells[key] = c
	}
	c.next, c.pending = value, true
	r.mu.Unlock()
	err := do()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		c.value, c.pending = value, false
	}
	return err
}

func (r *register) get(key string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.cells[key]; c != nil {
		return c.value
	}
	return absent
}

// check asks for every value, which must be the acknowledged one or the one
// that was under way, and be that from now on.
func (r *register) check(read func(key string) (string, error)) (n int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, c := range r.cells {
		got, err := read(key)
		if err != nil {
			return n, fmt.Errorf("%s: %w", key, err)
		}
		if got != c.value && (!c.pending || got != c.next) {
			return n, errors.New(key + " is " + got + ", and was acknowledged as " + c.value)
		}
		c.value, c.pending = got, false
		n++
	}
	return n, nil
}
