// Package metamorphic holds the room of streams to its laws while everything
// happens at once: producers, consumers that follow lineage, splits, merges,
// scaling by hand and by itself, changes of mode and of how records are spread,
// jumps of the clock, snapshots, restores, another account and its resets,
// restarts and power failures, over a store in memory and over Pebble. A seed
// decides what happens, so a failure can be played again:
//
//	SLUICE_METAMORPHIC_SEED=42 go test ./shards/metamorphic
//	SLUICE_METAMORPHIC=1h go test -timeout 0 -run TestMetamorphic ./shards/metamorphic
//
// The laws:
//
//   - at every time, present or past, the open shards tile the hash space;
//   - every acknowledged record reaches every consumer exactly once, under the
//     number and in the shard that the answer named, and nothing else does;
//   - records of one key arrive in the order in which they were written;
//   - numbers of a shard only grow, and none is given twice;
//   - no consumer sees a record of a child before the end of its parents;
//   - a snapshot is one moment: it holds all that was acknowledged before, and
//     of each producer that puts meanwhile what came before some put of its;
//   - a restore ends a world: its iterators and next-tokens have expired;
//   - nobody sees or loses anything by what another account does.
package metamorphic

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// slice is how long the test runs when nobody says how long. Without a seed of
// its own every run tries new ones.
const slice = 10 * time.Second

func TestMetamorphic(t *testing.T) {
	if text := os.Getenv("SLUICE_METAMORPHIC_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
		if v := play(options{seed: seed}); v != nil {
			t.Fatal(v)
		}
		return
	}
	limit := slice
	if text := os.Getenv("SLUICE_METAMORPHIC"); text != "" {
		var err error
		limit, err = time.ParseDuration(text)
		require.NoError(t, err)
	} else if testing.Short() {
		limit = time.Second
	}
	first := uint64(time.Now().UnixNano())
	begin, n := time.Now(), uint64(0)
	var sum tally
	// A busy machine plays few seeds; it goes on until every kind of thing happened.
	for ; time.Since(begin) < limit || limit >= slice && !sum.everything() && time.Since(begin) < 6*limit; n++ {
		if v := play(options{seed: first + n, tally: &sum}); v != nil {
			t.Fatal(v)
		}
		if n%500 == 499 {
			fmt.Printf("metamorphic: %d seeds from %d in %v: %v\n", n+1, first, time.Since(begin).Round(time.Second), sum)
		}
	}
	t.Logf("%d seeds from %d: %v", n, first, sum)
	require.Positive(t, sum.read)
	if limit >= slice {
		require.True(t, sum.everything(), "scaling, restarts, power failures, restores, resets, pushes and AUTO happened")
	}
}

// TestPlanted shows that the laws are looked at: whatever is broken on
// purpose is found, and found to be that.
func TestPlanted(t *testing.T) {
	for _, p := range plants() {
		t.Run(p.name, func(t *testing.T) {
			begin := time.Now()
			for seed := uint64(1); time.Since(begin) < time.Minute; seed++ {
				v := play(options{seed: seed, plant: &p})
				if v == nil {
					continue
				}
				require.Contains(t, p.laws, v.law, "seed %d: %v", seed, v)
				t.Logf("found with seed %d after %v: %s: %s", seed, time.Since(begin).Round(time.Millisecond), v.law, v.what)
				return
			}
			t.Fatal("not found within a minute")
		})
	}
}
