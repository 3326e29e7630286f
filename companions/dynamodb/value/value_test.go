package value

import (
	"bytes"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "0.00": "0", "1": "1", "+1": "1", "-1.50": "-1.5", "007": "7", "1e3": "1000", "1.5E2": "150", "12.5e-3": "0.0125",
		".5": "0.5", "5.": "5", "1e125": "1" + zeros(125), "9.9e125": "99" + zeros(124), "1e-130": "0." + zeros(129) + "1",
		"12345678901234567890123456789012345678": "12345678901234567890123456789012345678",
	} {
		n, err := ParseNumber(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, n.String(), text)
	}
	for text, want := range map[string]error{
		"": ErrNotNumber, "-": ErrNotNumber, ".": ErrNotNumber, "x": ErrNotNumber, "1x": ErrNotNumber, "1e": ErrNotNumber, "1e1.5": ErrNotNumber,
		"0x10": ErrNotNumber, "1e9999999": ErrNotNumber, "NaN": ErrNotNumber, "Infinity": ErrNotNumber, " 1": ErrNotNumber,
		"1e126": ErrOverflow, "1e-131": ErrUnderflow, "123456789012345678901234567890123456789": ErrDigits,
	} {
		_, err := ParseNumber(text)
		assert.ErrorIs(t, err, want, text)
	}
}

func zeros(n int) string { return string(bytes.Repeat([]byte{'0'}, n)) }

// TestNumbersAgainstRationals compares order, sums and keys with exact arithmetic.
func TestNumbersAgainstRationals(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	random := func() (Number, *big.Rat) {
		text := fmt.Sprintf("%de%d", dice.Int64N(2000)-1000, dice.IntN(40)-20)
		if dice.IntN(4) == 0 {
			text = fmt.Sprintf("%d.%d", dice.IntN(100)-50, dice.IntN(1000))
		}
		n, err := ParseNumber(text)
		require.NoError(t, err, text)
		r, ok := new(big.Rat).SetString(text)
		require.True(t, ok)
		return n, r
	}
	for range 5000 {
		a, ra := random()
		b, rb := random()
		want := ra.Cmp(rb)
		require.Equal(t, want, sign(a.Cmp(b)), "%s %s", a, b)
		require.Equal(t, want, bytes.Compare(AppendKey(nil, NewNumber(a)), AppendKey(nil, NewNumber(b))), "%s %s", a, b)
		sum, err := a.Add(b)
		if err == nil {
			got, _ := new(big.Rat).SetString(sum.String())
			require.Zero(t, got.Cmp(new(big.Rat).Add(ra, rb)), "%s + %s = %s", a, b, sum)
		} else {
			require.ErrorIs(t, err, ErrDigits)
		}
		difference, err := a.Add(a.Neg())
		require.NoError(t, err)
		require.Equal(t, "0", difference.String())
	}
}

func sign(n int) int { return max(-1, min(1, n)) }

// TestKeys checks that keys sort as values do, and that none begins another.
func TestKeys(t *testing.T) {
	texts := []string{"", "\x00", "\x00\x00", "\x00\x01", "\x00\xff", "\x01", "a", "a\x00", "a\x00a", "a\x01", "ab", "b", "\xff", "\xff\x00"}
	slices.Sort(texts)
	var before []byte
	for i, text := range texts {
		key := AppendKey(nil, &Value{Kind: S, Text: text})
		if i > 0 {
			require.Negative(t, bytes.Compare(before, key), "%q", text)
			require.False(t, bytes.HasPrefix(key, before), "%q", text)
		}
		require.True(t, bytes.HasPrefix(key, AppendKeyPrefix(nil, text)))
		before = key
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add(Item{"a": {Kind: L, List: []*Value{{Kind: N, Text: "1"}, {Kind: Null}}}, "b": {Kind: M, Map: Item{"c": {Kind: SS, List: []*Value{{Kind: S, Text: "x"}}}}}}.Encode())
	f.Fuzz(func(t *testing.T, stored []byte) {
		item, err := Decode(stored)
		if err != nil {
			return
		}
		again, err := Decode(item.Encode())
		require.NoError(t, err)
		require.True(t, item.Equal(again))
	})
}
