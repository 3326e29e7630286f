package integration

import (
	"bufio"
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"math/big"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"
)

// pollPause leaves a shard's five calls a second alone.
const pollPause = 250 * time.Millisecond

// lineage reads a stream as lineage asks: a child when all of its parents were read to their end.
type lineage struct {
	client *kinesis.Client
	stream string
	take   func(shard string, hashes types.HashKeyRange, record types.Record)

	hashes   map[string]types.HashKeyRange
	active   map[string]*string  // shard -> next iterator
	waiting  map[string][]string // child -> its parents
	finished []string
}

// follow reads from the first shards on, until nothing was new in a round that began after done was closed.
func (l *lineage) follow(ctx context.Context, done <-chan struct{}) error {
	l.hashes, l.active, l.waiting = map[string]types.HashKeyRange{}, map[string]*string{}, map[string][]string{}
	listed, err := l.client.ListShards(ctx, &kinesis.ListShardsInput{StreamName: &l.stream,
		ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon}})
	if err != nil {
		return err
	}
	for _, shard := range listed.Shards {
		l.hashes[*shard.ShardId] = *shard.HashKeyRange
		if err := l.start(ctx, *shard.ShardId); err != nil {
			return err
		}
	}
	for {
		last := false
		select {
		case <-done:
			last = true
		default:
		}
		quiet, err := l.round(ctx)
		if err != nil || last && quiet {
			return err
		}
		select {
		case <-time.After(pollPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *lineage) start(ctx context.Context, shard string) error {
	got, err := l.client.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: &l.stream,
		ShardId: aws.String(shard), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	if err == nil {
		l.active[shard] = got.ShardIterator
	}
	return err
}

// round asks every active shard once and tells whether all of them were at their tip.
func (l *lineage) round(ctx context.Context) (quiet bool, err error) {
	quiet = true
	for shard, iterator := range l.active {
		page, err := l.client.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: iterator})
		if err != nil {
			return false, fmt.Errorf("%s: %w", shard, err)
		}
		for _, record := range page.Records {
			l.take(shard, l.hashes[shard], record)
		}
		quiet = quiet && len(page.Records) == 0 && aws.ToInt64(page.MillisBehindLatest) == 0
		if l.active[shard] = page.NextShardIterator; page.NextShardIterator == nil {
			quiet = false
			delete(l.active, shard)
			l.finished = append(l.finished, shard)
			for _, child := range page.ChildShards {
				l.hashes[*child.ShardId], l.waiting[*child.ShardId] = *child.HashKeyRange, child.ParentShards
			}
		}
	}
	for child, parents := range l.waiting {
		if !slices.ContainsFunc(parents, func(p string) bool { return !slices.Contains(l.finished, p) }) {
			delete(l.waiting, child)
			if err := l.start(ctx, child); err != nil {
				return false, err
			}
		}
	}
	return quiet, nil
}

// within tells whether a key belongs into a range of hash keys. An explicit hash key counts before it.
func within(hashes types.HashKeyRange, key, explicit string) bool {
	at := new(big.Int)
	if sum := md5.Sum([]byte(key)); explicit == "" {
		at.SetBytes(sum[:])
	} else {
		at.SetString(explicit, 10)
	}
	return decimal(hashes.StartingHashKey).Cmp(at) <= 0 && at.Cmp(decimal(hashes.EndingHashKey)) <= 0
}

// change is a call that changes the shards of a stream, made once so many records were acknowledged.
type change struct {
	after int
	make  func(ctx context.Context, client *kinesis.Client, stream *string) error
}

// changes from two shards to four, over a split, a merge and a scaling; five shards are closed then. They begin early, so
// that much is written after the last one.
func changes(records int) []change {
	return []change{
		{records / 10, func(ctx context.Context, client *kinesis.Client, stream *string) error {
			_, err := client.SplitShard(ctx, &kinesis.SplitShardInput{StreamName: stream,
				ShardToSplit: aws.String("shardId-000000000000"), NewStartingHashKey: aws.String("85070591730234615865843651857942052864")})
			return err
		}},
		{records / 4, func(ctx context.Context, client *kinesis.Client, stream *string) error {
			_, err := client.MergeShards(ctx, &kinesis.MergeShardsInput{StreamName: stream,
				ShardToMerge: aws.String("shardId-000000000002"), AdjacentShardToMerge: aws.String("shardId-000000000003")})
			return err
		}},
		{records * 2 / 5, func(ctx context.Context, client *kinesis.Client, stream *string) error {
			_, err := client.UpdateShardCount(ctx, &kinesis.UpdateShardCountInput{StreamName: stream,
				TargetShardCount: aws.Int32(4), ScalingType: types.ScalingTypeUniformScaling})
			return err
		}},
	}
}

// reshardWhile takes the lines of a writer, one an acknowledged record, and makes the changes on its way, each when the
// one before has ended. The writer goes on beyond the last one: it keeps its last quarter until it hears of it.
func reshardWhile(t *testing.T, client *kinesis.Client, stream string, writer *speaker, changes []change, take func(line string) bool) {
	t.Helper()
	acknowledged, complete := 0, -1
	for line := range writer.lines {
		if !take(line) {
			continue
		}
		acknowledged++
		if len(changes) == 0 || acknowledged < changes[0].after {
			continue
		}
		require.NoError(t, changes[0].make(t.Context(), client, &stream))
		changes = changes[1:]
		waitActive(t, client, stream)
		complete = acknowledged + len(writer.lines)
		if len(changes) == 0 {
			require.NoError(t, writer.stdin.Close())
		}
	}
	require.NoError(t, writer.ended())
	require.Empty(t, changes, "the writer ended before all changes")
	require.Less(t, complete, acknowledged, "the last change came too late")
}

// waitActive asks as often as the limits of AWS allow.
func waitActive(t *testing.T, client *kinesis.Client, stream string) {
	t.Helper()
	eventually(t, func() bool {
		got, err := client.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: &stream})
		return err == nil && got.StreamDescriptionSummary.StreamStatus == types.StreamStatusActive
	}, 100*time.Millisecond, "the stream is active")
}

// speaker is a program that says lines on its stdout. After the last line ended tells how it went.
type speaker struct {
	lines <-chan string
	ended func() error
	stdin io.Closer // what waits for its end goes on
}

// linesOf starts a program and gives its lines, as many as room has without waiting.
func linesOf(t *testing.T, program *exec.Cmd, room int) *speaker {
	t.Helper()
	said := &talk{}
	program.Stderr = said
	stdin, err := program.StdinPipe()
	require.NoError(t, err)
	stdout, err := program.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, program.Start())
	out := make(chan string, room)
	result := make(chan error, 1)
	go func() {
		scanner := bufio.NewScanner(stdout)
		scanner.Buffer(nil, 16<<20)
		for scanner.Scan() {
			out <- scanner.Text()
		}
		_, _ = io.Copy(io.Discard, stdout)
		err := program.Wait()
		if err != nil {
			err = fmt.Errorf("%w\n%s", err, said)
		}
		result <- err
		close(out)
	}()
	return &speaker{lines: out, ended: func() error { return <-result }, stdin: stdin}
}
