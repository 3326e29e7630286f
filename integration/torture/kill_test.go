// Package torture holds the whole program to its promises: it is killed under
// load, watched over hours of change, and asked the same thing by many at once.
// docs/reliability.md says what was run for how long.
//
//	SLUICE_TORTURE_SEEDS=200 go test -timeout 0 -run TestKills ./integration/torture
package torture

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice"
	"sluice/integration"
	"sluice/internal/torture"
	"sluice/store/doctor"
)

// roundsPerFolder is how often a server is killed over the same data folder.
const roundsPerFolder = 10

// roundsForAll is after how many of them each kind of change was acknowledged.
const roundsForAll = 3

// TestKills kills the program with kill -9 at random moments, with a dozen
// writes in flight, and looks what is left. A seed is a round.
func TestKills(t *testing.T) {
	var k *killing
	sum := killTally{acked: map[string]int{}}
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
		total.acked = maps.Clone(sum.acked)
		k.calls.answers.addTo(total.acked)
		return total.String()
	})
	k.end(&sum)
	if kind, n := rarest(sum.acked); sum.rounds >= roundsForAll {
		require.Positive(t, n, kind)
	}
}

// TestPlantedKills shows that what is broken on purpose is found, here by a
// connection that lies to those who write.
func TestPlantedKills(t *testing.T) {
	for _, p := range []string{lieDrop, lieTwice, lieNumber, lieFails} {
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

// TestPlantedKinds shows that a table that was acknowledged and dropped is
// found, and so is an event, and a writer who is refused.
func TestPlantedKinds(t *testing.T) {
	lie := &liar{what: lieKinds}
	k := beginKilling(t, "process", lie)
	defer k.end(&killTally{})
	k.rounds++
	ctx, stop := context.WithCancel(t.Context())
	dice := rand.New(rand.NewPCG(1, 3))
	var writing sync.WaitGroup
	for _, table := range []string{"table/a", "table/b"} { // one change each
		_, name := kindOf(table)
		require.NoError(t, k.values.change(table, "there", func() error { return k.calls.changeTable(ctx, name, absent, "there") }))
	}
	writing.Go(func() { k.tell(ctx, dice) })
	require.NoError(t, until(ctx, lie.dropped))
	k.server.Kill()
	stop()
	writing.Wait()
	k.server.Restart()

	_, err := k.values.check(func(key string) (string, error) { return k.reads.value(t.Context(), key) })
	require.ErrorContains(t, err, "table/b is (absent), and was acknowledged as there")
	require.NoError(t, until(t.Context(), func() (late string, err error) {
		if late, err = k.ear.missing(); late == "e1.2" {
			return "", nil
		}
		return "only e1.2 is to be missing, and not " + late, err
	}))
	waiting, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	require.ErrorContains(t, k.lookAtInvocations(waiting), `"e1.2" is missing`)

	require.NoError(t, k.calls.answers.take())
	require.Error(t, k.calls.changeTable(t.Context(), "b", "there", "other"))
	require.ErrorContains(t, k.calls.answers.take(), "Glue UpdateTable: refused")
}

type killTally struct {
	rounds, records, values, objects, delivered, twice, invoked, again int
	unanswered, kept                                                   int
	acked                                                              map[string]int // by kind of change
}

func (s *killTally) String() string {
	kind, n := rarest(s.acked)
	return fmt.Sprintf("%d kills; acknowledged and found: %d records, %d changes of streams and items, %d objects, %d delivered records (%d of them twice); "+
		"%d events of a mapping (%d again); of %d unanswered records %d were kept; of %d kinds of change the rarest (%s) was acknowledged %d times",
		s.rounds, s.records, s.values, s.objects, s.delivered, s.twice, s.invoked, s.again, s.unanswered, s.kept, len(kinds()), kind, n)
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
	down    bool // the server was killed, and not started again
	pool    pool
	turns   sync.Map // how far each cycle is
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
	if sum.acked != nil {
		k.calls.answers.addTo(sum.acked)
	}
	k.sink.server.Close()
	k.ear.server.Close()
	if !k.down {
		k.server.Stop()
	}
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
	unheard := k.awaitAll(ctx, dice)
	k.server.Kill()
	k.down = true
	stop()
	writing.Wait()
	if unheard != nil {
		return unheard
	}
	for _, c := range []*calls{k.calls, k.reads} { // whose connections are broken
		c.http.CloseIdleConnections()
	}
	if err := k.examine(); err != nil {
		return err
	}
	k.server.Restart()
	k.down = false
	if err := k.look(sum); err != nil {
		return err
	}
	return k.calls.answers.take()
}

// awaitAll has a kill wait, now and then, until each kind of change was
// acknowledged once over this folder: however busy the machine is, each is
// tested.
func (k *killing) awaitAll(ctx context.Context, dice *rand.Rand) error {
	missing, err := k.calls.answers.missing()
	if err != nil || missing == "" || k.rounds%roundsForAll != 0 {
		return err
	}
	k.calls.answers.calm.Store(true) // the others wait for it, and all is read afterwards
	if err := until(ctx, k.calls.answers.missing); err != nil {
		return fmt.Errorf("kinds of change: %w", err)
	}
	k.calls.answers.calm.Store(false)
	time.Sleep(time.Duration(50+dice.IntN(100)) * time.Millisecond)
	return nil
}

// examine has the doctor look at what a kill has left: nothing is damaged.
func (k *killing) examine() error {
	report, err := doctor.Examine(doctor.Options{Dir: k.data, Owners: sluice.BodyOwners()})
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
