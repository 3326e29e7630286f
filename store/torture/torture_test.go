// Package torture plays random histories over a store whose disk is in memory,
// copies that disk at its writes and syncs as a kill or a power failure would
// leave it, opens every copy, and holds what it finds to what was promised. A
// history writes records, entities of a catalog, keys of a space and bodies,
// from several goroutines at once, and goes on over some of the copies, so that
// it survives several crashes. A seed decides what is written.
//
//	SLUICE_TORTURE_SEED=42 go test -run TestCrashes ./store/torture
//	SLUICE_TORTURE_SEEDS=10000 go test -timeout 0 -run TestCrashes ./store/torture
//
// The laws, for every copy:
//
//   - what was acknowledged before it is there, whole, once, and in its place;
//     under "process" this is so after a kill;
//   - after a power failure under "process" a clean prefix is there: no write
//     without all those that were acknowledged before it began;
//   - of a write that was not acknowledged all is there or nothing;
//   - a disk that fails for a while fails the writes that it concerns and no more:
//     the store recovers without a restart, and nothing of them is read, nor is
//     it there after a crash that follows the recovery;
//   - what a reader saw before it is there;
//   - numbers that were acknowledged are not given again, and what is sealed
//     stays sealed;
//   - a checkpoint is a moment between its beginning and its end.
package torture

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/torture"
)

// TestCrashes plays new seeds each time.
func TestCrashes(t *testing.T) {
	var sum tally
	plan := torture.Plan{Harness: "crashes of a disk in memory", Test: "TestCrashes ./store/torture", Seeds: 25, Limit: 5 * time.Second}
	plan.Play(t, func(seed uint64) error {
		err := play(seed, nil, &sum)
		var broken *violation
		if errors.As(err, &broken) {
			t.Logf("what was asked of the disk, by ticks:\n%s", broken.trace)
		}
		return err
	}, sum.String)
	require.Positive(t, sum.acked.Load())
}

// plantedSeeds is how many histories with a fault are played until it is found.
// One or two do for most, which takes a second.
const plantedSeeds = 100

// TestPlanted shows that the laws are looked at: what is broken on purpose is
// found soon, and found to be that.
func TestPlanted(t *testing.T) {
	for _, p := range append(plants(), plantsBeside()...) {
		t.Run(p.name, func(t *testing.T) {
			begin := time.Now()
			for seed := uint64(1); seed <= plantedSeeds; seed++ {
				err := play(seed, &p, &tally{})
				if err == nil {
					continue
				}
				require.Regexp(t, p.found, err.Error())
				t.Logf("found with seed %d after %v: %v", seed, time.Since(begin).Round(time.Millisecond), err)
				return
			}
			t.Fatal("not found")
		})
	}
}

// tally counts what happened.
type tally struct {
	acked                                         atomic.Int64
	lives, kills, failures, checkpoints, prefixes int
	refused                                       atomic.Int64
}

func (s *tally) String() string {
	return fmt.Sprintf("%d writes acknowledged in %d lives; %d kills and %d power failures looked into, %d of which took acknowledged writes as they may; %d checkpoints; %d writes failed with the disk",
		s.acked.Load(), s.lives, s.kills, s.failures, s.prefixes, s.checkpoints, s.refused.Load())
}
