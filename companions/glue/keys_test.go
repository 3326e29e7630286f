package glue

import (
	"bytes"
	"slices"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/require"
)

// TestValuesSort: values written as a key sort one by one, and read back.
func TestValuesSort(t *testing.T) {
	holds := func(a, b, c, d string) bool {
		one, other := []string{a, b}, []string{c, d}
		first, second := appendValues(nil, one), appendValues(nil, other)
		return slices.Equal(one, parseValues(first)) && slices.Compare(one, other) == bytes.Compare(first, second)
	}
	odd := []string{"", "\x00", "\x00\x01", "\x00\xff\x01", "\x01", "\xff", "a", "a\x00", "a\x00\x01b", "a\x01", "2026", "eu"}
	for _, a := range odd {
		for _, b := range odd {
			for _, c := range odd {
				require.True(t, holds(a, b, b, c), "%q %q %q", a, b, c)
			}
		}
	}
	require.NoError(t, quick.Check(holds, nil))
}
