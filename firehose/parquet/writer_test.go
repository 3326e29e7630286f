package parquet

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// shape has a leaf of every physical type, and some that repeat.
func shape() []*Node {
	var all []*Node
	for _, p := range []Physical{Boolean, Int32, Int64, Int96, Float, Double, ByteArray, Fixed} {
		all = append(all, &Node{Name: fmt.Sprint("c", p), Repetition: Optional, Meaning: Plain, Physical: p, Length: 5})
	}
	return append(all, &Node{Name: "list", Repetition: Optional, Meaning: List, Children: []*Node{
		{Name: "bag", Repetition: Repeated, Meaning: Plain, Children: []*Node{{Name: "array_element", Repetition: Optional, Meaning: UTF8, Physical: ByteArray}}}}})
}

// sample makes values of a leaf; one in few is another.
func sample(dice *rand.Rand, l leaf, rows, distinct int) (v Values) {
	for range rows {
		for i := range 1 + dice.IntN(1+int(l.maxRep)*3) {
			rep := uint8(min(i, 1)) * l.maxRep
			def := l.maxDef
			if dice.IntN(4) == 0 && i == 0 {
				def = uint8(dice.IntN(int(l.maxDef)))
			}
			v.Null(rep, def, l.maxRep > 0)
			if def == l.maxDef {
				v.one(l.node, dice.IntN(distinct))
			}
			if def < l.maxDef-1 {
				break
			}
		}
	}
	return v
}

func (v *Values) one(n *Node, x int) {
	switch n.Physical {
	case Boolean:
		v.Ints = append(v.Ints, int64(x%2))
	case Int32, Int64, Float, Double:
		v.Ints = append(v.Ints, int64(int32(x*-7919)))
	case ByteArray:
		text := fmt.Sprintf("%0*d", x%20+1, x)
		v.Data, v.Sizes = append(v.Data, text...), append(v.Sizes, int32(len(text)))
	default:
		v.Data = append(v.Data, fmt.Sprintf("%0*d", n.width(), x%100000)...)
	}
}

// Whatever is written is read back: in every form, with pages and row groups
// that are small enough for many of them.
func TestWriter(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for _, codec := range []Codec{Uncompressed, Snappy, Gzip} {
		for form := range 8 {
			o := Options{Codec: codec, V2: form&1 > 0, Dictionary: form&2 > 0, PageBytes: 800, BlockBytes: 3000, CreatedBy: "test"}
			distinct := 10
			if form&4 > 0 {
				distinct = 1 << 30
			}
			w, err := New(shape(), o)
			require.NoError(t, err)
			want := make([]Values, len(w.columns))
			rows := 0
			for range 12 {
				n := 1 + dice.IntN(100)
				batch := make([]Values, len(w.columns))
				for i, c := range w.columns {
					batch[i] = sample(dice, c.leaf, n, distinct)
					want[i].add(&batch[i])
				}
				require.NoError(t, w.Add(n, batch))
				rows += n
			}
			require.EqualValues(t, rows, w.Rows())
			file, err := w.Close()
			require.NoError(t, err)
			foot, got := read(t, file, shape())
			require.Equal(t, want, got, "%+v", o)
			require.Equal(t, rows, foot.int(3))
			require.Greater(t, len(foot[4].([]any)), 1, "row groups")
			require.Equal(t, map[bool]int{false: 1, true: 2}[o.V2], foot.int(1))
		}
	}
}

func TestFileWithoutRows(t *testing.T) {
	w, err := New(shape(), Options{BlockBytes: 1, PageBytes: 1})
	require.NoError(t, err)
	file, err := w.Close()
	require.NoError(t, err)
	foot, _ := read(t, file, shape())
	require.Zero(t, foot.int(3))
	require.Error(t, w.Add(1, nil), "values of no leaves")
}

// A dictionary that becomes too large is used no further, and one that is of no
// use is not written.
func TestDictionary(t *testing.T) {
	node := []*Node{{Name: "c", Repetition: Optional, Meaning: UTF8, Physical: ByteArray}}
	encodings := func(distinct func(i int) int) []any {
		w, err := New(node, Options{Dictionary: true, PageBytes: 1 << 16, BlockBytes: 64 << 20})
		require.NoError(t, err)
		var want Values
		for i := range 9_000 {
			var v Values
			v.Null(0, 1, false)
			text := fmt.Sprintf("a text that is long enough %0300d", distinct(i))
			v.Data, v.Sizes = append(v.Data, text...), append(v.Sizes, int32(len(text)))
			want.add(&v)
			require.NoError(t, w.Add(1, []Values{v}))
		}
		file, err := w.Close()
		require.NoError(t, err)
		foot, got := read(t, file, node)
		require.Equal(t, want, got[0])
		return foot[4].([]any)[0].(record)[1].([]any)[0].(record)[3].(record)[2].([]any)
	}
	require.Equal(t, []any{int64(encodingPlainDictionary), int64(encodingRLE)}, encodings(func(i int) int { return i % 50 }))
	require.Equal(t, []any{int64(encodingPlain), int64(encodingRLE)}, encodings(func(i int) int { return i }))
	require.Equal(t, []any{int64(encodingPlain), int64(encodingPlainDictionary), int64(encodingRLE)}, encodings(func(i int) int {
		if i < 2_000 {
			return i % 50
		}
		return i
	}))
}

// A row group begins on a multiple of the block size when few enough zeros do.
func TestPadding(t *testing.T) {
	node := []*Node{{Name: "c", Repetition: Optional, Meaning: Plain, Physical: Int64}}
	for padding, start := range map[int]int64{0: -1, 1 << 12: 1 << 12} {
		w, err := New(node, Options{PageBytes: 1 << 10, BlockBytes: 1 << 12, MaxPadding: padding})
		require.NoError(t, err)
		for i := range 1000 {
			require.NoError(t, w.Add(1, []Values{{Def: []uint8{1}, Ints: []int64{int64(i)}}}))
		}
		file, err := w.Close()
		require.NoError(t, err)
		foot, got := read(t, file, node)
		require.Len(t, got[0].Ints, 1000)
		second := foot[4].([]any)[1].(record)[5].(int64)
		require.Equal(t, start > 0, second%(1<<12) == 0, second)
	}
}
