package metamorphic

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sluice/internal/caller"
	"sluice/internal/clock"
	"sluice/internal/dice"
	"sluice/shards"
	"sluice/store"
	"sluice/store/snapshot"
)

// options say what a world is made of.
type options struct {
	seed  uint64
	plant *plant // nil: nothing is broken
	tally *tally // nil: nobody counts
}

// tally is what happened, so that a run that tried nothing is seen.
type tally struct {
	written, read, reshards, scaled, restarts, power, jumps, saves, restores, resets, pushed, spread, amid int
}

func (t tally) String() string {
	return fmt.Sprintf("%d records written, %d read, %d reshards asked for, %d decisions of the scaler, %d restarts, %d power failures, %d jumps of days, %d snapshots saved, %d restored, %d resets, %d records pushed, %d written under AUTO, %d found in snapshots made meanwhile",
		t.written, t.read, t.reshards, t.scaled, t.restarts, t.power, t.jumps, t.saves, t.restores, t.resets, t.pushed, t.spread, t.amid)
}

// everything tells whether each kind of thing happened.
func (t tally) everything() bool {
	return min(t.read, t.scaled, t.restarts, t.power, t.restores, t.resets, t.pushed, t.spread) > 0
}

// violation is a law that was broken.
type violation struct {
	law, what string
	seed      uint64
	steps     []string // the last ones
}

// Error implements error.
func (v *violation) Error() string {
	return fmt.Sprintf("seed %d: %s: %s\n%s", v.seed, v.law, v.what, strings.Join(v.steps, "\n"))
}

// The laws by name.
const (
	lawTiling   = "the open shards tile the hash space"
	lawOnce     = "exactly once"
	lawOrder    = "in order per key"
	lawNumbers  = "numbers grow and are given once"
	lawLineage  = "no child before its parents' end"
	lawTruth    = "a consumer reads what the producer was told"
	lawService  = "every answer is one of the service"
	lawProgress = "everything comes to an end"
	lawMoment   = "a snapshot is one moment"
	lawWorlds   = "worlds and accounts are kept apart"
)

// play lives one world and returns the first violation.
func play(o options) (v *violation) {
	w := newWorld(o)
	defer func() {
		if r := recover(); r != nil {
			found, ok := r.(*violation)
			if !ok {
				panic(r)
			}
			v = found
			v.seed, v.steps = o.seed, w.steps
		}
		w.close()
	}()
	w.live()
	return nil
}

// world is a room, who uses it, and what was promised.
type world struct {
	options
	dice   *rand.Rand
	ctx    context.Context
	clock  *clock.Service
	disk   *vfs.MemFS // nil: in memory
	kept   *store.Store
	shelf  snapshot.Shelf
	room   *shards.Streams
	api    api // the room, or a plant around it
	config shards.Config

	streams   []*stream
	neighbour neighbour
	saved     []*saved
	saves     int       // ever made
	drained   time.Time // when all consumers had read everything last
	steps     []string
	sum       tally
	next      int // number of the next record
}

// api is what the world calls of the room.
type api interface {
	GetRecords(context.Context, *kinesis.GetRecordsInput, ...func(*kinesis.Options)) (*kinesis.GetRecordsOutput, error)
	GetShardIterator(context.Context, *kinesis.GetShardIteratorInput, ...func(*kinesis.Options)) (*kinesis.GetShardIteratorOutput, error)
}

const account, region = "123456789012", "us-east-1"

func newWorld(o options) *world {
	w := &world{options: o, dice: rand.New(rand.NewPCG(o.seed, 1)), clock: clock.NewManual(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC))}
	w.ctx = caller.With(context.Background(), caller.Caller{Account: account, Region: region})
	if w.dice.IntN(3) == 0 {
		w.disk = vfs.NewCrashableMem()
	}
	w.config = shards.Config{Clock: w.clock, Host: clock.Host(), Dice: dice.Seeded(o.seed), Hold: w.clock.Hold,
		Transition: shards.TransitionConfig{Duration: pick(w.dice, 0, 100*time.Millisecond, 3*time.Second, 40*time.Second)},
		Limits:     w.limits()}
	w.drained = w.clock.Now()
	w.openStore()
	w.openShelf()
	w.openRoom()
	return w
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// limits make shards small now and then, so that a few records are many.
func (w *world) limits() shards.Limits {
	return shards.Limits{Enforced: w.dice.IntN(3) == 0, Factor: pick(w.dice, 0.001, 0.003, 0.01, 1)}
}

func (w *world) storeOptions() store.Options {
	if w.disk == nil {
		return store.Options{Memory: true, Now: w.clock.Now}
	}
	return store.Options{Dir: "data", FS: w.disk, Durability: store.Disk, Now: w.clock.Now, CacheBytes: 1 << 20, MemTableBytes: 1 << 20, ReserveBytes: -1}
}

func (w *world) openStore() {
	kept, err := store.Open(w.storeOptions())
	w.must(err)
	w.kept = kept
}

func (w *world) openRoom() {
	w.config.Log, w.config.Catalog = shards.Log(w.kept.Log("kinesis")), w.kept.Catalog("kinesis", shards.Apply)
	if w.plant != nil && w.plant.log != nil {
		w.config.Log = w.plant.log(w.config.Log)
	}
	room, err := shards.Open(w.ctx, w.config)
	w.must(err)
	w.room, w.api = room, room
	if w.plant != nil && w.plant.api != nil {
		w.api = w.plant.api(room)
	}
}

func (w *world) close() {
	if w.room != nil {
		_ = w.room.Close()
	}
	if w.kept != nil {
		_ = w.kept.Close()
	}
	if w.tally != nil {
		t := w.tally
		t.written, t.read, t.reshards, t.scaled = t.written+w.sum.written, t.read+w.sum.read, t.reshards+w.sum.reshards, t.scaled+w.sum.scaled
		t.restarts, t.power, t.jumps = t.restarts+w.sum.restarts, t.power+w.sum.power, t.jumps+w.sum.jumps
		t.saves, t.restores, t.resets = t.saves+w.sum.saves, t.restores+w.sum.restores, t.resets+w.sum.resets
		t.pushed, t.spread, t.amid = t.pushed+w.sum.pushed, t.spread+w.sum.spread, t.amid+w.sum.amid
	}
}

// must is for what can only fail if something is badly wrong.
func (w *world) must(err error) {
	if err != nil {
		w.broken(lawService, "%v", err)
	}
}

// broken ends the world.
func (w *world) broken(law, format string, args ...any) {
	panic(&violation{law: law, what: fmt.Sprintf(format, args...)})
}

// note writes down a step.
func (w *world) note(format string, args ...any) {
	w.steps = append(w.steps, w.clock.Now().Format("01-02 15:04:05.000 ")+fmt.Sprintf(format, args...))
	if len(w.steps) > 80 {
		w.steps = w.steps[1:]
	}
}

// answered holds an error to being one that a client of the service can get.
func (w *world) answered(what string, err error) bool {
	if err == nil {
		return true
	}
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorFault() == smithy.FaultServer {
		w.broken(lawService, "%s: %v", what, err)
	}
	w.note("%s: %s", what, api.ErrorCode())
	return false
}

// live lets things happen, then waits for everything to come to its end.
func (w *world) live() {
	if w.dice.IntN(2) == 0 {
		_, err := w.room.UpdateAccountSettings(w.ctx, &kinesis.UpdateAccountSettingsInput{MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{
			Status: types.MinimumThroughputBillingCommitmentInputStatusEnabled}})
		w.must(err)
	}
	for range 1 + w.dice.IntN(2) {
		w.create()
	}
	for range 60 + w.dice.IntN(120) {
		w.step()
	}
	w.settle()
	for _, s := range w.streams {
		w.checkTiling(s)
	}
	w.checkNeighbour()
}

// settle lets changes land and consumers read everything.
func (w *world) settle() {
	w.room.SetLimits(shards.Limits{Factor: w.config.Limits.Factor})
	for range 200 {
		if w.allActive() {
			break
		}
		w.clock.Step(10 * time.Second)
	}
	if !w.allActive() {
		w.broken(lawProgress, "a stream does not become ACTIVE")
	}
	for _, s := range w.streams {
		for _, c := range s.consumers {
			w.drain(s, c)
		}
	}
	w.drained = w.clock.Now()
	w.room.SetLimits(w.config.Limits)
}

func (w *world) allActive() bool {
	for _, s := range w.streams {
		if status, _ := w.status(s); status != types.StreamStatusActive {
			return false
		}
	}
	return true
}

func (w *world) status(s *stream) (types.StreamStatus, int) {
	out, err := w.room.DescribeStreamSummary(shards.Free(w.ctx), &kinesis.DescribeStreamSummaryInput{StreamName: &s.name})
	w.must(err)
	return out.StreamDescriptionSummary.StreamStatus, int(aws.ToInt32(out.StreamDescriptionSummary.OpenShardCount))
}
