package shards

import (
	"crypto/md5"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHashOfKnownKeys(t *testing.T) {
	for key, want := range map[string]string{
		"a": "16955237001963240173058271559858726497",
		"b": "195289424170611159128911017612795795343",
		"e": "299611584147932843547128611849858313266",
		"f": "190917122200326810055233066464581373159",
	} {
		require.Equal(t, want, hashOf(key).String(), key)
	}
	long := strings.Repeat("鍵", 256)
	sum := md5.Sum([]byte(long))
	require.Equal(t, new(big.Int).SetBytes(sum[:]).String(), hashOf(long).String())
	require.Zero(t, testing.AllocsPerRun(100, func() { hashOf(long) }))
}

func TestEvenStarts(t *testing.T) {
	for n, want := range map[int][]string{
		1: {"0"},
		2: {"0", "170141183460469231731687303715884105728"},
		3: {"0", "113427455640312821154458202477256070485", "226854911280625642308916404954512140970"},
		4: {"0", "85070591730234615865843651857942052864", "170141183460469231731687303715884105728",
			"255211775190703847597530955573826158592"},
	} {
		for i, start := range want {
			require.Equal(t, start, evenStart(i, n).String(), "%d of %d", i, n)
		}
	}
	require.Equal(t, "68056473384187692692674921486353642291", evenStart(1, 5).String())
	require.Equal(t, "272225893536750770770699685945414569164", evenStart(4, 5).String())
}

func TestHashArithmetic(t *testing.T) {
	t.Run("text round trip", func(t *testing.T) {
		for _, s := range []string{"0", "9", "10", "18446744073709551615", "18446744073709551616", "10000000000000000000",
			"100000000000000000000000000000000000000", "340282366920938463463374607431768211455"} {
			h, ok := parseHash(s)
			require.True(t, ok, s)
			require.Equal(t, s, h.String())
		}
	})
	t.Run("refused texts", func(t *testing.T) {
		for _, s := range []string{"", "-1", "x", "1a", "340282366920938463463374607431768211456",
			"999999999999999999999999999999999999999"} {
			_, ok := parseHash(s)
			require.False(t, ok, s)
		}
	})
	t.Run("middle", func(t *testing.T) {
		require.Equal(t, "170141183460469231731687303715884105728", middle(hash{}, lastHash()).String())
		require.Equal(t, hash{lo: 2}, middle(hash{}, hash{lo: 3}))
		require.Equal(t, hash{lo: 2}, middle(hash{}, hash{lo: 4}))
	})
	t.Run("neighbours", func(t *testing.T) {
		require.Equal(t, hash{hi: 1}, hash{lo: ^uint64(0)}.next())
		require.Equal(t, hash{lo: ^uint64(0)}, hash{hi: 1}.previous())
	})
}
