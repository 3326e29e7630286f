package doctor

import (
	"bytes"
	"fmt"
	"slices"

	"sluice/store/log/pebblelog"
)

// losses is what cannot be read of a database.
type losses struct {
	texts []string
	more  int
	// ends is where logs go on behind lost records, by the key of their row.
	ends map[string]int64
	// blind says that keys of records are lost, or writes in a write-ahead log,
	// so that nobody knows where logs end.
	blind bool
	// blindOf are the beginnings of the keys of rows of logs of which the same holds.
	blindOf map[string]bool
	keys    map[string]bool // whose value is lost
	// spans are all keys from one to another that are lost; a nil to is the end.
	spans [][2][]byte
	// gone are files that reads have missed.
	gone map[string]bool
	// name says in words what a key of a room is of; nil, or "" where nobody can.
	name func(key []byte) string
}

func newLosses() *losses {
	return &losses{ends: map[string]int64{}, blindOf: map[string]bool{}, keys: map[string]bool{}, gone: map[string]bool{}}
}

// linesMax is how many losses are told one by one.
const linesMax = 100

func (l *losses) none() bool { return len(l.texts) == 0 }

// lines tells of all.
func (l *losses) lines() []string {
	if l.more > 0 {
		return append(append([]string(nil), l.texts...), fmt.Sprintf("and %d more", l.more))
	}
	return l.texts
}

func (l *losses) tell(text string) {
	if len(l.texts) < linesMax {
		l.texts = append(l.texts, text)
	} else {
		l.more++
	}
}

// value notes a key whose value is lost.
func (l *losses) value(key []byte, err error) {
	if l.keys[string(key)] {
		return
	}
	l.keys[string(key)] = true
	l.miss(err)
	what, row, end := l.describe(key)
	l.tell(what + ": " + oneLine(err))
	if row != nil {
		l.goOnAt(row, end)
	}
}

// miss notes the file that an error says is missing.
func (l *losses) miss(err error) {
	for _, m := range unknown.FindAllStringSubmatch(err.Error(), -1) {
		l.gone[m[1]+endings[m[2]]] = true
	}
}

// goOnAt notes that a log does not go on before a position.
func (l *losses) goOnAt(row []byte, end int64) { l.ends[string(row)] = max(l.ends[string(row)], end) }

// span notes that all keys from one to another are lost; a nil to is the end.
func (l *losses) span(from, to []byte, err error) {
	l.miss(err)
	end := "the end"
	if to != nil {
		end, _, _ = l.describe(bytes.TrimRight(to, "\x00"))
	}
	begin := "the beginning"
	if len(from) > 0 {
		begin, _, _ = l.describe(from[:len(from)-1])
	}
	l.tell(fmt.Sprintf("everything between %s and %s: %s", begin, end, oneLine(err)))
	l.spans = append(l.spans, [2][]byte{from, to})
	if from == nil || from[0] <= 'b' && (to == nil || to[0] >= 'b') {
		l.blind = true
	}
}

// has reports whether a key is among those that are lost, so that a repair does
// not copy it, even if it can be found by itself.
func (l *losses) has(key []byte) bool {
	return l.keys[string(key)] || slices.ContainsFunc(l.spans, func(s [2][]byte) bool {
		return bytes.Compare(s[0], key) <= 0 && (s[1] == nil || bytes.Compare(key, s[1]) < 0)
	})
}

// describe is describe with the names that rooms give.
func (l *losses) describe(key []byte) (what string, row []byte, end int64) {
	if l.name != nil {
		if what = l.name(key); what != "" {
			return what, nil, 0
		}
	}
	return describe(key)
}

// describe says what a key is of. For a block of records row is the key of its
// log's row and end the position behind it.
func describe(key []byte) (what string, row []byte, end int64) {
	for i := 1; i < len(key); i++ {
		if key[i] != 0 {
			continue
		}
		kind, namespace, rest := key[0], string(key[1:i]), key[i+1:]
		switch kind {
		case 'c':
			return fmt.Sprintf("entity %q of %s", rest, namespace), nil, 0
		case 's':
			return fmt.Sprintf("an entry of the space %s (key %x)", namespace, rest), nil, 0
		}
		text, end, row := pebblelog.Describe(key[:i+1], rest)
		if text != "" {
			return text + " of " + namespace, row, end
		}
	}
	return fmt.Sprintf("key %x", key), nil, 0
}
