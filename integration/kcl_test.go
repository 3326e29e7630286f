package integration

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The consumer libraries at their default settings wait a lot: ten seconds for the lease table, up to half a minute
// before the first list of shards and a whole one after it, twenty seconds between two assignments.
const (
	kclSmall      = 2_000
	kclFull       = 100_000
	kclSmallLimit = 12 * time.Minute
	kclFullLimit  = 25 * time.Minute
)

// kclWarnings are what the libraries may warn of; docs/kcl.md says why.
func kclWarnings() []string {
	return []string{
		"Did not find an operating range metadata provider",
		"PING timer scheduled after",
		"Flushing PING frame took",
		"because CloudWatchPublisherRunnable is shutting down",
		"FutureCancelledException",
		"Cannot get the shard for this ProcessTask",
		"Not able to assign all expiredOrUnAssignedLeases",
		"complete called on a cancelled subscription. Ignoring completion.",
		// of version 1
		"Shutting down consumer with SHARD_END reason without creating leases for child shards",
		"Unable to load config file /dev/null",
		"Received configuration for endpoint as",
		"Received configuration for region as",
		"LeaderDecider cannot be customized with non-PERIODIC shard sync strategy type",
	}
}

// kclAlarms are of complaints that no busy machine brings about: Sluice has answered what the library cannot use.
func kclAlarms() []string {
	return []string{"(Service: ", "eserializ", "nmarshall", "hash range", "hashranges", "No child shards", "Skipping over", "not present in the stream",
		"NullPointerException", "ClassCastException", "IllegalArgumentException", "invalid client version", "unexpected DDB state"}
}

// kclRefusals are of answers that every client has to expect.
func kclRefusals() []string {
	return []string{"ProvisionedThroughputExceededException", "LimitExceededException", "ResourceInUseException"}
}

// kclStory is one run of a library's version.
type kclStory struct {
	client, version, mode string
	records               int
	// killLeader makes the victim the worker that leads the others, which costs two minutes.
	killLeader bool
	// strict lets nothing pass but the expected warnings. The library has dozens that tell of a machine too busy for its
	// timers, so that this is for a quiet one.
	strict bool
}

func (k kclStory) name() string {
	return strings.TrimSpace(fmt.Sprint(k.client, " ", k.version, " ", k.mode))
}

// TestKCL runs the newest Kinesis Client Library, and one in Go, against Sluice alone, polling and by enhanced fan-out:
// two workers, a split, a merge, a worker killed and another started.
func TestKCL(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"polling", "fan-out"} {
		kclStory{client: "kcl", mode: mode, records: kclSmall}.run(t, kclSmallLimit)
		kclStory{client: "vmware", mode: mode, records: kclSmall}.run(t, kclSmallLimit)
	}
}

// TestAllClientVersionsOfKCL runs all versions at full size. It is for `make test-clients`.
func TestAllClientVersionsOfKCL(t *testing.T) {
	if os.Getenv("SLUICE_ALL_CLIENTS") == "" {
		t.Skip("run by make test-clients")
	}
	t.Parallel()
	for _, version := range []string{"", "3.4.2", "2.7.2"} {
		for _, mode := range []string{"polling", "fan-out"} {
			kclStory{client: "kcl", version: version, mode: mode, records: kclFull, killLeader: true, strict: true}.run(t, kclFullLimit)
		}
	}
	kclStory{client: "kcl1", mode: "polling", records: kclFull, strict: true}.run(t, kclFullLimit)
	for _, mode := range []string{"polling", "fan-out"} {
		kclStory{client: "vmware", mode: mode, records: kclFull, strict: true}.run(t, kclFullLimit)
		kclStory{client: "multilang", mode: mode, records: kclFull, strict: true}.run(t, kclFullLimit)
	}
}

// run is a parallel subtest that leaves a row in the report.
func (k kclStory) run(t *testing.T, limit time.Duration) {
	t.Run("7.7 "+k.name(), func(t *testing.T) {
		t.Parallel()
		begin := time.Now()
		err := k.tell(t, limit)
		result := "ok"
		if err != nil {
			result = "failed: " + err.Error()
		}
		row := Row{Client: k.client, Version: k.version, Transport: k.mode, Step: "10", Result: result, Count: k.records}
		require.NoError(t, AddToReport("clients.json", []Row{row}))
		require.NoError(t, err)
		t.Logf("%d records in %.0f s", k.records, time.Since(begin).Seconds())
	})
}

func (k kclStory) tell(t *testing.T, limit time.Duration) error {
	if _, err := Install(t.Context(), k.client, k.version); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	server := Start(t, "--memory", "--limits", "aws")
	stream := strings.NewReplacer(" ", "-", ".", "-").Replace("kcl-" + k.name())
	server.CreateStream(t, stream, 4)
	a := NewApplication(server, k.client, k.version, k.mode, stream, k.records)
	if err := a.Start(ctx, "one"); err != nil {
		return err
	}
	if k.client == "vmware" || k.client == "kcl" && k.version != "2.7.2" {
		if err := a.AwaitFounded(ctx); err != nil {
			return err
		}
	}
	if err := a.Start(ctx, "two"); err != nil {
		return err
	}
	third := k.records / 3
	if err := a.Put(ctx, 0, third); err != nil {
		return err
	}
	if err := a.Await(ctx, "the first records are processed", func() bool { return k.records-a.missing > third/2 }); err != nil {
		return err
	}
	a.Reshard(t, false)
	if err := a.Put(ctx, third, 2*third); err != nil {
		return err
	}
	victim, err := k.kill(ctx, a)
	if err != nil {
		return err
	}
	a.Reshard(t, true)
	if err := a.Put(ctx, 2*third, k.records); err != nil {
		return err
	}
	if err := a.Start(ctx, "three"); err != nil {
		return err
	}
	return k.finish(ctx, t, a, victim)
}

// kill ends one of the two workers and says which.
func (k kclStory) kill(ctx context.Context, a *Application) (victim string, err error) {
	leases, leader, err := a.Leases(ctx)
	if err != nil {
		return "", err
	}
	victim = "two"
	if k.client == "vmware" { // whose first worker may have all leases
		for _, l := range leases {
			victim = cmp.Or(l.Owner, victim)
		}
	}
	if leader != "" && (leader == victim) != k.killLeader {
		victim = "one"
	}
	return victim, a.Kill(victim)
}

// finish waits for the end of the story and looks at what is left of it.
func (k kclStory) finish(ctx context.Context, t *testing.T, a *Application, victim string) error {
	if err := a.Await(ctx, "every record is processed", func() bool { return a.missing == 0 }); err != nil {
		return err
	}
	if err := awaitParents(ctx, a); err != nil {
		return err
	}
	if err := awaitOwners(ctx, a, victim); err != nil {
		return err
	}
	for _, name := range []string{"one", "two", "three"} {
		if name == victim {
			continue
		}
		if k.client == "kcl" || k.client == "kcl1" {
			if err := a.AwaitBegun(ctx, name); err != nil {
				return err
			}
		}
		if err := a.Stop(name); err != nil {
			return err
		}
	}
	complaints := a.odd
	if k.client != "vmware" { // whose log calls waiting for a consumer an error
		complaints = append(complaints, k.complaints(t, a)...)
	}
	if len(complaints) > 0 {
		return fmt.Errorf("%s", strings.Join(complaints, "\n"))
	}
	return nil
}

// complaints are what the workers have logged and should not have.
func (k kclStory) complaints(t *testing.T, a *Application) (list []string) {
	for _, text := range a.Complaints(kclWarnings()) {
		if k.strict || containsAny(text, kclAlarms()) && !containsAny(text, kclRefusals()) {
			list = append(list, text)
			continue
		}
		t.Logf("passed over: %.500s", text)
	}
	return list
}

// awaitParents waits until the shards that were split and merged are finished. The victim may have had no time left to
// say so, between writing it down and its end: then the lease says it, or is gone already.
func awaitParents(ctx context.Context, a *Application) error {
	parents := []string{"shardId-000000000000", "shardId-000000000002", "shardId-000000000003"}
	open := map[string]bool{}
	for {
		leases, _, err := a.Leases(ctx)
		if err != nil {
			return err
		}
		clear(open)
		for _, l := range leases {
			open[l.Shard] = l.Checkpoint != "SHARD_END"
		}
		moment, cancel := context.WithTimeout(ctx, time.Second)
		err = a.Await(moment, "the parents are finished", func() bool {
			return !slices.ContainsFunc(parents, func(shard string) bool { return open[shard] && !a.ended[shard] })
		})
		again := moment.Err() != nil && ctx.Err() == nil
		cancel()
		if err == nil || !again {
			return err
		}
	}
}

// awaitOwners waits until every lease that is not finished belongs to a worker that lives.
func awaitOwners(ctx context.Context, a *Application, victim string) error {
	for {
		leases, _, err := a.Leases(ctx)
		if err != nil {
			return err
		}
		open, owners, wrong := 0, map[string]int{}, 0
		for _, l := range leases {
			if l.Checkpoint == "SHARD_END" {
				continue
			}
			open++
			owners[l.Owner]++
			if l.Owner == "" || l.Owner == victim {
				wrong++
			}
		}
		if open == 4 && wrong == 0 {
			return nil
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return fmt.Errorf("the leases are not all in living hands: %v", leases)
		}
	}
}
