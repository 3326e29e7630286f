package sluice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	kinesistypes "github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"

	"sluice/lambda/runtime"
)

// register makes a consumer of the stream.
func (c *consumer) register(name string) string {
	c.Helper()
	out, err := c.streams.RegisterStreamConsumer(c.Context(), &kinesis.RegisterStreamConsumerInput{StreamARN: aws.String(sourceARN), ConsumerName: &name})
	require.NoError(c, err)
	return *out.Consumer.ConsumerARN
}

// TestMappingByFanout reads for a consumer, past the five minutes of a
// subscription and over a split.
func TestMappingByFanout(t *testing.T) {
	c := newConsumer(t)
	source := c.register("fan")
	c.put(2)
	uuid := c.create(func(in *lambda.CreateEventSourceMappingInput) { in.EventSourceArn = &source })
	require.Equal(t, numbers(1, 2), c.seen(2))
	for range 3 {
		c.s.Clock().Step(6 * time.Minute)
		c.put(2)
		require.Equal(t, numbers(c.number-1, c.number), c.seen(2))
	}
	c.split("shardId-000000000000")
	c.put(10)
	got := c.seen(10)
	slices.Sort(got)
	require.Equal(t, 10, len(slices.Compact(got)))
	require.Equal(t, "Enabled", *c.get(uuid).State)
	_, err := c.lambda.DeleteEventSourceMapping(t.Context(), &lambda.DeleteEventSourceMappingInput{UUID: uuid})
	require.NoError(t, err)
}

func (c *consumer) split(shard string) {
	c.Helper()
	half := "170141183460469231731687303715884105728"
	_, err := c.streams.SplitShard(c.Context(), &kinesis.SplitShardInput{StreamName: aws.String("orders"), ShardToSplit: &shard, NewStartingHashKey: &half})
	require.NoError(c, err)
}

// TestPoisonInFrontOfASplit: reference 7.3.
func TestPoisonInFrontOfASplit(t *testing.T) {
	c := newConsumer(t, func(c *Config) { c.FastRetries = true })
	var cured atomic.Bool
	answer := func(event []byte) ([]byte, error) {
		if cured.Load() {
			return nil, nil
		}
		return nil, errors.New("poison")
	}
	c.answer.Store(&answer)
	c.put(1)
	uuid := c.create()
	c.seen(3)
	c.split("shardId-000000000000")
	c.put(5)
	for range 10 {
		require.Equal(t, numbers(1, 1), <-c.events, "the children receive nothing before the parent is done")
	}
	cured.Store(true)
	// The last of the ten calls may be answered after the cure already, and the
	// first record not come again.
	seen := map[string]bool{numbers(1, 1)[0]: true}
	for len(seen) < 6 {
		for _, n := range c.seen(1) {
			seen[n] = true
		}
	}
	c.await(uuid, "OK", func(m *lambda.GetEventSourceMappingOutput) bool { return *m.LastProcessingResult == "OK" })
}

// queued waits until a mapping has read n records that it holds back.
func (c *consumer) queued(uuid *string, n int) {
	c.Helper()
	require.Eventually(c, func() bool {
		var page mappingReport
		c.admin("/_sluice/mappings/"+*uuid, &page)
		return len(page.Shards) == 1 && page.Shards[0].Queued == n
	}, time.Minute, 5*time.Millisecond)
}

// TestMappingOptionsOnARealStream tries what is tested one by one in
// lambda/poller once more with nothing replaced.
func TestMappingOptionsOnARealStream(t *testing.T) {
	t.Run("batching window", func(t *testing.T) {
		c := newConsumer(t, FrozenAt(noon))
		uuid := c.create(func(in *lambda.CreateEventSourceMappingInput) { in.MaximumBatchingWindowInSeconds = aws.Int32(300) })
		c.put(2)
		c.queued(uuid, 2)
		c.s.Clock().Step(4 * time.Minute)
		require.Empty(t, c.events)
		c.put(1)
		c.queued(uuid, 3)
		c.s.Clock().Step(time.Minute)
		require.Equal(t, numbers(1, 3), c.seen(3))
	})
	t.Run("partial answers", func(t *testing.T) {
		c := newConsumer(t, func(c *Config) { c.FastRetries = true })
		answer := func(event []byte) ([]byte, error) {
			var doc struct {
				Records []struct {
					Kinesis struct {
						SequenceNumber string
						Data           []byte
					}
				}
			}
			if err := json.Unmarshal(event, &doc); err != nil {
				return nil, err
			}
			for _, r := range doc.Records {
				if string(r.Kinesis.Data) == `{"n":3}` {
					return fmt.Appendf(nil, `{"batchItemFailures":[{"itemIdentifier":%q}]}`, r.Kinesis.SequenceNumber), nil
				}
			}
			return nil, nil
		}
		c.answer.Store(&answer)
		c.put(5)
		c.create(func(in *lambda.CreateEventSourceMappingInput) {
			in.FunctionResponseTypes = []types.FunctionResponseType{types.FunctionResponseTypeReportBatchItemFailures}
			in.MaximumRetryAttempts = aws.Int32(1)
		})
		require.Equal(t, numbers(1, 5), c.seen(5))
		var failures struct{ Items []failureReport }
		require.Eventually(t, func() bool { c.admin("/_sluice/failures", &failures); return len(failures.Items) == 1 }, time.Minute, 5*time.Millisecond)
		require.Contains(t, string(failures.Items[0].Document), `"batchSize":3`, "what was reported and what follows it")
		require.Eventually(t, func() bool {
			for len(c.events) > 0 {
				if slices.Contains(<-c.events, `{"n":5}`) {
					return true
				}
			}
			return false
		}, time.Minute, 5*time.Millisecond, "what follows the failure was delivered")
	})
	t.Run("tumbling window", func(t *testing.T) {
		c := newConsumer(t, FrozenAt(noon))
		windows := make(chan string, 100)
		answer := func(event []byte) ([]byte, error) {
			var doc struct {
				State                   struct{ N int }
				Records                 []json.RawMessage
				IsFinalInvokeForWindow  bool
				IsWindowTerminatedEarly bool
			}
			if err := json.Unmarshal(event, &doc); err != nil {
				return nil, err
			}
			n := doc.State.N + len(doc.Records)
			windows <- fmt.Sprint(n, doc.IsFinalInvokeForWindow)
			return fmt.Appendf(nil, `{"state":{"n":%d}}`, n), nil
		}
		c.answer.Store(&answer)
		c.create(func(in *lambda.CreateEventSourceMappingInput) { in.TumblingWindowInSeconds = aws.Int32(60) })
		c.put(1)
		require.Equal(t, "1 false", <-windows)
		c.put(1)
		require.Equal(t, "2 false", <-windows)
		c.s.Clock().Step(2 * time.Minute)
		require.Equal(t, "2 true", <-windows)
	})
	t.Run("a stream that is deleted", func(t *testing.T) {
		c := newConsumer(t)
		c.put(1)
		uuid := c.create()
		c.seen(1)
		_, err := c.streams.DeleteStream(t.Context(), &kinesis.DeleteStreamInput{StreamName: aws.String("orders"), EnforceConsumerDeletion: aws.Bool(true)})
		require.NoError(t, err)
		c.await(uuid, "told", func(m *lambda.GetEventSourceMappingOutput) bool {
			return *m.LastProcessingResult == "PROBLEM: Stream not found"
		})
		require.Equal(t, "Enabled", *c.get(uuid).State)
		_, err = c.streams.CreateStream(t.Context(), &kinesis.CreateStreamInput{StreamName: aws.String("orders"), ShardCount: aws.Int32(1),
			StreamModeDetails: &kinesistypes.StreamModeDetails{StreamMode: kinesistypes.StreamModeProvisioned}})
		require.NoError(t, err)
		c.put(1)
		require.Equal(t, numbers(2, 2), c.seen(1), "a stream of the same name is read from its beginning")
	})
	t.Run("a function that is deleted", func(t *testing.T) {
		c := newConsumer(t, func(c *Config) { c.FastRetries = true })
		uuid := c.create()
		require.True(t, c.s.functions.Remove(runtime.Key{Account: DefaultAccount, Region: DefaultRegion, Name: "ingest"}))
		c.put(1)
		c.await(uuid, "told", func(m *lambda.GetEventSourceMappingOutput) bool {
			return *m.LastProcessingResult == "PROBLEM: Function not found"
		})
	})
}

// TestDisablingWaitsForTheFunction, whose call is under way, also while service
// time stands still.
func TestDisablingWaitsForTheFunction(t *testing.T) {
	c := newConsumer(t, FrozenAt(noon))
	proceed := make(chan bool)
	answer := func([]byte) ([]byte, error) { <-proceed; return nil, nil }
	c.answer.Store(&answer)
	c.put(1)
	uuid := c.create()
	c.seen(1)
	out, err := c.lambda.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: uuid, Enabled: aws.Bool(false)})
	require.NoError(t, err)
	require.Equal(t, "Disabling", *out.State)
	require.Equal(t, "Disabling", *c.get(uuid).State)
	proceed <- true
	c.await(uuid, "Disabled", func(m *lambda.GetEventSourceMappingOutput) bool { return *m.State == "Disabled" })
	require.Equal(t, "OK", *c.get(uuid).LastProcessingResult)
	close(proceed)
	c.put(1)
	c.enable(uuid, true)
	require.Equal(t, numbers(2, 2), c.seen(1), "what was answered does not come again")
}

// TestManyMappingsOnOneStream gives every mapping every record, after the
// instance was opened again too, and moves a year over them.
func TestManyMappingsOnOneStream(t *testing.T) {
	const count = 1000
	c := newConsumer(t, WithLimits(LimitsOff), func(c *Config) { c.Memory = false; c.Data = t.TempDir() })
	called := make(chan string, 2*count)
	for i := range count {
		name := fmt.Sprintf("f%04d", i)
		require.NoError(t, c.s.RegisterFunction(name, func(context.Context, []byte) ([]byte, error) { called <- name; return nil, nil }))
		c.create(func(in *lambda.CreateEventSourceMappingInput) { in.FunctionName = &name })
	}
	all := func() {
		c.put(1)
		seen := map[string]bool{}
		for range count {
			seen[<-called] = true
		}
		require.Len(t, seen, count)
	}
	all()
	require.Eventually(t, func() bool { // positions are stored after the answers
		var page struct{ Items []mappingReport }
		c.admin("/_sluice/mappings?limit=1000", &page)
		return len(page.Items) == count && !slices.ContainsFunc(page.Items, func(r mappingReport) bool {
			return len(r.Shards) != 1 || r.Shards[0].Checkpoint == "" || r.Shards[0].InFlight > 0
		})
	}, time.Minute, 50*time.Millisecond)
	require.NoError(t, c.s.Replace(t.Context()))
	began := c.s.host.Now()
	c.s.Clock().Step(365 * 24 * time.Hour)
	require.Less(t, c.s.host.Now().Sub(began), time.Minute)
	all()
	require.Empty(t, called, "nothing comes twice")
}
