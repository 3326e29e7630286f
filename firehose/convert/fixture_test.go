package convert

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/firehose/parquet"
)

// one converts a record by a table of one column c and spells what is in it.
// Failures come as their code and text.
func one(t *testing.T, kind, record string, o Options) string {
	t.Helper()
	p, err := Compile([]Column{{"c", kind}}, o)
	if err != nil {
		return err.Error()
	}
	r := p.NewRows()
	if err := r.Read([]byte(record)); err != nil {
		require.Zero(t, r.Count())
		for _, v := range r.Values() {
			require.Empty(t, v.Def, "nothing is left of a record that failed")
		}
		return strings.TrimPrefix(err.Error(), "DataFormatConversion.")
	}
	s := &speller{values: r.Values(), at: make([]cursor, len(r.Values()))}
	var rows []string
	for range r.Count() {
		rows = append(rows, s.spell(p.root.children[0]))
	}
	return strings.Join(rows, " ; ")
}

// speller reads columns back, by the levels.
type speller struct {
	values []parquet.Values
	at     []cursor
}

// cursor is how far a leaf is read.
type cursor struct{ slot, int, byte, size int }

// peek is the levels of the next slot of a leaf; rep is 0 at its end.
func (s *speller) peek(leaf int) (rep, def uint8) {
	v, at := &s.values[leaf], s.at[leaf].slot
	if at >= len(v.Def) {
		return 0, 0
	}
	if len(v.Rep) > 0 {
		rep = v.Rep[at]
	}
	return rep, v.Def[at]
}

// skip passes a slot of every leaf of a node.
func (s *speller) skip(n *node) {
	for i := n.first; i < n.last; i++ {
		s.at[i].slot++
	}
}

func (s *speller) spell(n *node) string {
	if _, def := s.peek(n.first); def < n.def {
		s.skip(n)
		return "null"
	}
	switch n.kind {
	case kindStruct:
		var out []string
		for i, child := range n.children {
			out = append(out, n.typ.names[i]+":"+s.spell(child))
		}
		return "{" + strings.Join(out, " ") + "}"
	case kindList, kindMap:
		if _, def := s.peek(n.first); def == n.def {
			s.skip(n)
			return "[]"
		}
		var out []string
		for {
			item := s.spell(n.children[0])
			if n.kind == kindMap {
				item += "=" + s.spell(n.children[1])
			}
			out = append(out, item)
			if rep, _ := s.peek(n.first); rep < n.rep {
				return "[" + strings.Join(out, " ") + "]"
			}
		}
	}
	return s.leaf(n)
}

func (s *speller) leaf(n *node) string {
	v, at := &s.values[n.first], &s.at[n.first]
	at.slot++
	bytes := func(width int) []byte {
		at.byte += width
		return v.Data[at.byte-width : at.byte]
	}
	switch n.kind {
	case kindString, kindVarchar, kindChar, kindBinary:
		at.size++
		return fmt.Sprintf("%q", bytes(int(v.Sizes[at.size-1])))
	case kindDecimal:
		raw := bytes(n.typ.length)
		x := new(big.Int).SetBytes(raw)
		if raw[0]&0x80 != 0 {
			x.Sub(x, new(big.Int).Lsh(big.NewInt(1), uint(8*len(raw))))
		}
		return fmt.Sprintf("%de-%d", x, n.typ.scale)
	case kindTimestamp:
		raw := bytes(12)
		day := int64(binary.LittleEndian.Uint32(raw[8:])) - julianEpoch
		return time.Unix(day*secondsPerDay, int64(binary.LittleEndian.Uint64(raw))).UTC().Format("2006-01-02T15:04:05.999999999")
	}
	x := v.Ints[at.int]
	at.int++
	switch n.kind {
	case kindBoolean:
		return fmt.Sprint(x == 1)
	case kindFloat:
		return fmt.Sprint(math.Float32frombits(uint32(x)))
	case kindDouble:
		return fmt.Sprint(math.Float64frombits(uint64(x)))
	case kindDate:
		return time.Unix(x*secondsPerDay, 0).UTC().Format(time.DateOnly)
	}
	return fmt.Sprint(x)
}
