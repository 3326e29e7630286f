package torture

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/glue"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"sluice/integration"
	"sluice/internal/torture"
)

// soakRounds is how many rounds a slice has.
const soakRounds = 9

// TestSoak does everything at once, round after round, and looks whether memory,
// descriptors and goroutines stay where they were.
func TestSoak(t *testing.T) {
	begin := time.Now()
	s := beginSoak(t, soakArguments()...)
	limit := torture.Minutes(0)
	for n := 0; n < soakRounds || time.Since(begin) < limit; n++ {
		require.NoError(t, s.round(t.Context(), n))
	}
	text, err := s.flat(limit > 0)
	t.Log(text)
	violations := "none"
	if err != nil {
		violations = "**" + err.Error() + "**"
	}
	torture.Record(t, "soak", begin, fmt.Sprintf("%d rounds", len(s.samples)), text, violations)
	require.NoError(t, err)
}

func soakArguments() []string { return []string{"--transition", "0"} }

// TestPlantedSoak shows that a leak is seen: of connections, which are
// descriptors and goroutines.
func TestPlantedSoak(t *testing.T) {
	s := beginSoak(t, append(soakArguments(), "--memory")...)
	for range soakRounds {
		for range 8 {
			c, err := net.Dial("tcp", strings.TrimPrefix(s.server.URL, "http://"))
			require.NoError(t, err)
			defer c.Close()
			_, err = io.WriteString(c, "POST / HTTP/1.1\r\nHost: x\r\n")
			require.NoError(t, err)
		}
		require.NoError(t, s.sample(t.Context()))
	}
	_, err := s.flat(false)
	require.ErrorContains(t, err, "descriptors")
	require.ErrorContains(t, err, "goroutines")
}

// soak is a server and what was measured of it.
type soak struct {
	server  *integration.Server
	calls   *calls
	glue    *glue.Client
	heard   *hearing
	samples []sample
}

// sample is what a process holds between two rounds.
type sample struct{ kib, descriptors, goroutines int }

func beginSoak(t *testing.T, arguments ...string) *soak {
	s := &soak{server: integration.Start(t, arguments...)}
	s.calls = newCalls(s.server.URL, nil)
	require.NoError(t, s.calls.makeTable(t.Context()))
	_, err := s.calls.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucketName)})
	require.NoError(t, err)
	_, err = s.calls.kinesis.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String(streamName), ShardCount: aws.Int32(2)})
	require.NoError(t, err)
	s.prepareServices(t)
	return s
}

// round does a bit of everything at the same time, and then what ends it all: a
// snapshot, a restore, and most of a day. Records of an earlier round are gone
// then, and what was buffered is delivered.
func (s *soak) round(ctx context.Context, n int) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	var working sync.WaitGroup
	errs := make(chan error, 16)
	work := func(f func(context.Context, int) error) {
		working.Go(func() {
			if err := f(ctx, n); err != nil {
				errs <- err
			}
		})
	}
	for range 3 {
		work(s.write)
	}
	work(s.read)
	work(s.subscribe)
	work(s.change)
	work(s.keep)
	work(s.store)
	work(s.hose)
	work(s.catalog)
	work(s.invoke)
	working.Wait()
	close(errs)
	if err := <-errs; err != nil {
		return err
	}
	if err := s.turn(ctx, n); err != nil {
		return err
	}
	if err := s.expired(ctx, n); err != nil {
		return err
	}
	if err := s.empty(ctx); err != nil {
		return err
	}
	return s.sample(ctx)
}

func (s *soak) write(ctx context.Context, n int) error {
	for i := range 30 {
		in := &kinesis.PutRecordsInput{StreamName: aws.String(streamName)}
		for j := range 50 {
			in.Records = append(in.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String(fmt.Sprint(i, j)), Data: make([]byte, 700)})
		}
		if _, err := s.calls.kinesis.PutRecords(ctx, in); err != nil {
			return fmt.Errorf("put: %w", err)
		}
	}
	return nil
}

func (s *soak) read(ctx context.Context, _ int) error {
	_, err := s.calls.drain(ctx)
	return err
}

// drain reads every shard once.
func (c *calls) drain(ctx context.Context) (n int, err error) {
	list, err := c.shards(ctx, streamName)
	for _, sh := range list {
		if err != nil {
			return n, err
		}
		begin, e := c.kinesis.GetShardIterator(ctx, &kinesis.GetShardIteratorInput{StreamName: aws.String(streamName), ShardId: sh.ShardId, ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
		if e != nil {
			return n, e
		}
		page, e := c.kinesis.GetRecords(ctx, &kinesis.GetRecordsInput{ShardIterator: begin.ShardIterator})
		if e != nil {
			return n, e
		}
		n += len(page.Records)
	}
	return n, err
}

// subscribe registers a consumer, subscribes, hears something, and leaves.
func (s *soak) subscribe(ctx context.Context, n int) error {
	arn := "arn:aws:kinesis:us-east-1:000000000000:stream/" + streamName
	made, err := s.calls.kinesis.RegisterStreamConsumer(ctx, &kinesis.RegisterStreamConsumerInput{StreamARN: &arn, ConsumerName: aws.String(fmt.Sprint("consumer-", n))})
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	list, err := s.calls.shards(ctx, streamName)
	if err != nil {
		return err
	}
	for _, sh := range list[max(0, len(list)-3):] {
		// A client of its own: the SDK reads all streams of one into the same
		// buffer, and that of a stream which was left may still be read.
		out, err := kinesis.New(s.calls.kinesis.Options()).SubscribeToShard(ctx, &kinesis.SubscribeToShardInput{ConsumerARN: made.Consumer.ConsumerARN, ShardId: sh.ShardId,
			StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon}})
		if err != nil {
			return fmt.Errorf("subscribe: %w", err)
		}
		<-out.GetStream().Events()
		_ = out.GetStream().Close()
	}
	_, err = s.calls.kinesis.DeregisterStreamConsumer(ctx, &kinesis.DeregisterStreamConsumerInput{ConsumerARN: made.Consumer.ConsumerARN})
	return err
}

// change reshards, and makes and removes a stream.
func (s *soak) change(ctx context.Context, n int) error {
	open, err := s.calls.openShards(ctx)
	if err != nil {
		return err
	}
	if n%2 == 0 {
		_, err = s.calls.kinesis.SplitShard(ctx, &kinesis.SplitShardInput{StreamName: aws.String(streamName), ShardToSplit: open[0].ShardId, NewStartingHashKey: middle(open[0])})
	} else {
		_, err = s.calls.kinesis.MergeShards(ctx, &kinesis.MergeShardsInput{StreamName: aws.String(streamName), ShardToMerge: open[0].ShardId, AdjacentShardToMerge: open[1].ShardId})
	}
	if err != nil {
		return fmt.Errorf("reshard: %w", err)
	}
	name := "passing"
	if _, err = s.calls.kinesis.CreateStream(ctx, &kinesis.CreateStreamInput{StreamName: &name, ShardCount: aws.Int32(4)}); err != nil {
		return err
	}
	_, err = s.calls.kinesis.DeleteStream(ctx, &kinesis.DeleteStreamInput{StreamName: &name})
	return err
}

// keep puts and removes objects, small and large.
func (s *soak) keep(ctx context.Context, _ int) error {
	for i := range 10 {
		key := fmt.Sprint("object-", i)
		if _, err := s.calls.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(bucketName), Key: &key, Body: strings.NewReader(strings.Repeat("x", 1000+i*20_000))}); err != nil {
			return err
		}
		if i%2 == 0 {
			if _, err := s.calls.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String(bucketName), Key: &key}); err != nil {
				return err
			}
		}
	}
	return nil
}

// turn saves a snapshot, restores it, removes it, and lets most of a day pass,
// so that records expire.
func (s *soak) turn(ctx context.Context, n int) error {
	for _, step := range []struct{ method, path, body string }{
		{http.MethodPut, "/_sluice/snapshots/soak", ""},
		{http.MethodPost, "/_sluice/snapshots/soak/restore", ""},
		{http.MethodDelete, "/_sluice/snapshots/soak", ""},
		{http.MethodPost, "/_sluice/clock", `{"advance":"14h"}`},
	} {
		if err := s.admin(ctx, step.method, step.path, step.body); err != nil {
			return err
		}
	}
	return nil
}

// sample measures the process.
func (s *soak) sample(ctx context.Context) error {
	s.calls.http.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server.URL+"/_sluice/metrics", nil)
	if err != nil {
		return err
	}
	answer, err := integration.Send(s.calls.http, r)
	if err != nil {
		return err
	}
	m := sample{kib: s.server.ResidentKiB()}
	for line := range strings.Lines(string(answer.Body)) {
		if n, _ := fmt.Sscanf(line, "sluice_goroutines %d", &m.goroutines); n == 1 {
			break
		}
	}
	fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.server.PID()))
	m.descriptors = len(fds)
	s.samples = append(s.samples, m)
	if m.goroutines == 0 {
		return errors.New("the metrics do not tell of goroutines")
	}
	return err
}

// What may differ between the first and the last third of the rounds.
const (
	slack       = 24        // descriptors and goroutines
	slackKiB    = 48 * 1024 // caches fill
	slackFactor = 1.25
)

// flat compares the medians of the first and the last third.
func (s *soak) flat(memory bool) (text string, err error) {
	third := len(s.samples) / 3
	of := func(part []sample, what func(sample) int) int {
		var all []int
		for _, m := range part {
			all = append(all, what(m))
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	compare := func(name string, what func(sample) int, most func(first int) int) {
		first, last := of(s.samples[:third], what), of(s.samples[len(s.samples)-third:], what)
		text += fmt.Sprintf("%s %d to %d; ", name, first, last)
		if last > most(first) {
			err = errors.Join(err, fmt.Errorf("%s grow from %d to %d", name, first, last))
		}
	}
	compare("goroutines", func(m sample) int { return m.goroutines }, func(n int) int { return n + slack })
	compare("descriptors", func(m sample) int { return m.descriptors }, func(n int) int { return n + slack })
	compare("resident MiB", func(m sample) int { return m.kib / 1024 }, func(n int) int {
		if !memory {
			return 1 << 30 // the caches of a young process still fill
		}
		return int(float64(n)*slackFactor) + slackKiB/1024
	})
	return strings.TrimSuffix(text, "; ") + " (medians of the first and the last third)", err
}
