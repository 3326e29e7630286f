package sluice

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/store"
)

// everywhere runs a test in memory and on disk.
func everywhere(t *testing.T, test func(t *testing.T, s *Sluice)) {
	t.Helper()
	for _, memory := range []bool{true, false} {
		t.Run(fmt.Sprintf("memory %v", memory), func(t *testing.T) {
			options := []Option{WithStreams(StreamSeed{Name: "orders", Shards: 2}), func(c *Config) { c.Limits = LimitsOff }}
			if !memory {
				options = append(options, OnDisk(t.TempDir()))
			}
			test(t, RunT(t, options...))
		})
	}
}

func putText(t *testing.T, s *Sluice, texts ...string) {
	t.Helper()
	for _, text := range texts {
		_, err := once(s).PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: &text, Data: []byte(text)})
		require.NoError(t, err)
	}
}

func iteratorOf(t *testing.T, s *Sluice) *string {
	t.Helper()
	out, err := once(s).GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{StreamName: aws.String("orders"),
		ShardId: aws.String("shardId-000000000000"), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	require.NoError(t, err)
	return out.ShardIterator
}

func TestSnapshotAndRestore(t *testing.T) {
	everywhere(t, func(t *testing.T, s *Sluice) {
		putText(t, s, "a", "b", "c")
		require.NoError(t, s.Snapshot(t.Context(), "three"))
		putText(t, s, "d", "e")
		old := iteratorOf(t, s)
		_, err := once(s).CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("later"), ShardCount: aws.Int32(1)})
		require.NoError(t, err)
		before := s.Clock().Now()

		require.NoError(t, s.Restore(t.Context(), "three"))
		require.Equal(t, 3, countRecords(t, once(s)))
		require.False(t, s.Clock().Now().Before(before), "service time never goes back")
		_, err = once(s).GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: old})
		var expired *types.ExpiredIteratorException
		require.ErrorAs(t, err, &expired)
		list, err := once(s).ListStreams(t.Context(), &kinesis.ListStreamsInput{})
		require.NoError(t, err)
		require.Equal(t, []string{"orders"}, list.StreamNames)

		// The snapshot is as it was, and the restored state writes on.
		putText(t, s, "f")
		require.Equal(t, 4, countRecords(t, once(s)))
		require.NoError(t, s.Restore(t.Context(), "three"))
		require.Equal(t, 3, countRecords(t, once(s)))

		var e *SnapshotError
		require.ErrorAs(t, s.Snapshot(t.Context(), "three"), &e)
		require.Equal(t, "there is a snapshot three already", e.Error())
		require.ErrorAs(t, s.Restore(t.Context(), "four"), &e)
		require.ErrorAs(t, s.Snapshot(t.Context(), "../x"), &e)
		require.NoError(t, s.DeleteSnapshot(t.Context(), "three"))
		all, err := s.Snapshots(t.Context())
		require.NoError(t, err)
		require.Empty(t, all)
	})
}

// A list that was begun before a restore cannot go on after it: it would mix
// two worlds. Its tokens have expired, as the iterators have.
func TestRestoreExpiresTokens(t *testing.T) {
	everywhere(t, func(t *testing.T, s *Sluice) {
		c, one := once(s), aws.Int32(1)
		_, err := c.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("second"), ShardCount: one})
		require.NoError(t, err)
		described, err := c.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("orders")})
		require.NoError(t, err)
		arn := described.StreamDescriptionSummary.StreamARN
		for _, name := range []string{"a", "b"} {
			_, err := c.RegisterStreamConsumer(t.Context(), &kinesis.RegisterStreamConsumerInput{StreamARN: arn, ConsumerName: &name})
			require.NoError(t, err)
		}
		require.NoError(t, s.Snapshot(t.Context(), "two"))
		list, err := c.ListShards(t.Context(), &kinesis.ListShardsInput{StreamARN: arn, MaxResults: one})
		require.NoError(t, err)
		streams, err := c.ListStreams(t.Context(), &kinesis.ListStreamsInput{Limit: one})
		require.NoError(t, err)
		consumers, err := c.ListStreamConsumers(t.Context(), &kinesis.ListStreamConsumersInput{StreamARN: arn, MaxResults: one})
		require.NoError(t, err)

		goOn := map[string]func() error{
			"ListShards": func() error {
				_, err := c.ListShards(t.Context(), &kinesis.ListShardsInput{NextToken: list.NextToken})
				return err
			},
			"ListStreams": func() error {
				_, err := c.ListStreams(t.Context(), &kinesis.ListStreamsInput{NextToken: streams.NextToken})
				return err
			},
			"ListStreamConsumers": func() error {
				_, err := c.ListStreamConsumers(t.Context(), &kinesis.ListStreamConsumersInput{StreamARN: arn, NextToken: consumers.NextToken})
				return err
			},
		}
		for name, call := range goOn {
			require.NoError(t, call(), name)
		}
		require.NoError(t, s.Restore(t.Context(), "two"))
		for name, call := range goOn {
			var expired *types.ExpiredNextTokenException
			require.ErrorAs(t, call(), &expired, name)
		}
	})
}

// A snapshot outlives a restart and a replacement; so does what it restored.
func TestRestoredStateOutlivesARestart(t *testing.T) {
	dir := t.TempDir()
	c := onDisk(dir)
	c.Streams = []StreamSeed{{Name: "orders", Shards: 2}}
	s := open(t, c)
	putText(t, s, "a", "b")
	require.NoError(t, s.Snapshot(t.Context(), "two"))
	putText(t, s, "c")
	require.NoError(t, s.Restore(t.Context(), "two"))
	_, err := s.Clock().Advance(t.Context(), time.Hour, time.Second)
	require.NoError(t, err)
	then := s.Clock().Now()
	require.NoError(t, s.Close())
	s = open(t, c)
	require.Equal(t, 2, countRecords(t, once(s)))
	require.False(t, s.Clock().Now().Before(then))
	require.NoError(t, s.Restore(t.Context(), "two"))
	require.Equal(t, 2, countRecords(t, once(s)))
	left, err := filepath.Glob(filepath.Join(dir, "pebble.*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// writers put numbered records until stop is called, which returns how many
// were acknowledged.
func writers(t *testing.T, s *Sluice, n int) (acknowledged *atomic.Int64, stop func()) {
	t.Helper()
	client := kinesis.NewFromConfig(s.AWSConfig())
	var count atomic.Int64
	var work sync.WaitGroup
	ended := make(chan struct{})
	for w := range n {
		work.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-ended:
					return
				default:
				}
				_, err := client.PutRecord(t.Context(), &kinesis.PutRecordInput{
					StreamName: aws.String("orders"), PartitionKey: aws.String(fmt.Sprint(w)), Data: fmt.Appendf(nil, "%d %d", w, i),
				})
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				count.Add(1)
			}
		})
	}
	return &count, sync.OnceFunc(func() { close(ended); work.Wait() })
}

// A save while eight writers write loses nothing that was acknowledged before.
func TestSaveUnderLoad(t *testing.T) {
	everywhere(t, saveUnderLoad)
	t.Run("durable on disk", func(t *testing.T) {
		saveUnderLoad(t, RunT(t, OnDisk(t.TempDir()), WithStreams(StreamSeed{Name: "orders", Shards: 2}), func(c *Config) {
			c.Limits, c.Durability = LimitsOff, DurabilityDisk
		}))
	})
}

func saveUnderLoad(t *testing.T, s *Sluice) {
	count, stop := writers(t, s, 8)
	defer stop()
	var atLeast []int64
	for round := range 5 {
		for target := count.Load() + 100; count.Load() < target && !t.Failed(); {
			time.Sleep(time.Millisecond)
		}
		atLeast = append(atLeast, count.Load())
		require.NoError(t, s.Snapshot(t.Context(), fmt.Sprint("s", round)))
	}
	stop()
	for round, least := range atLeast {
		require.NoError(t, s.Restore(t.Context(), fmt.Sprint("s", round)))
		require.GreaterOrEqual(t, int64(countRecords(t, once(s))), least)
	}
}

// Twenty restores under load: no error for the writers, nothing stays open.
func TestRestoreUnderLoad(t *testing.T) {
	everywhere(t, func(t *testing.T, s *Sluice) {
		putText(t, s, "a", "b")
		require.NoError(t, s.Snapshot(t.Context(), "base"))
		count, stop := writers(t, s, 8)
		defer stop()
		var early held
		for round := range 20 {
			for before := count.Load(); count.Load() < before+20 && !t.Failed(); {
				time.Sleep(time.Millisecond)
			}
			require.NoError(t, s.Restore(t.Context(), "base"))
			if round == 4 {
				early = holds()
			}
		}
		requireNoMore(t, early)
		stop()
		require.NoError(t, s.Restore(t.Context(), "base"))
		require.Equal(t, 2, countRecords(t, once(s)))
	})
}

// A subscription ends cleanly when another state comes.
func TestRestoreEndsSubscriptions(t *testing.T) {
	everywhere(t, func(t *testing.T, s *Sluice) {
		require.NoError(t, s.Snapshot(t.Context(), "base"))
		events := subscribe(t, s)
		require.NoError(t, s.Restore(t.Context(), "base"))
		for range events.Events() {
		}
		if err := events.Err(); err != nil {
			require.True(t, strings.Contains(err.Error(), "EOF"), err)
		}
	})
}

func subscribe(t *testing.T, s *Sluice) *kinesis.SubscribeToShardEventStream {
	t.Helper()
	client := kinesis.NewFromConfig(s.AWSConfig())
	consumer, err := client.RegisterStreamConsumer(t.Context(), &kinesis.RegisterStreamConsumerInput{StreamARN: summary(t, s).StreamARN, ConsumerName: aws.String("app")})
	require.NoError(t, err)
	out, err := client.SubscribeToShard(t.Context(), &kinesis.SubscribeToShardInput{
		ConsumerARN: consumer.Consumer.ConsumerARN, ShardId: aws.String("shardId-000000000000"),
		StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
	})
	require.NoError(t, err)
	return out.GetStream()
}

// A file made on disk is a fixture in memory, and the other way round.
func TestFilesMoveBetweenMemoryAndDisk(t *testing.T) {
	everywhere(t, func(t *testing.T, s *Sluice) {
		putText(t, s, "a", "b", "c")
		require.NoError(t, s.Snapshot(t.Context(), "three"))
		var file bytes.Buffer
		require.NoError(t, s.ExportSnapshot(t.Context(), "three", &file))
		path := filepath.Join(t.TempDir(), "three.tar.zst")
		require.NoError(t, os.WriteFile(path, file.Bytes(), 0o600))
		t.Logf("%d bytes", file.Len())

		for _, where := range [][]Option{{WithFixture(path)}, {WithFixture(path), OnDisk(filepath.Join(t.TempDir(), "data"))}} {
			from := RunT(t, append(where, func(c *Config) { c.Limits = LimitsOff })...)
			require.Equal(t, 3, countRecords(t, once(from)))
			putText(t, from, "d")
			require.Equal(t, 4, countRecords(t, once(from)))
			require.NoError(t, from.ImportSnapshot(t.Context(), "copy", bytes.NewReader(file.Bytes())))
			require.NoError(t, from.Restore(t.Context(), "copy"))
			require.Equal(t, 3, countRecords(t, once(from)))
		}
	})
}

// A restore of what comes from a later time moves time forward.
func TestRestoreMovesTimeForward(t *testing.T) {
	future := RunT(t, WithStreams(StreamSeed{Name: "orders", Shards: 2}), FrozenAt(time.Date(2030, 5, 1, 0, 0, 0, 0, time.UTC)))
	putText(t, future, "a")
	require.NoError(t, future.Snapshot(t.Context(), "may"))
	var file bytes.Buffer
	require.NoError(t, future.ExportSnapshot(t.Context(), "may", &file))
	for _, where := range []Option{OnDisk(t.TempDir()), func(*Config) {}} {
		s := RunT(t, where)
		require.NoError(t, s.ImportSnapshot(t.Context(), "may", bytes.NewReader(file.Bytes())))
		require.NoError(t, s.Restore(t.Context(), "may"))
		require.Equal(t, 2030, s.Clock().Now().Year())
		require.Equal(t, "running", s.Clock().State().Mode)
		require.Equal(t, 1, countRecords(t, once(s)))
	}
}

// A snapshot that cannot be opened leaves everything as it was.
func TestRestoreOfNonsenseIsTakenBack(t *testing.T) {
	everywhere(t, func(t *testing.T, s *Sluice) {
		putText(t, s, "a", "b")
		o := s.storeOptions()
		o.Dir = filepath.Join(t.TempDir(), "other")
		other, err := store.Open(o)
		require.NoError(t, err)
		require.NoError(t, put(t.Context(), other.Catalog(kinesisID, applyWorld), "stream/000000000000/us-east-1/orders", "no stream"))
		now := func() (created, service time.Time) { return s.host.Now(), s.clock.Now() }
		_, err = s.shelf.Save(other, "bad", now)
		require.NoError(t, err)
		require.NoError(t, other.Close())
		require.ErrorContains(t, s.Restore(t.Context(), "bad"), "snapshot bad cannot be used, everything is as it was")
		require.Equal(t, 2, countRecords(t, once(s)))
		putText(t, s, "c")
	})
}

func TestSnapshotsByTheAdminAPI(t *testing.T) {
	s := RunT(t, WithStreams(StreamSeed{Name: "orders", Shards: 2}), FrozenAt(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)))
	putText(t, s, "a")
	base := s.Endpoint() + "/_sluice/snapshots"
	status, answer := fetch(t, http.MethodGet, base, "")
	require.Equal(t, `200 {"items":[],"next":null}`, fmt.Sprint(status, " ", strings.TrimSpace(answer)))
	status, answer = fetch(t, http.MethodPut, base+"/one", "")
	require.Equal(t, http.StatusCreated, status)
	require.Regexp(t, `^\{"name":"one","created":"\S+Z","serviceTime":"2026-11-25T09:00:00Z","bytes":\d+,"format":3\}\n$`, answer)
	for _, c := range []struct {
		method, path, body string
		status             int
		code               string
	}{
		{http.MethodPut, "/one", "", 409, "SnapshotExists"},
		{http.MethodPut, "/..one", "", 400, "BadRequest"},
		{http.MethodPut, "/two", `{"x":1}`, 400, "BadRequest"},
		{http.MethodGet, "/two", "", 404, "NotFound"},
		{http.MethodDelete, "/two", "", 404, "NotFound"},
		{http.MethodPost, "/two/restore", "", 404, "NotFound"},
		{http.MethodGet, "/two/export", "", 404, "NotFound"},
		{http.MethodPut, "/two/import", "hello", 400, "BadSnapshotFile"},
		{http.MethodPost, "/one", "", 405, "MethodNotAllowed"},
		{http.MethodGet, "/one", "", 200, ""},
		{http.MethodPost, "/one/restore", "{}", 200, ""},
	} {
		status, answer := fetch(t, c.method, base+c.path, c.body)
		require.Equal(t, c.status, status, "%s %s: %s", c.method, c.path, answer)
		require.Contains(t, answer, c.code)
	}
	status, file := fetch(t, http.MethodGet, base+"/one/export", "")
	require.Equal(t, 200, status)
	status, answer = fetch(t, http.MethodPut, base+"/two/import", file)
	require.Equal(t, 201, status, answer)
	require.Contains(t, answer, `"name":"two"`)
	_, answer = fetch(t, http.MethodGet, base, "")
	require.Equal(t, 2, strings.Count(answer, `"name"`))
	status, _ = fetch(t, http.MethodDelete, base+"/two", "")
	require.Equal(t, 200, status)
}

func TestReset(t *testing.T) {
	everywhere(t, func(t *testing.T, s *Sluice) {
		putText(t, s, "a")
		for _, region := range []string{"us-east-1", "eu-west-1"} {
			_, err := once(s).CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("more"), ShardCount: aws.Int32(1)},
				func(o *kinesis.Options) { o.Region = region })
			require.NoError(t, err)
		}
		_, err := once(s).UpdateAccountSettings(t.Context(), &kinesis.UpdateAccountSettingsInput{
			MinimumThroughputBillingCommitment: &types.MinimumThroughputBillingCommitmentInput{Status: types.MinimumThroughputBillingCommitmentInputStatusEnabled}})
		require.NoError(t, err)
		events := subscribe(t, s)
		post := func(body, want string) {
			_, answer := fetch(t, http.MethodPost, s.Endpoint()+"/_sluice/reset", body)
			require.Contains(t, answer, want)
		}
		post(`{"service":"video"}`, `"code":"BadRequest"`)
		post(`{"account":"me"}`, `"code":"BadRequest"`)
		post(`{"acount":"000000000000"}`, `"code":"BadRequest"`)
		post(`{"account":"111111111111"}`, `"kinesis":0`)
		post(`{"region":"us-east-1"}`, `"kinesis":2`)
		for range events.Events() {
		}
		settings, err := once(s).DescribeAccountSettings(t.Context(), &kinesis.DescribeAccountSettingsInput{})
		require.NoError(t, err)
		require.Equal(t, types.MinimumThroughputBillingCommitmentOutputStatusDisabled, settings.MinimumThroughputBillingCommitment.Status)
		post("", `"kinesis":1`)
		require.NoError(t, s.Close())
	})
}

// An export that nobody reads to its end, and an import that breaks off, leave
// nothing behind.
func TestBrokenTransfersLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	s := RunT(t, OnDisk(dir), WithStreams(StreamSeed{Name: "orders", Shards: 2}))
	putText(t, s, "a")
	require.NoError(t, s.Snapshot(t.Context(), "one"))
	var file bytes.Buffer
	require.NoError(t, s.ExportSnapshot(t.Context(), "one", &file))
	require.Error(t, s.ExportSnapshot(t.Context(), "one", brokenPipe{}))
	require.Error(t, s.ImportSnapshot(t.Context(), "two", io.LimitReader(&file, int64(file.Len()/2))))
	entries, err := os.ReadDir(filepath.Join(dir, "snapshots"))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// Close ends transfers that would go on, and waits for what they hold.
func TestCloseEndsTransfers(t *testing.T) {
	dir := t.TempDir()
	c := onDisk(dir)
	s, err := Open(t.Context(), c)
	require.NoError(t, err)
	reading := make(chan struct{})
	result := make(chan error, 1)
	go func() { result <- s.ImportSnapshot(t.Context(), "x", &endless{begun: reading}) }()
	<-reading
	require.NoError(t, s.Close())
	require.ErrorIs(t, <-result, context.Canceled)
	require.ErrorIs(t, s.ExportSnapshot(t.Context(), "x", io.Discard), ErrClosed)
	entries, err := os.ReadDir(filepath.Join(dir, "snapshots"))
	require.NoError(t, err)
	require.Empty(t, entries)
}

// endless is a file that goes on and on, in skippable frames of zstd.
type endless struct {
	begun chan struct{}
	once  sync.Once
	at    int
}

func (e *endless) Read(p []byte) (int, error) {
	e.once.Do(func() { close(e.begun) })
	for i := range p {
		p[i] = "\x50\x2a\x4d\x18\x00\x00\x00\x00"[e.at%8]
		e.at++
	}
	return len(p), nil
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
