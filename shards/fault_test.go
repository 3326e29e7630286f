package shards

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/store/kv"
	"sluice/store/log"
)

// catalogFault is a catalog that refuses landings when told to.
type catalogFault struct {
	Catalog
	refuse  atomic.Bool
	refused atomic.Int64
}

func (c *catalogFault) Propose(ctx context.Context, cmd kv.Command) (kv.Value, error) {
	if cmd.Kind == "land" && c.refuse.Load() {
		c.refused.Add(1)
		return kv.Value{}, errors.New("no space left for changes")
	}
	return c.Catalog.Propose(ctx, cmd)
}

var errDisk = errors.New("the disk is gone")

// logFault is a log whose verbs fail when they are named. The first calls
// named in passing still work.
type logFault struct {
	Log
	mu      sync.Mutex
	failing map[string]int // verb -> how many calls fail; below 0: all
	calls   map[string]int
}

func (l *logFault) fail(verb string, times int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failing == nil {
		l.failing, l.calls = map[string]int{}, map[string]int{}
	}
	l.failing[verb] = times
}

func (l *logFault) err(verb string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls != nil {
		l.calls[verb]++
	}
	if l.failing[verb] == 0 {
		return nil
	}
	l.failing[verb]--
	return errDisk
}

func (l *logFault) Append(ctx context.Context, batch []log.Entry) (log.Commit, error) {
	if err := l.err("append"); err != nil {
		return nil, err
	}
	c, err := l.Log.Append(ctx, batch)
	if waitErr := l.err("wait"); err == nil && waitErr != nil {
		return failedCommit{c}, nil
	}
	return c, err
}

type failedCommit struct{ log.Commit }

func (failedCommit) Wait() error { return errDisk }

func (l *logFault) Create(ctx context.Context, ids []log.ID) error {
	return errors.Join(l.err("create"), l.Log.Create(ctx, ids))
}

func (l *logFault) Seal(ctx context.Context, ids []log.ID) ([]int64, error) {
	if err := l.err("seal"); err != nil {
		return nil, err
	}
	return l.Log.Seal(ctx, ids)
}

func (l *logFault) Seek(ctx context.Context, id log.ID, where log.Where, t time.Time) (int64, error) {
	if err := l.err("seek"); err != nil {
		return 0, err
	}
	return l.Log.Seek(ctx, id, where, t)
}

func (l *logFault) Read(ctx context.Context, id log.ID, from int64, limit log.Limit) (log.Page, error) {
	if err := l.err("read"); err != nil {
		return log.Page{}, err
	}
	return l.Log.Read(ctx, id, from, limit)
}

func (l *logFault) Trim(ctx context.Context, stream uint64, t time.Time) error {
	return errors.Join(l.err("trim"), l.Log.Trim(ctx, stream, t))
}

func (l *logFault) Delete(ctx context.Context, stream uint64) error {
	if err := l.err("delete"); err != nil {
		return err
	}
	return l.Log.Delete(ctx, stream)
}

// faulty is a room whose log fails on demand.
func faulty(t *testing.T, options ...func(*Config)) (*room, *logFault) {
	l := &logFault{}
	return open(t, append(options, func(c *Config) { l.Log = c.Log; c.Log = l })...), l
}

// TestFaults lets every verb of the log fail.
func TestFaults(t *testing.T) {
	put := func(r *room) error {
		_, err := r.PutRecords(r.ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: entries("x", "y")})
		return err
	}
	for _, verb := range []string{"append", "wait"} {
		t.Run("a put whose "+verb+" fails is not readable", func(t *testing.T) {
			r, l := faulty(t)
			r.create("a", 1)
			l.fail(verb, 1)
			require.ErrorIs(t, put(r), errDisk)
			require.Empty(t, r.read("a", shard0))
			require.NoError(t, put(r))
		})
	}
	t.Run("a tip that cannot be found", func(t *testing.T) {
		r, l := faulty(t)
		r.create("a", 1)
		r.put("a", "k", "x")
		r.restart()
		l.fail("seek", -1)
		require.ErrorIs(t, put(r), errDisk)
		_, err := r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("a"), ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeLatest})
		require.ErrorIs(t, err, errDisk)
		_, err = r.GetShardIterator(r.ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String("a"), ShardId: aws.String("0"), ShardIteratorType: types.ShardIteratorTypeAtTimestamp, Timestamp: aws.Time(testStart())})
		require.ErrorIs(t, err, errDisk)
		l.fail("seek", 0)
		require.NoError(t, put(r))
	})
	t.Run("a read that fails", func(t *testing.T) {
		r, l := faulty(t)
		r.create("a", 1)
		r.put("a", "k", "x")
		it := r.iterator("a", "0", types.ShardIteratorTypeTrimHorizon)
		l.fail("read", 1)
		_, err := r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
		require.ErrorIs(t, err, errDisk)
		f := func() error {
			l.fail("read", 1)
			return r.subscribed(r.register("a", "c"), "0", types.ShardIteratorTypeTrimHorizon).ended()
		}
		require.ErrorIs(t, f(), errDisk)
	})
	for _, verb := range []string{"create", "seal", "seek"} {
		t.Run("a reshard whose "+verb+" fails is tried again", func(t *testing.T) {
			r, l := faulty(t, lasting(time.Second))
			r.create("a", 1)
			r.clock.Step(time.Second)
			r.split("a", "0", half)
			l.fail(verb, 2)
			r.clock.Step(time.Second) // waits for the landing
			require.Equal(t, "ACTIVE", r.status("a"))
			require.Len(t, r.list("a", nil), 3)
		})
	}
	t.Run("a deletion that fails is tried again", func(t *testing.T) {
		r, l := faulty(t, lasting(time.Second))
		r.create("a", 1)
		r.clock.Step(time.Second)
		l.fail("delete", 2)
		_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("a")})
		require.NoError(t, err)
		r.clock.Step(time.Second)
		require.Equal(t, codeMissing, r.status("a"))
	})
	t.Run("without transitions the stream is there, as the call says, and lands all the same", func(t *testing.T) {
		r, l := faulty(t)
		l.fail("create", 1)
		_, err := r.CreateStream(r.ctx, &kinesis.CreateStreamInput{StreamName: aws.String("a"), ShardCount: aws.Int32(1)})
		require.NoError(t, err)
		require.Contains(t, []string{"CREATING", "ACTIVE"}, r.status("a"))
		require.Eventually(t, func() bool { return r.status("a") == "ACTIVE" }, time.Minute, time.Millisecond)
	})
	t.Run("records that could not be freed are freed later", func(t *testing.T) {
		r, l := faulty(t)
		r.create("a", 1)
		r.put("a", "k", "x")
		l.fail("trim", 1)
		r.clock.Step(28 * time.Hour)
		require.NotNil(t, r.clock.State().Next)
		r.clock.Step(3 * time.Hour)
		require.Nil(t, r.clock.State().Next)
	})
}

// sealedUnder is a room whose only shard was sealed by a reshard that cannot
// be committed.
func sealedUnder(t *testing.T) (*room, *catalogFault, *logFault) {
	broken, l := &catalogFault{}, &logFault{}
	r := open(t, lasting(10*time.Second), func(c *Config) {
		broken.Catalog, l.Log = c.Catalog, c.Log
		c.Catalog, c.Log = broken, l
	})
	r.create("a", 2)
	r.clock.Step(10 * time.Second)
	r.split("a", "0", "77")
	broken.refuse.Store(true)
	go r.clock.Step(10 * time.Second)
	require.Eventually(t, func() bool { return broken.refused.Load() > 0 }, time.Minute, time.Millisecond)
	return r, broken, l
}

// TestSealedUnderPut holds puts to what they promise when a reshard closes
// their shard.
func TestSealedUnderPut(t *testing.T) {
	both := []types.PutRecordsRequestEntry{
		{PartitionKey: aws.String("k"), ExplicitHashKey: aws.String("0"), Data: []byte("waits")},
		{PartitionKey: aws.String("k"), ExplicitHashKey: aws.String(full), Data: []byte("goes on")},
	}
	start := func(r *room, ctx context.Context) chan any {
		done := make(chan any, 1)
		go func() {
			out, err := r.PutRecords(ctx, &kinesis.PutRecordsInput{StreamName: aws.String("a"), Records: both})
			if err != nil {
				done <- err
				return
			}
			done <- out.Records
		}()
		require.Eventually(t, func() bool { return len(r.read("a", shard1)) == 1 }, time.Minute, time.Millisecond,
			"the record of the open shard is readable at once")
		return done
	}
	failure := types.PutRecordsResultEntry{ErrorCode: aws.String("InternalFailure"), ErrorMessage: aws.String("Internal service failure.")}
	failed := func(t *testing.T, got any) {
		t.Helper()
		require.Equal(t, failure, got.([]types.PutRecordsResultEntry)[0])
		require.Equal(t, shard1, *got.([]types.PutRecordsResultEntry)[1].ShardId)
	}
	t.Run("the children come", func(t *testing.T) {
		r, broken, _ := sealedUnder(t)
		done := start(r, r.ctx)
		broken.refuse.Store(false)
		got := (<-done).([]types.PutRecordsResultEntry)
		require.Equal(t, shard2, *got[0].ShardId)
		require.Equal(t, shard1, *got[1].ShardId)
		require.Equal(t, []string{"waits"}, r.read("a", shard2))
	})
	t.Run("the append to the child fails", func(t *testing.T) {
		r, broken, l := sealedUnder(t)
		done := start(r, r.ctx)
		l.fail("append", 1)
		broken.refuse.Store(false)
		failed(t, <-done)
		require.Empty(t, r.read("a", shard2))
	})
	t.Run("the client hangs up", func(t *testing.T) {
		r, broken, _ := sealedUnder(t)
		ctx, cancel := context.WithCancel(r.ctx)
		done := start(r, ctx)
		cancel()
		failed(t, <-done)
		broken.refuse.Store(false)
	})
	t.Run("the room closes", func(t *testing.T) {
		r, broken, _ := sealedUnder(t)
		done := start(r, r.ctx)
		require.NoError(t, r.Close())
		failed(t, <-done)
		broken.refuse.Store(false)
	})
	t.Run("the stream goes", func(t *testing.T) {
		r, broken, _ := sealedUnder(t)
		done := start(r, r.ctx)
		deleted := make(chan error)
		go func() {
			_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("a")})
			deleted <- err
		}()
		require.NoError(t, <-deleted)
		broken.refuse.Store(false)
		r.clock.Step(10 * time.Second)
		failed(t, <-done)
	})
}

// TestDeletedUnderCalls: whoever is in the middle of a call when the records
// go learns that the stream is not there.
func TestDeletedUnderCalls(t *testing.T) {
	broken := &catalogFault{}
	r := open(t, lasting(time.Second), func(c *Config) { broken.Catalog = c.Catalog; c.Catalog = broken })
	r.create("a", 1)
	r.clock.Step(time.Second)
	r.put("a", "k", "x")
	it := r.iterator("a", "0", types.ShardIteratorTypeTrimHorizon)
	_, err := r.DeleteStream(r.ctx, &kinesis.DeleteStreamInput{StreamName: aws.String("a")})
	require.NoError(t, err)
	require.Len(t, r.get(it).Records, 1, "it may be read until then")
	r.put("a", "k", "y")
	broken.refuse.Store(true)
	done := make(chan struct{})
	go func() { defer close(done); r.clock.Step(time.Second) }()
	require.Eventually(t, func() bool { return broken.refused.Load() > 0 }, time.Minute, time.Millisecond)
	const text = "Stream a under account 123456789012 not found."
	_, err = r.GetRecords(r.ctx, &kinesis.GetRecordsInput{ShardIterator: &it})
	requireError(t, err, codeMissing, text)
	_, err = r.PutRecord(r.ctx, &kinesis.PutRecordInput{StreamName: aws.String("a"), PartitionKey: aws.String("k")})
	requireError(t, err, codeMissing, text)
	broken.refuse.Store(false)
	<-done
	require.Equal(t, codeMissing, r.status("a"))
}
