package integration

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

const kclRecords = 200

// TestSharpCaseKCL makes the calls of the Kinesis Client Library 3 in its order, by polling and by fan-out at once. The
// library needs a lease table of another service; its own run belongs to the work on consumers.
func TestSharpCaseKCL(t *testing.T) {
	t.Run("case 86 the client library's calls through split and merge: every record once per app in key order", func(t *testing.T) {
		server := Start(t, "--memory", "--transition", "50ms")
		server.CreateStream(t, "case86", 2)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		var working sync.WaitGroup
		polling := newApp(server, "polling", false)
		fanning := newApp(server, "fanning", true)
		for _, app := range []*app{polling, fanning} {
			working.Go(func() {
				if err := app.run(ctx); err != nil {
					t.Errorf("%s: %v", app.name, err)
					cancel()
				}
			})
		}
		writeThroughSplitAndMerge(t, server)
		working.Wait()
		require.Empty(t, polling.wrong)
		require.Empty(t, fanning.wrong)
		finishedLeases(t, server)
	})
}

// writeThroughSplitAndMerge writes numbered records of eight keys while shard 0 is split and its children merged.
func writeThroughSplitAndMerge(t *testing.T, server *Server) {
	t.Helper()
	for i := range kclRecords {
		Must[PutEntry](t, server, "PutRecord", map[string]any{
			"StreamName": "case86", "Data": fmt.Append(nil, i), "PartitionKey": fmt.Sprintf("key-%d", i%8),
		})
		switch i {
		case kclRecords / 3:
			Must[struct{}](t, server, "SplitShard", map[string]any{
				"StreamName": "case86", "ShardToSplit": "shardId-000000000000", "NewStartingHashKey": "85070591730234615865843651857942052864",
			})
		case kclRecords * 2 / 3:
			server.WaitActive(t, "case86")
			Must[struct{}](t, server, "MergeShards", map[string]any{
				"StreamName": "case86", "ShardToMerge": "shardId-000000000002", "AdjacentShardToMerge": "shardId-000000000003",
			})
		}
	}
}

// finishedLeases asks for the children of a closed shard as the lease cleanup does: LATEST, then one GetRecords.
func finishedLeases(t *testing.T, server *Server) {
	t.Helper()
	for shard, children := range map[string]int{"shardId-000000000000": 2, "shardId-000000000002": 1, "shardId-000000000003": 1} {
		page := server.Page(t, server.Iterator(t, "case86", shard, "LATEST"))
		require.Empty(t, page.Records)
		require.Empty(t, page.NextShardIterator)
		require.Len(t, page.ChildShards, children, shard)
	}
}

// app is one application of the library: a lease per shard, a worker per lease.
type app struct {
	name   string
	server *Server
	client *kinesis.Client
	fanOut bool

	mu       sync.Mutex
	leases   map[string][]string // shard -> its parents
	started  map[string]bool
	finished map[string]bool
	seen     map[string]bool
	last     map[string]int // key -> number
	wrong    []string
	changed  chan struct{}
	consumer string
}

func newApp(server *Server, name string, fanOut bool) *app {
	return &app{
		name: name, server: server, client: server.SDK(), fanOut: fanOut,
		leases: map[string][]string{}, started: map[string]bool{}, finished: map[string]bool{},
		seen: map[string]bool{}, last: map[string]int{}, changed: make(chan struct{}, 1),
	}
}

// run makes the first leases from ListShards, then works on every lease whose parents are finished, until every record
// was seen and the last generation of shards is reached.
func (a *app) run(ctx context.Context) error {
	if err := a.firstLeases(ctx); err != nil {
		return err
	}
	if a.fanOut {
		if err := a.register(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	failed := make(chan error, 16)
	for {
		for _, shard := range a.ready() {
			workers.Go(func() {
				if err := a.work(ctx, shard); err != nil && ctx.Err() == nil {
					failed <- fmt.Errorf("%s: %w", shard, err)
				}
			})
		}
		if a.complete() {
			return nil
		}
		select {
		case <-a.changed:
		case err := <-failed:
			return err
		case <-ctx.Done():
			a.mu.Lock()
			defer a.mu.Unlock()
			return fmt.Errorf("%d records seen, %d shards finished: %w", len(a.seen), len(a.finished), ctx.Err())
		}
	}
}

// firstLeases lists the shards at the trim horizon and checks that they cover the hash space once.
func (a *app) firstLeases(ctx context.Context) error {
	listed, err := a.client.ListShards(ctx, &kinesis.ListShardsInput{
		StreamName: aws.String("case86"), StreamARN: aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/case86"),
		ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon},
	})
	if err != nil {
		return err
	}
	slices.SortFunc(listed.Shards, func(x, y types.Shard) int {
		return decimal(x.HashKeyRange.StartingHashKey).Cmp(decimal(y.HashKeyRange.StartingHashKey))
	})
	next := new(big.Int)
	for _, shard := range listed.Shards {
		if decimal(shard.HashKeyRange.StartingHashKey).Cmp(next) != 0 {
			return fmt.Errorf("a hole or an overlap before %s", *shard.ShardId)
		}
		next.Add(decimal(shard.HashKeyRange.EndingHashKey), big.NewInt(1))
		a.leases[*shard.ShardId] = nil
	}
	if next.Cmp(limit128()) != 0 {
		return fmt.Errorf("the hash space ends at %s", next)
	}
	return nil
}

func decimal(text *string) *big.Int {
	n, _ := new(big.Int).SetString(*text, 10)
	return n
}

// register finds no consumer, makes one, and waits for it.
func (a *app) register(ctx context.Context) error {
	summary, err := a.client.DescribeStreamSummary(ctx, &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("case86")})
	if err != nil {
		return err
	}
	if summary.StreamDescriptionSummary.StreamId != nil {
		return fmt.Errorf("the stream has the id %s: calls with it would go to the real service", *summary.StreamDescriptionSummary.StreamId)
	}
	arn := summary.StreamDescriptionSummary.StreamARN
	described := &kinesis.DescribeStreamConsumerInput{StreamARN: arn, ConsumerName: &a.name}
	if _, err := a.client.DescribeStreamConsumer(ctx, described); err == nil {
		return fmt.Errorf("the consumer is there already")
	}
	if _, err := a.client.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: &a.name}); err != nil {
		return err
	}
	for {
		answer, err := a.client.DescribeStreamConsumer(ctx, described)
		if err != nil {
			return err
		}
		if answer.ConsumerDescription.ConsumerStatus == types.ConsumerStatusActive {
			a.consumer = *answer.ConsumerDescription.ConsumerARN
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// ready starts the leases whose parents are finished, each once.
func (a *app) ready() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var shards []string
	for shard, parents := range a.leases {
		if !a.started[shard] && !slices.ContainsFunc(parents, func(p string) bool { return !a.finished[p] }) {
			a.started[shard] = true
			shards = append(shards, shard)
		}
	}
	return shards
}

// complete is true when all records came and only the shards of the last generation are open.
func (a *app) complete() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	open := maps.Clone(a.leases)
	for shard := range a.finished {
		delete(open, shard)
	}
	return len(a.wrong) > 0 || len(a.seen) == kclRecords && len(a.finished) == 3 && len(open) == 2
}

func (a *app) work(ctx context.Context, shard string) error {
	if a.fanOut {
		return a.subscribe(ctx, shard)
	}
	return a.poll(ctx, shard)
}

func (a *app) poll(ctx context.Context, shard string) error {
	arn := aws.String("arn:aws:kinesis:us-east-1:000000000000:stream/case86")
	first, err := a.client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{
		StreamName: aws.String("case86"), StreamARN: arn, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon,
	})
	if err != nil {
		return err
	}
	for iterator := first.ShardIterator; iterator != nil; {
		page, err := a.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator, Limit: aws.Int32(10000), StreamARN: arn})
		if err != nil {
			return err
		}
		a.take(page.Records)
		if (page.NextShardIterator == nil) != (len(page.ChildShards) > 0) {
			return fmt.Errorf("no iterator without children and no children without the end")
		}
		if iterator = page.NextShardIterator; iterator == nil {
			a.finish(shard, page.ChildShards)
		}
		time.Sleep(20 * time.Millisecond) // the library waits a second; the test has less time
	}
	return nil
}

func (a *app) subscribe(ctx context.Context, shard string) error {
	answer, err := a.client.SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{
		ConsumerARN: &a.consumer, ShardId: &shard, StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon},
	})
	if err != nil {
		return err
	}
	events := answer.GetStream()
	defer events.Close()
	for event := range events.Events() {
		data := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
		a.take(data.Records)
		if (data.ContinuationSequenceNumber == nil) != (len(data.ChildShards) > 0) {
			return fmt.Errorf("a continuation and children, or neither")
		}
		if len(data.ChildShards) > 0 {
			a.finish(shard, data.ChildShards)
		}
	}
	return events.Err()
}

// take notes records that came twice or out of their key's order.
func (a *app) take(records []types.Record) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, record := range records {
		number := 0
		_, _ = fmt.Sscan(string(record.Data), &number)
		key := *record.PartitionKey
		if last, ok := a.last[key]; a.seen[string(record.Data)] || ok && last >= number {
			a.wrong = append(a.wrong, fmt.Sprintf("record %d of %s after %d", number, key, last))
		}
		a.seen[string(record.Data)], a.last[key] = true, number
	}
	a.tell()
}

// finish ends a lease and makes those of the children, parents first.
func (a *app) finish(shard string, children []types.ChildShard) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.finished[shard] = true
	for _, child := range children {
		a.leases[*child.ShardId] = child.ParentShards
	}
	a.tell()
}

func (a *app) tell() {
	select {
	case a.changed <- struct{}{}:
	default:
	}
}
