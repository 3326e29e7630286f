package glue

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzValues(f *testing.F) {
	f.Add("2026", "eu", "2026", "us")
	f.Add("a\x00\x01b", "\x00", "a", "\x00\xff\x01")
	f.Add("", "", "\x01", "\xff")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		one, other := []string{a, b}, []string{c, d}
		first, second := appendValues(nil, one), appendValues(nil, other)
		require.Equal(t, one, parseValues(first))
		require.Equal(t, slices.Compare(one, other), bytes.Compare(first, second), "values sort one by one")
	})
}
