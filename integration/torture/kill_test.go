// Package torture holds the whole program to its promises: it is killed under
// load, watched over hours of change, and asked the same thing by many at once.
// docs/reliability.md says what was run for how long.
//
//	SLUICE_TORTURE_SEEDS=200 go test -timeout 0 -run TestKills ./integration/torture
package torture

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/integration"
	"sluice/internal/torture"
	"sluice/store/doctor"
)

// roundsPerFolder is how often a server is killed over the same data folder.
const roundsPerFolder = 10

// TestKills kills the program with kill -9 at random moments, with a dozen
// writes in flight, and looks what is left. A seed is a round.
func TestKills(t *testing.T) {
	var k *killing
	var sum killTally
	plan := torture.Plan{Harness: "kill -9 under load", Test: "TestKills ./integration/torture", Seeds: 3}
	round := 0
	plan.Play(t, func(seed uint64) error {
		if k == nil || round%roundsPerFolder == 0 {
			if k != nil {
				k.end(&sum)
			}
			k = beginKilling(t, []string{"process", "disk"}[round/roundsPerFolder%2], nil)
		}
		round++
		return k.round(seed, &sum)
	}, func() string {
		total := sum
		total.invoked, total.again = sum.invoked+k.invoked, sum.again+k.again
		return total.String()
	})
	k.end(&sum)
}

// TestPlantedKills shows that what is broken on purpose is found, here by a
// connection that lies to those who write.
func TestPlantedKills(t *testing.T) {
	for _, p := range []string{lieDrop, lieTwice, lieNumber} {
		t.Run(p, func(t *testing.T) {
			k := beginKilling(t, "process", &liar{what: p})
			defer k.end(&killTally{})
			var err error
			for seed := uint64(1); seed < 60 && err == nil; seed++ {
				err = k.round(seed, &killTally{})
			}
			require.Error(t, err)
			t.Log("found: ", err)
		})
	}
}

type killTally struct {
	rounds, records, values, objects, delivered, twice, invoked, again int
	unanswered, kept                                                   int
}

func (s *killTally) String() string {
	return fmt.Sprintf("%d kills; acknowledged and found: %d records, %d changes of streams and items, %d objects, %d delivered records (%d of them twice); "+
		"%d events of a mapping (%d again); of %d unanswered records %d were kept",
		s.rounds, s.records, s.values, s.objects, s.delivered, s.twice, s.invoked, s.again, s.unanswered, s.kept)
}

// killing is a data folder, the server over it, and what was written.
type killing struct {
	t       *testing.T
	server  *integration.Server
	data    string // its folder
	calls   *calls // of writers; those of readers do not lie
	reads   *calls
	sink    *sink
	records *ledger
	wide    *ledger // of the stream of many shards
	hose    *ledger
	river   *ledger
	ear     *ear
	latest  time.Time // that was told by the service
	values  *register
	objects *register
	rounds  int
	// invoked and again count events of the mapping.
	invoked, again int
}

// beginKilling starts a server over a new folder.
func beginKilling(t *testing.T, durability string, lie *liar) *killing {
	k := &killing{t: t, data: filepath.Join(t.TempDir(), "data"), sink: newSink(), ear: newEar(), river: newLedger(), records: newLedger(), wide: newLedger(), hose: newLedger(), values: newRegister(), objects: newRegister()}
	settings := filepath.Join(t.TempDir(), "sluice.yaml")
	text := "version: 1\nfunctions:\n  - {name: sink, http: {url: \"" + k.sink.server.URL + "\"}}\n" +
		"  - {name: " + earName + ", http: {url: \"" + k.ear.server.URL + "\"}}\n"
	require.NoError(t, os.WriteFile(settings, []byte(text), 0o600))
	k.server = integration.Start(t, "--transition", "0", "--durability", durability, "--config", settings,
		"--data", k.data)
	k.calls, k.reads = newCalls(k.server.URL, lie), newCalls(k.server.URL, nil)
	require.NoError(t, k.reads.prepare(t.Context()))
	return k
}

// end stops the server.
func (k *killing) end(sum *killTally) {
	sum.invoked, sum.again = sum.invoked+k.invoked, sum.again+k.again
	k.sink.server.Close()
	k.ear.server.Close()
	k.server.Stop()
}

// round writes for a moment, kills, starts again and looks.
func (k *killing) round(seed uint64, sum *killTally) error {
	dice := rand.New(rand.NewPCG(seed, 3))
	k.rounds++
	sum.rounds++
	ctx, stop := context.WithCancel(k.t.Context())
	var writing sync.WaitGroup
	for _, w := range k.writers(dice) {
		writing.Go(func() { w(ctx) })
	}
	time.Sleep(time.Duration(50+dice.IntN(400)) * time.Millisecond)
	k.server.Kill()
	stop()
	writing.Wait()
	for _, c := range []*calls{k.calls, k.reads} { // whose connections are broken
		c.http.CloseIdleConnections()
	}
	if err := k.examine(); err != nil {
		return err
	}
	k.server.Restart()
	return k.look(sum)
}

// examine has the doctor look at what a kill has left: nothing is damaged.
func (k *killing) examine() error {
	report, err := doctor.Examine(doctor.Options{Dir: k.data})
	if err != nil {
		return fmt.Errorf("examine the folder: %w", err)
	}
	for _, f := range report.Findings {
		if f.Severity == doctor.Damage {
			return fmt.Errorf("the doctor finds damage after a kill: %+v", f)
		}
	}
	return nil
}
