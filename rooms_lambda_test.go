package sluice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"
)

// consumer is an instance with a stream and a function that reads it.
type consumer struct {
	*testing.T
	s       *Sluice
	lambda  *lambda.Client
	streams *kinesis.Client
	// events are the payloads that the function has been called with; answer
	// is what it says.
	events chan []string
	answer atomic.Pointer[func(event []byte) ([]byte, error)]
	number int
}

const sourceARN = "arn:aws:kinesis:us-east-1:000000000000:stream/orders"

func newConsumer(t *testing.T, options ...Option) *consumer {
	t.Helper()
	options = append([]Option{WithStreams(StreamSeed{Name: "orders", Shards: 1})}, options...)
	c := &consumer{T: t, s: RunT(t, options...), events: make(chan []string, 1000)}
	c.lambda, c.streams = lambda.NewFromConfig(c.s.AWSConfig()), kinesis.NewFromConfig(c.s.AWSConfig())
	require.NoError(t, c.s.RegisterFunction("ingest", func(_ context.Context, event []byte) ([]byte, error) {
		var doc struct {
			Records []struct{ Kinesis struct{ Data []byte } }
		}
		if err := json.Unmarshal(event, &doc); err != nil {
			return nil, err
		}
		var payloads []string
		for _, r := range doc.Records {
			payloads = append(payloads, string(r.Kinesis.Data))
		}
		c.events <- payloads
		if f := c.answer.Load(); f != nil {
			return (*f)(event)
		}
		return nil, nil
	}))
	return c
}

// create makes the mapping and returns its UUID.
func (c *consumer) create(changes ...func(in *lambda.CreateEventSourceMappingInput)) *string {
	c.Helper()
	in := &lambda.CreateEventSourceMappingInput{FunctionName: aws.String("ingest"), EventSourceArn: aws.String(sourceARN),
		StartingPosition: types.EventSourcePositionTrimHorizon}
	for _, change := range changes {
		change(in)
	}
	out, err := c.lambda.CreateEventSourceMapping(c.Context(), in)
	require.NoError(c, err)
	return out.UUID
}

// put writes n records with running numbers, each by itself.
func (c *consumer) put(n int) {
	c.Helper()
	for range n {
		c.number++
		_, err := c.streams.PutRecord(c.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"),
			PartitionKey: aws.String("k"), Data: fmt.Appendf(nil, `{"n":%d}`, c.number)})
		require.NoError(c, err)
	}
}

// seen waits for the function to be called with records until it has had n.
func (c *consumer) seen(n int) []string {
	c.Helper()
	var all []string
	for len(all) < n {
		select {
		case payloads := <-c.events:
			all = append(all, payloads...)
		case <-time.After(time.Minute):
			require.FailNow(c, "the function was not called", "it has had %v", all)
		}
	}
	return all
}

func (c *consumer) get(uuid *string) *lambda.GetEventSourceMappingOutput {
	c.Helper()
	out, err := c.lambda.GetEventSourceMapping(c.Context(), &lambda.GetEventSourceMappingInput{UUID: uuid})
	require.NoError(c, err)
	return out
}

// await waits until a mapping shows what is wanted.
func (c *consumer) await(uuid *string, what string, ok func(m *lambda.GetEventSourceMappingOutput) bool) {
	c.Helper()
	require.Eventually(c, func() bool { return ok(c.get(uuid)) }, time.Minute, 5*time.Millisecond, what)
}

func (c *consumer) enable(uuid *string, on bool) {
	c.Helper()
	_, err := c.lambda.UpdateEventSourceMapping(c.Context(), &lambda.UpdateEventSourceMappingInput{UUID: uuid, Enabled: &on})
	require.NoError(c, err)
	state := map[bool]string{true: "Enabled", false: "Disabled"}[on]
	c.await(uuid, state, func(m *lambda.GetEventSourceMappingOutput) bool { return *m.State == state })
}

// admin reads an admin path.
func (c *consumer) admin(path string, into any) {
	c.Helper()
	answer, err := http.Get(c.s.Endpoint() + path)
	require.NoError(c, err)
	defer answer.Body.Close()
	require.Equal(c, http.StatusOK, answer.StatusCode, path)
	require.NoError(c, json.NewDecoder(answer.Body).Decode(into))
}

func numbers(from, to int) []string {
	var list []string
	for n := from; n <= to; n++ {
		list = append(list, fmt.Sprintf(`{"n":%d}`, n))
	}
	return list
}

func TestMappingFromCreateToDelete(t *testing.T) {
	c := newConsumer(t)
	c.put(3)
	uuid := c.create()
	require.Equal(t, numbers(1, 3), c.seen(3))
	c.await(uuid, "OK", func(m *lambda.GetEventSourceMappingOutput) bool { return *m.LastProcessingResult == "OK" })

	c.s.Clock().Step(time.Minute)
	require.Eventually(t, func() bool {
		reported := map[string]float64{}
		for _, x := range c.s.current.Load().reported.Load().Samples() {
			reported[x.Namespace+" "+x.Name+" "+x.Labels()] = x.Count
		}
		return reported["AWS/Lambda Invocations FunctionName=ingest"] > 0 && reported["AWS/Lambda IteratorAge FunctionName=ingest"] > 0
	}, time.Minute, 5*time.Millisecond)

	c.enable(uuid, false)
	require.Equal(t, "OK", *c.get(uuid).LastProcessingResult)
	c.put(4)
	require.Empty(t, c.events, "a disabled mapping reads nothing")
	_, err := c.lambda.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: uuid, BatchSize: aws.Int32(2)})
	require.NoError(t, err)
	c.enable(uuid, true)
	require.Equal(t, numbers(4, 5), c.seen(1), "it goes on where it was, by the new size")
	require.Equal(t, numbers(6, 7), c.seen(1))

	_, err = c.lambda.UpdateEventSourceMapping(t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: uuid, FilterCriteria: &types.FilterCriteria{
		Filters: []types.Filter{{Pattern: aws.String(`{"data":{"n":[{"numeric":[">=",10]}]}}`)}}}})
	require.NoError(t, err)
	c.await(uuid, "Enabled", func(m *lambda.GetEventSourceMappingOutput) bool { return *m.State == "Enabled" })
	c.put(3)
	require.Equal(t, numbers(10, 10), c.seen(1))

	_, err = c.lambda.DeleteEventSourceMapping(t.Context(), &lambda.DeleteEventSourceMappingInput{UUID: uuid})
	require.NoError(t, err)
	_, err = c.lambda.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: uuid})
	var gone *types.ResourceNotFoundException
	require.ErrorAs(t, err, &gone)
	require.Equal(t, "The resource you requested does not exist.", gone.ErrorMessage())
	c.put(1)
	c.create()
	require.Equal(t, numbers(1, 11), c.seen(11), "the position was dropped")
}

func TestFailuresGoToTheBuiltInSink(t *testing.T) {
	c := newConsumer(t, func(c *Config) { c.FastRetries = true })
	fail := func([]byte) ([]byte, error) { return nil, errors.New("no") }
	c.answer.Store(&fail)
	c.put(1)
	const queue = "arn:aws:sqs:us-east-1:000000000000:dead"
	uuid := c.create(func(in *lambda.CreateEventSourceMappingInput) {
		in.MaximumRetryAttempts = aws.Int32(1)
		in.DestinationConfig = &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String(queue)}}
	})
	c.seen(2)
	c.await(uuid, "problem", func(m *lambda.GetEventSourceMappingOutput) bool {
		return *m.LastProcessingResult == "PROBLEM: Function call failed"
	})
	var failures struct {
		Items []struct {
			Mapping, Destination, ShardID, Name string
			Document                            struct {
				RequestContext struct {
					Condition              string
					ApproximateInvokeCount int
				}
			}
			Payload struct{ Records []json.RawMessage }
		}
		Next *string
	}
	require.Eventually(t, func() bool { c.admin("/_sluice/failures", &failures); return len(failures.Items) == 1 }, time.Minute, 5*time.Millisecond)
	f := failures.Items[0]
	require.Equal(t, *uuid, f.Mapping)
	require.Equal(t, queue, f.Destination)
	require.Equal(t, "shardId-000000000000", f.ShardID)
	require.Regexp(t, `^aws/lambda/`+*uuid+`/shardId-000000000000/\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}$`, f.Name)
	require.Equal(t, "RetryAttemptsExhausted", f.Document.RequestContext.Condition)
	require.Equal(t, 2, f.Document.RequestContext.ApproximateInvokeCount)
	require.Len(t, f.Payload.Records, 1)
	require.Nil(t, failures.Next)

	var report mappingReport
	c.admin("/_sluice/mappings/"+*uuid, &report)
	require.Equal(t, "Enabled", report.State)
	require.Len(t, report.Shards, 1)
	require.NotEmpty(t, report.Shards[0].Checkpoint)
	var list struct{ Items []mappingReport }
	c.admin("/_sluice/mappings", &list)
	require.Len(t, list.Items, 1)
	// It is counted once the sink has taken it.
	require.Eventually(t, func() bool {
		return strings.Contains(page(t, c.s.Endpoint()+"/_sluice/metrics"), "sluice_mapping_dropped_events_total 1\n")
	}, time.Minute, 5*time.Millisecond)
	require.Contains(t, page(t, c.s.Endpoint()+"/_sluice/metrics"), `sluice_mappings{state="Enabled"} 1`)
}

func TestMappingsOverReplaceAndRestore(t *testing.T) {
	c := newConsumer(t, func(c *Config) { c.Memory = false; c.Data = t.TempDir() })
	uuid := c.create()
	c.put(2)
	c.seen(2)
	c.await(uuid, "OK", func(m *lambda.GetEventSourceMappingOutput) bool { return *m.LastProcessingResult == "OK" })
	var page mappingReport
	require.Eventually(t, func() bool {
		c.admin("/_sluice/mappings/"+*uuid, &page)
		return len(page.Shards) == 1 && page.Shards[0].Checkpoint != "" && page.Shards[0].InFlight == 0
	}, time.Minute, 5*time.Millisecond)
	require.NoError(t, c.s.Replace(t.Context()))
	c.put(1)
	require.Equal(t, numbers(3, 3), c.seen(1), "not from the start again")
	c.await(uuid, "OK", func(m *lambda.GetEventSourceMappingOutput) bool { return *m.LastProcessingResult == "OK" })
	c.enable(uuid, false)
	require.NoError(t, c.s.Snapshot(t.Context(), "before"))
	c.put(2)
	c.enable(uuid, true)
	require.Equal(t, numbers(4, 5), c.seen(2))
	require.NoError(t, c.s.Restore(t.Context(), "before"))
	require.Equal(t, "Disabled", *c.get(uuid).State)
	c.number = 3
	c.put(1)
	c.enable(uuid, true)
	require.Equal(t, numbers(4, 4), c.seen(1), "the position is that of the snapshot")
}

func TestResetRemovesMappings(t *testing.T) {
	c := newConsumer(t)
	uuid := c.create()
	removed, err := c.s.Reset(t.Context(), "lambda", "", "")
	require.NoError(t, err)
	require.Equal(t, map[string]int{"lambda": 1}, removed)
	_, err = c.lambda.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: uuid})
	var gone *types.ResourceNotFoundException
	require.ErrorAs(t, err, &gone)
}

func TestFailuresGoToABucketOfThisServer(t *testing.T) {
	c := newConsumer(t, func(c *Config) { c.FastRetries = true })
	fail := func([]byte) ([]byte, error) { return nil, errors.New("no") }
	c.answer.Store(&fail)
	buckets := c.s.current.Load().buckets.Load()
	require.NoError(t, buckets.CreateBucket(t.Context(), "dead-letters"))
	c.put(2)
	uuid := c.create(func(in *lambda.CreateEventSourceMappingInput) {
		in.MaximumRetryAttempts = aws.Int32(0)
		in.DestinationConfig = &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String("arn:aws:s3:::dead-letters")}}
	})
	c.await(uuid, "problem", func(m *lambda.GetEventSourceMappingOutput) bool {
		return strings.HasPrefix(*m.LastProcessingResult, "PROBLEM")
	})
	key := regexp.MustCompile(`<Key>(aws/lambda/` + *uuid + `/shardId-000000000000/[^<]+)</Key>`)
	var found []string
	require.Eventually(t, func() bool {
		found = key.FindStringSubmatch(c.list("dead-letters"))
		return len(found) == 2
	}, time.Minute, 5*time.Millisecond)
	body, head, err := buckets.Get(t.Context(), "dead-letters", found[1])
	require.NoError(t, err)
	defer body.Close()
	require.Equal(t, "application/json", head.Get("Content-Type"))
	var doc struct {
		KinesisBatchInfo struct{ BatchSize int }
		Payload          struct{ Records []json.RawMessage }
	}
	require.NoError(t, json.NewDecoder(body).Decode(&doc))
	require.Equal(t, 2, doc.KinesisBatchInfo.BatchSize)
	require.Len(t, doc.Payload.Records, 2)
}

// list is the answer to ListObjectsV2.
func (c *consumer) list(bucket string) string {
	c.Helper()
	request, err := http.NewRequestWithContext(c.Context(), http.MethodGet, c.s.Endpoint()+"/"+bucket+"?list-type=2", nil)
	require.NoError(c, err)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=000000000000/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(c, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(c, err)
	require.Equal(c, http.StatusOK, answer.StatusCode, "%s", text)
	return string(text)
}
