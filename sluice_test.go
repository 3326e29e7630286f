package sluice

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/require"

	"sluice/internal/clock"
)

var noon = time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)

// shared is a buffer for a log that several goroutines write.
type shared struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

func open(t *testing.T, c Config) *Sluice {
	t.Helper()
	s, err := Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func onDisk(dir string) Config {
	return Config{Data: dir, Listen: []string{"localhost:0"}, Transition: TransitionOf(0)}
}

func get(t *testing.T, s *Sluice, path string) (status int, doc map[string]any) {
	t.Helper()
	r, err := http.Get(s.Endpoint() + path)
	require.NoError(t, err)
	defer r.Body.Close()
	require.NoError(t, json.NewDecoder(r.Body).Decode(&doc))
	return r.StatusCode, doc
}

func TestBadSettingsDoNotStart(t *testing.T) {
	_, err := Open(t.Context(), Config{Memory: true, Account: "me"})
	var usage *UsageError
	require.ErrorAs(t, err, &usage)
	require.Equal(t, "account", usage.Setting)
}

func TestBusyPortIsAnErrorWithAHint(t *testing.T) {
	first := RunT(t)
	_, err := Open(t.Context(), Config{Memory: true, Listen: []string{strings.TrimPrefix(first.Endpoint(), "http://")}})
	var blocked *BlockedError
	require.ErrorAs(t, err, &blocked)
	require.Contains(t, blocked.Hint(), "--listen")
}

func TestLockedFolderIsAnErrorWithAHint(t *testing.T) {
	dir := t.TempDir()
	open(t, onDisk(dir))
	_, err := Open(t.Context(), onDisk(dir))
	var blocked *BlockedError
	require.ErrorAs(t, err, &blocked)
	require.Contains(t, blocked.Error(), "data folder is in use")
	require.Contains(t, blocked.Hint(), "--data")
}

func TestAFailedStartLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	first := RunT(t)
	c := onDisk(dir)
	c.Listen = []string{strings.TrimPrefix(first.Endpoint(), "http://")}
	_, err := Open(t.Context(), c)
	require.Error(t, err)
	open(t, onDisk(dir)) // the folder is not locked any more
}

func TestHealthTellsTheStore(t *testing.T) {
	s := open(t, onDisk(t.TempDir()))
	status, doc := get(t, s, "/_sluice/health")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, "ok", doc["status"])
	require.Equal(t, map[string]any{"kind": "pebble", "durability": "process", "format": 3.0}, doc["store"])
	_, doc = get(t, RunT(t), "/_sluice/health")
	require.Equal(t, "running", doc["services"].(map[string]any)["s3"], "the buckets are a service as well")
	require.Equal(t, map[string]any{"kind": "memory", "durability": "none", "format": 3.0}, doc["store"])
}

func TestClosingTwiceIsNoError(t *testing.T) {
	s := open(t, Config{Memory: true, Listen: []string{"localhost:0"}})
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Replace(t.Context()), ErrClosed)
	require.Empty(t, s.Operations())
}

func TestTheClockIsKeptWithTheData(t *testing.T) {
	dir := t.TempDir()
	first := open(t, onDisk(dir))
	first.Clock().Step(25 * time.Hour)
	before := first.Clock().Now()
	require.NoError(t, first.Close())

	second := open(t, onDisk(dir))
	require.Equal(t, "25h0m0s", second.Clock().State().Offset.String())
	require.False(t, second.Clock().Now().Before(before))
	require.NoError(t, second.Clock().Freeze())
	at := second.Clock().Now()
	require.NoError(t, second.Close())

	third := open(t, onDisk(dir))
	require.Equal(t, clock.Frozen, third.Clock().State().Mode)
	require.Equal(t, at, third.Clock().Now())
}

// A kill leaves what was saved before the clock moved; here the copy of the
// state is read as a second start would.
func TestAMoveIsSavedBeforeItIsSeen(t *testing.T) {
	s := RunT(t, FrozenAt(noon))
	s.Clock().Step(time.Hour)
	inst := s.current.Load()
	value, err := inst.store.Catalog(clockNamespace, applyClock).Get(t.Context(), clockKey)
	require.NoError(t, err)
	require.JSONEq(t, `{"now":"2027-01-01T13:00:00Z","mode":"frozen","offset":0}`, string(value.State))
}

func TestTheWallClockMayBeSetBackBetweenRuns(t *testing.T) {
	dir := t.TempDir()
	c := onDisk(dir)
	c.StartAt = time.Now().Add(time.Hour).UTC() // as if the machine had been an hour ahead
	first := open(t, c)
	at := first.Clock().Now()
	require.NoError(t, first.Close())
	second := open(t, onDisk(dir))
	require.False(t, second.Clock().Now().Before(at))
	require.Equal(t, clock.Running, second.Clock().State().Mode)
}

func TestSeededStreams(t *testing.T) {
	seeds := []StreamSeed{
		{Name: "orders", Shards: 3, Retention: 48 * time.Hour, Tags: map[string]string{"team": "shop"}},
		{Name: "clicks", Region: "eu-west-1", Account: "123456789012"},
	}
	s := RunT(t, WithStreams(seeds...))
	client := kinesis.NewFromConfig(s.AWSConfig())
	orders, err := client.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("orders")})
	require.NoError(t, err)
	require.Equal(t, types.StreamStatusActive, orders.StreamDescriptionSummary.StreamStatus)
	require.EqualValues(t, 3, *orders.StreamDescriptionSummary.OpenShardCount)
	require.EqualValues(t, 48, *orders.StreamDescriptionSummary.RetentionPeriodHours)
	tags, err := client.ListTagsForStream(t.Context(), &kinesis.ListTagsForStreamInput{StreamName: aws.String("orders")})
	require.NoError(t, err)
	require.Equal(t, "shop", *tags.Tags[0].Value)

	elsewhere := s.AWSConfig()
	elsewhere.Region = "eu-west-1"
	elsewhere.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "123456789012", SecretAccessKey: "x"}, nil
	})
	clicks, err := kinesis.NewFromConfig(elsewhere).DescribeStreamSummary(t.Context(),
		&kinesis.DescribeStreamSummaryInput{StreamName: aws.String("clicks")})
	require.NoError(t, err)
	require.Equal(t, types.StreamModeOnDemand, clicks.StreamDescriptionSummary.StreamModeDetails.StreamMode)
	_, err = client.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("clicks")})
	require.ErrorContains(t, err, "ResourceNotFoundException")
}

func TestSeedsAreIdempotentOverRestarts(t *testing.T) {
	c := onDisk(t.TempDir())
	c.Streams = []StreamSeed{{Name: "orders", Shards: 2, Retention: 48 * time.Hour}}
	first := open(t, c)
	created := summary(t, first).StreamCreationTimestamp
	require.NoError(t, first.Close())
	c.Streams[0].Retention = 24 * time.Hour
	c.Streams[0].Shards = 5
	second := open(t, c)
	now := summary(t, second)
	require.Equal(t, created, now.StreamCreationTimestamp)
	require.EqualValues(t, 24, *now.RetentionPeriodHours, "retention is brought in line")
	require.EqualValues(t, 2, *now.OpenShardCount, "shards are left alone")
}

func summary(t *testing.T, s *Sluice) *types.StreamDescriptionSummary {
	t.Helper()
	out, err := kinesis.NewFromConfig(s.AWSConfig()).DescribeStreamSummary(t.Context(),
		&kinesis.DescribeStreamSummaryInput{StreamName: aws.String("orders")})
	require.NoError(t, err)
	return out.StreamDescriptionSummary
}

// A frozen clock never lets a stream become ACTIVE; the server is ready all
// the same, and the seed is finished when time goes on.
func TestSeedsDoNotHoldUpAFrozenStart(t *testing.T) {
	s, err := prepare(Config{Memory: true, Listen: []string{"localhost:0"}, Frozen: true, StartAt: noon,
		Streams: []StreamSeed{{Name: "orders", Shards: 1, Retention: 48 * time.Hour}}})
	require.NoError(t, err)
	ready := make(chan error, 1)
	go func() { ready <- s.start(t.Context()) }()
	t.Cleanup(func() { _ = s.Close() })
	select {
	case err := <-ready:
		require.NoError(t, err)
	case <-time.After(seedPatience + time.Minute):
		t.Fatal("the start hangs")
	}
	require.Equal(t, types.StreamStatusCreating, summary(t, s).StreamStatus)
	s.Clock().Step(time.Minute)
	require.Eventually(t, func() bool { return *summary(t, s).RetentionPeriodHours == 48 || !s.step() }, time.Minute, 10*time.Millisecond)
}

// step moves a frozen clock a little; the change of retention needs time too.
func (s *Sluice) step() bool { s.clock.Step(time.Second); return true }

func TestReload(t *testing.T) {
	var log shared
	next := Config{Memory: true, Listen: []string{"localhost:0"}, Transition: TransitionOf(0), LogOutput: &log}
	first := next
	first.Reloaded = func() (Config, error) { return next, nil }
	s := open(t, first)
	next.LogLevel = -4
	next.Region = "eu-west-1"
	next.Streams = []StreamSeed{{Name: "orders", Shards: 1}}
	r, err := http.Post(s.Endpoint()+"/_sluice/reload", "application/json", nil)
	require.NoError(t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.JSONEq(t, `{"applied":["log-level","kinesis.streams"],"needsRestart":["region"]}`, string(body))
	require.Equal(t, "orders", *summary(t, s).StreamName)
	s.log.Debug("now seen")
	require.Contains(t, log.String(), "now seen")

	again, err := s.Reload(t.Context(), next)
	require.NoError(t, err)
	require.Equal(t, Reload{NeedsRestart: []string{"region"}}, again, "what was applied is not applied again")
}

func TestCoverageIsWhatIsMounted(t *testing.T) {
	list, err := Coverage(t.Context())
	require.NoError(t, err)
	require.Equal(t, RunT(t).Operations(), list)
	names := map[string]int{}
	for _, op := range list {
		names[op.Service]++
		require.NotEmpty(t, op.State)
		require.NotEqual(t, "missing", string(op.State), "%s.%s", op.Service, op.Operation)
	}
	require.Equal(t, 45, names["kinesis"])
	require.Equal(t, 3, names["sts"])
	require.Equal(t, 12, names["firehose"])
}
