package poller

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/arn"
	"sluice/internal/dice"
	"sluice/lambda/function"
)

// TestLaws plays random histories: puts, reshards, failing functions and
// destinations, changes of settings, kills. A naive model of what was put says
// what must hold of what the function saw. SLUICE_SEED plays one history again,
// SLUICE_HISTORIES more of them.
func TestLaws(t *testing.T) {
	count := 60
	if n, err := strconv.Atoi(os.Getenv("SLUICE_HISTORIES")); err == nil {
		count = n
	}
	if one, err := strconv.ParseUint(os.Getenv("SLUICE_SEED"), 10, 64); err == nil {
		require.NoError(t, play(t, one, nil))
		return
	}
	for seed := range uint64(count) {
		if err := play(t, seed, nil); err != nil {
			t.Fatalf("SLUICE_SEED=%d: %v", seed, err)
		}
	}
}

// TestLawsFindFaults plants faults around the poller. A checker that finds none
// of them would prove nothing.
func TestLawsFindFaults(t *testing.T) {
	for name, plant := range map[string]func(h *history){
		"a page loses a record":                 func(h *history) { h.source.lose = true },
		"shards have no parents":                func(h *history) { h.source.orphans = true },
		"checkpoints are ahead of what is done": func(h *history) { h.positions.ahead = true },
		"failures get lost":                     func(h *history) { h.swallow = true },
		"checkpoints are not kept":              func(h *history) { h.positions.forget = true },
		"a wake gets lost":                      func(h *history) { h.tips.lose = true },
		"a page has a record twice":             func(h *history) { h.source.twice = true },
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			for seed := range uint64(60) {
				if err = play(t, seed, plant); err != nil {
					t.Log(err)
					return
				}
			}
			t.Fatal("no history has found the fault")
		})
	}
}

// putRecord is a record of the model.
type putRecord struct {
	n             int
	key, shard    string
	sequence      string
	done, givenUp int
}

// history is one random history.
type history struct {
	w         *world
	roll      *dice.Dice // of the test
	luck      *dice.Dice // of the function and the destination, which nobody can order
	source    *faultySource
	tips      *faultyTips
	positions *mortalPositions
	poller    *Poller
	mapping   Mapping
	swallow   bool
	killed    bool
	deadly    bool
	strict    bool
	// loose is set by settings that finish records above the checkpoint;
	// restarted when these were repeated because of a stop or new settings.
	loose, restarted bool

	mu      sync.Mutex
	calm    bool // guarded by mu; functions and destinations work
	records []*putRecord
	by      map[string]*putRecord // by sequence number
	trouble []string
}

// n is a random number below most.
func (h *history) n(most int) int { return int(h.roll.Uint64() % uint64(most)) }

func play(t *testing.T, seed uint64, plant func(h *history)) error {
	w := newWorld(t)
	// Half of the histories have kills and failing checkpoints, a quarter keeps
	// to settings under which nothing is ever delivered twice.
	h := &history{deadly: seed%2 == 0, strict: seed%4 == 1, w: w, roll: dice.Seeded(seed), luck: dice.Seeded(^seed), by: map[string]*putRecord{}}
	h.source = &faultySource{Source: inProcess{w}}
	h.positions = &mortalPositions{Checkpoints: w.saved, alive: true}
	h.tips = &faultyTips{Tips: w.streams}
	readers, err := NewReaders(ReadersConfig{Clock: w.clock, Hold: w.clock.Hold, Source: h.source, Tips: h.tips})
	require.NoError(t, err)
	defer readers.Close()
	w.config.Readers, w.config.Invoker, w.config.Failures, w.config.Checkpoints = readers, h, h, h.positions
	if plant != nil {
		plant(h)
	}
	w.create("orders", int32(1+h.n(3)))
	h.mapping = w.mapping("orders", h.settings)
	if seed%5 == 0 {
		h.mapping.Source = w.consumer("orders", "fast")
	}
	h.begin()
	for range 25 {
		h.act()
	}
	h.mu.Lock()
	h.calm = true
	h.mu.Unlock()
	h.positions.set(nil)
	if !h.mapping.Enabled {
		h.mapping.Enabled = true
		require.NoError(t, h.poller.Update(h.mapping))
	}
	for i := 0; i < 60 && !h.allDone(); i++ {
		w.step(time.Minute)
	}
	// Movers of the clock do not wait for what is pushed. Pauses grow, or a busy
	// machine would see the records expire before they are pushed.
	pause, patience := time.Millisecond, time.Minute
	if plant != nil { // what gets lost never comes
		patience = time.Second
	}
	for waited := time.Duration(0); waited < patience && h.mapping.Source.Kind == arn.Consumer && !h.allDone(); waited += pause {
		time.Sleep(pause)
		pause = min(2*pause, 100*time.Millisecond)
		w.step(time.Minute)
	}
	h.poller.Stop()
	return h.judge()
}

func (h *history) begin() {
	p, err := Start(h.w.config, h.mapping)
	require.NoError(h.w.t, err)
	h.poller = p
}

func (h *history) settings(m *Mapping) {
	m.BatchSize = 1 + h.n(12)
	m.ParallelizationFactor = 1
	if !h.strict {
		m.ParallelizationFactor += h.n(3)
	}
	m.BatchingWindow = time.Duration(h.n(3)) * time.Second
	m.MaximumRetryAttempts = h.n(4) - 1
	m.Bisect, m.ReportBatchItemFailures = h.n(2) == 0, h.n(2) == 0
	m.TumblingWindow = 0
	if !h.strict && h.n(4) == 0 {
		m.TumblingWindow = 10 * time.Second
	}
	h.loose = h.loose || m.TumblingWindow > 0 || m.ParallelizationFactor > 1
	// The name tells the function what its answer is looked at for.
	m.Function = fmt.Sprintf("ingest-report=%t-window=%t", m.ReportBatchItemFailures, m.TumblingWindow > 0)
	m.MaximumRecordAge = -1
	if h.n(5) == 0 {
		m.MaximumRecordAge = time.Minute
	}
}

// act does one random thing.
func (h *history) act() {
	switch h.n(10) {
	case 0, 1, 2, 3:
		for range 1 + h.n(15) {
			h.put()
		}
	case 4:
		h.reshard()
	case 9:
		h.storm()
	case 5:
		h.restarted = true
		h.settings(&h.mapping)
		h.mapping.Enabled = h.n(4) > 0
		require.NoError(h.w.t, h.poller.Update(h.mapping))
	case 6:
		if h.deadly {
			h.kill()
		}
	case 7:
		h.restarted = true
		h.poller.Stop()
		h.begin()
	case 8:
		if !h.deadly {
			break
		}
		h.positions.set([]error{nil, errors.New("disk full")}[h.n(2)])
	}
	if h.n(3) > 0 {
		h.w.step(time.Duration(h.n(4000)) * time.Millisecond)
	}
}

// storm puts while the stream is resharded.
func (h *history) storm() {
	var work sync.WaitGroup
	work.Go(func() {
		for range 40 {
			h.put()
		}
	})
	h.reshard()
	work.Wait()
}

func (h *history) put() {
	h.mu.Lock() // the function may get the record before PutRecord returns
	defer h.mu.Unlock()
	key := fmt.Sprint("k", h.n(6))
	out, err := h.w.streams.PutRecord(h.w.ctx, &kinesis.PutRecordInput{StreamName: ptr("orders"), PartitionKey: &key, Data: []byte(key)})
	require.NoError(h.w.t, err)
	r := &putRecord{n: len(h.records), key: key, shard: *out.ShardId, sequence: *out.SequenceNumber}
	h.records = append(h.records, r)
	h.by[r.sequence] = r
}

func ptr[T any](v T) *T { return &v }

func (h *history) reshard() {
	out, err := h.w.streams.ListShards(h.w.ctx, &kinesis.ListShardsInput{StreamName: ptr("orders"), ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}})
	require.NoError(h.w.t, err)
	if i := h.n(len(out.Shards)); len(out.Shards) < 4 && h.n(2) == 0 {
		h.w.split("orders", *out.Shards[i].ShardId)
		return
	}
	slices.SortFunc(out.Shards, func(a, b types.Shard) int {
		return compareNumbers(*a.HashKeyRange.StartingHashKey, *b.HashKeyRange.StartingHashKey)
	})
	if len(out.Shards) > 1 {
		i := h.n(len(out.Shards) - 1)
		h.w.merge("orders", *out.Shards[i].ShardId, *out.Shards[i+1].ShardId)
	}
}

func compareNumbers(a, b string) int {
	if below(a, b) {
		return -1
	}
	if a == b {
		return 0
	}
	return 1
}

// kill ends the process: what it would still have stored is lost.
func (h *history) kill() {
	h.killed = true
	h.positions.kill()
	h.poller.Stop()
	h.positions = &mortalPositions{Checkpoints: h.positions.Checkpoints, alive: true, ahead: h.positions.ahead, forget: h.positions.forget}
	h.w.config.Checkpoints = h.positions
	h.begin()
}

// Invoke is the function: it does one record after the other and may stop at any.
func (h *history) Invoke(_ context.Context, in function.Invocation) (function.Result, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := eventOf(h.w.t, in.Payload)
	what := 0
	if !h.calm {
		what = int(h.luck.Uint64() % 12)
	}
	switch what {
	case 1, 2:
		return function.Result{Error: function.Unhandled, Version: "$LATEST"}, nil
	case 3:
		return function.Result{}, &function.NotInvoked{Code: "TooManyRequestsException", Throttled: true}
	case 4:
		return function.Result{}, &function.NotInvoked{Code: "ServiceException"}
	case 5, 6:
		if len(e.Records) > 0 && strings.Contains(in.Name, "report=true") {
			return h.partly(e), nil
		}
	case 7:
		if strings.Contains(in.Name, "true") {
			return function.Result{Payload: []byte("garb")}, nil
		}
	}
	for _, r := range e.Records {
		h.do(r.Kinesis.SequenceNumber)
	}
	return function.Result{Payload: []byte(`{"state":{}}`), Version: "$LATEST"}, nil
}

func (h *history) partly(e event) function.Result {
	stop := int(h.luck.Uint64() % uint64(len(e.Records)))
	for _, r := range e.Records[:stop] {
		h.do(r.Kinesis.SequenceNumber)
	}
	return function.Result{Version: "$LATEST", Payload: fmt.Appendf(nil, `{"state":{},"batchItemFailures":[{"itemIdentifier":%q}]}`, e.Records[stop].Kinesis.SequenceNumber)}
}

// do notes a record as done. mu is held.
func (h *history) do(sequence string) {
	r := h.by[sequence]
	if r == nil {
		h.trouble = append(h.trouble, "a record that was never put: "+sequence)
		return
	}
	h.finish(r)
	r.done++
}

// finish holds the first end of a record to the order. mu is held.
func (h *history) finish(r *putRecord) {
	if r.done+r.givenUp > 0 {
		return
	}
	for _, other := range h.records[:r.n] {
		if other.key == r.key && other.done+other.givenUp == 0 {
			h.trouble = append(h.trouble, fmt.Sprintf("record %d of key %s (%s) before record %d (%s)", r.n, r.key, r.shard, other.n, other.shard))
			return
		}
	}
}

// Deliver is the destination.
func (h *history) Deliver(_ context.Context, f Failure) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.calm && h.luck.Uint64()%3 == 0 {
		return errors.New("connection refused")
	}
	if h.swallow {
		return nil
	}
	for _, r := range eventOf(h.w.t, f.Payload).Records {
		if one := h.by[r.Kinesis.SequenceNumber]; one != nil {
			h.finish(one)
			one.givenUp++
		}
	}
	return nil
}

func (h *history) allDone() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !slices.ContainsFunc(h.records, func(r *putRecord) bool { return r.done+r.givenUp == 0 })
}

// judge holds the history to the laws.
func (h *history) judge() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.trouble) > 0 {
		return errors.New(h.trouble[0])
	}
	for _, r := range h.records {
		switch {
		case r.done+r.givenUp == 0:
			return fmt.Errorf("record %d of key %s in %s was neither done nor given up", r.n, r.key, r.shard)
		case r.done+r.givenUp > 1 && !h.killed && !h.positions.failed && !(h.loose && h.restarted):
			return fmt.Errorf("record %d of key %s was done %d times and given up %d times without a kill", r.n, r.key, r.done, r.givenUp)
		}
	}
	return nil
}
