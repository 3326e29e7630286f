package shards

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSequence holds the layout to public samples.
func TestSequence(t *testing.T) {
	t.Run("case 24 sequence number decoded", func(t *testing.T) {
		for text, want := range map[string]sequence{
			// The sample event of the Lambda documentation.
			"49590338271490256608559692538361571095921575989136588898": {version: 2, created: 1542776258, counter: 1734642199, time: 1545084650, shard: 6},
			"49546986683135544286507457936321625675700192471156785154": {version: 2, created: 1421279230, counter: 469, time: 1421279386, shard: 0},
			"49646437577175378652512468275256581209501448593861509170": {version: 2, created: 1700000000, counter: 5, time: 1700000010, shard: 3},
		} {
			got, err := parseSequence(text)
			require.NoError(t, err)
			require.Equal(t, want, got)
			require.Equal(t, text, got.String())
		}
	})
	t.Run("siblings created together differ by a constant", func(t *testing.T) {
		a, _ := new(big.Int).SetString(sequence{created: 1700000000, time: 1700000000, shard: 4}.String(), 10)
		b, _ := new(big.Int).SetString(sequence{created: 1700000000, time: 1700000000, shard: 5}.String(), 10)
		require.Equal(t, "22300745198530623141535718272648361505980432", b.Sub(b, a).String())
	})
	t.Run("refused", func(t *testing.T) {
		base := new(big.Int).Lsh(big.NewInt(2), 184)
		for name, n := range map[string]*big.Int{
			"version 0":       base,
			"version 3":       new(big.Int).Add(base, big.NewInt(3)),
			"version 15":      new(big.Int).Add(base, big.NewInt(15)),
			"first digit 1":   new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 184), big.NewInt(2)),
			"first digit 3":   new(big.Int).Add(new(big.Int).Lsh(big.NewInt(3), 184), big.NewInt(2)),
			"between forms":   new(big.Int).Lsh(big.NewInt(1), 150),
			"2^125":           new(big.Int).Lsh(big.NewInt(1), 125),
			"counter too big": new(big.Int).Add(base, new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 143), big.NewInt(2))),
			"created too big": new(big.Int).Add(base, new(big.Int).Add(new(big.Int).Lsh(big.NewInt(16025175000), 148), big.NewInt(2))),
			"2^192":           new(big.Int).Lsh(big.NewInt(1), 192),
		} {
			_, err := parseSequence(n.String())
			require.Error(t, err, name)
		}
		for _, text := range []string{"", "x", "-1", "1.5"} {
			_, err := parseSequence(text)
			require.Error(t, err, text)
		}
	})
	t.Run("older versions", func(t *testing.T) {
		got, err := parseSequence("0")
		require.NoError(t, err)
		require.Equal(t, sequence{}, got)
		base := new(big.Int).Lsh(big.NewInt(2), 184)
		got, err = parseSequence(new(big.Int).Add(base, big.NewInt(1)).String())
		require.NoError(t, err)
		require.Equal(t, sequence{version: 1}, got)
		// 1, creation 1361920200 (0x0512d3ac8), 2 other, 16 random, shard 7.
		n, _ := new(big.Int).SetString("1"+"0512d3ac8"+"00"+"0123456789abcdef"+"0007", 16)
		got, err = parseSequence(n.String())
		require.NoError(t, err)
		require.Equal(t, sequence{created: 0x0512d3ac8, shard: 7}, got)
	})
}

// FuzzSequence: whatever parses as version 2 has one text, and nothing panics.
func FuzzSequence(f *testing.F) {
	f.Add("0", int64(1700000000), uint64(5), int64(1700000010), uint32(3))
	f.Add("49590338271490256608559692538361571095921575989136588898", int64(0), uint64(lastCounter), int64(1<<36-1), ^uint32(0))
	f.Fuzz(func(t *testing.T, text string, created int64, counter uint64, second int64, shard uint32) {
		if q, err := parseSequence(text); err == nil && q.version == 2 {
			// The number may carry bits that are not part of a sequence (the unknown byte, the nibble); reading is stable.
			again, err := parseSequence(q.String())
			require.NoError(t, err)
			require.Equal(t, q, again)
		}
		q := sequence{version: 2, created: created & (1<<33 - 1), counter: counter & lastCounter, time: second & (1<<36 - 1), shard: int64(int32(shard))}
		got, err := parseSequence(q.String())
		require.NoError(t, err, fmt.Sprint(q))
		require.Equal(t, q, got)
	})
}
