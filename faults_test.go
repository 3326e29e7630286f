package sluice_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice"
)

// orders runs an instance with a stream of two shards.
func orders(t *testing.T, options ...sluice.Option) *sluice.Sluice {
	t.Helper()
	unlimited := func(c *sluice.Config) { c.Limits = sluice.LimitsOff } // only rules refuse
	return sluice.RunT(t, append(options, unlimited, sluice.WithStreams(sluice.StreamSeed{Name: "orders", Shards: 2}))...)
}

// hasty are the SDK's default retries without long pauses between them.
func hasty(o *kinesis.Options) {
	o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) { r.MaxBackoff = 10 * time.Millisecond })
}

// clients are the SDK over HTTP/1.1 and HTTP/2.
func clients(s *sluice.Sluice) map[string]*kinesis.Client {
	var two http.Protocols
	two.SetUnencryptedHTTP2(true)
	return map[string]*kinesis.Client{
		"HTTP/1.1": kinesis.NewFromConfig(s.AWSConfig(), hasty),
		"h2c": kinesis.NewFromConfig(s.AWSConfig(), hasty, func(o *kinesis.Options) {
			o.HTTPClient = &http.Client{Transport: &http.Transport{Protocols: &two}}
		}),
	}
}

// impatient is the SDK without retries.
func impatient(s *sluice.Sluice) *kinesis.Client {
	return kinesis.NewFromConfig(s.AWSConfig(), func(o *kinesis.Options) { o.RetryMaxAttempts = 1 })
}

func fault(t *testing.T, s *sluice.Sluice, rule sluice.FaultRule) sluice.FaultRule {
	t.Helper()
	rule, err := s.Faults().Add(rule)
	require.NoError(t, err)
	return rule
}

// struck ends a rule and tells its counts.
func struck(t *testing.T, s *sluice.Sluice, rule sluice.FaultRule) (seen, fired int64) {
	t.Helper()
	rule, ok := s.Faults().Delete(rule.ID)
	require.True(t, ok)
	return rule.Seen, rule.Fired
}

func putOne(t *testing.T, c *kinesis.Client, key, data string) error {
	t.Helper()
	_, err := c.PutRecord(t.Context(), &kinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: &key, Data: []byte(data)})
	return err
}

// stored is all data of the stream, shard by shard.
func stored(t *testing.T, c *kinesis.Client) (data []string) {
	t.Helper()
	for i := range 2 {
		at := iteratorOf(t, c, i)
		out, err := c.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: at})
		require.NoError(t, err)
		for _, r := range out.Records {
			data = append(data, string(r.Data))
		}
	}
	return data
}

func iteratorOf(t *testing.T, c *kinesis.Client, shard int) *string {
	t.Helper()
	at, err := c.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{StreamName: aws.String("orders"),
		ShardId: aws.String(fmt.Sprintf("shardId-%012d", shard)), ShardIteratorType: types.ShardIteratorTypeTrimHorizon})
	require.NoError(t, err)
	return at.ShardIterator
}

func requireAnswer(t *testing.T, err error, code, message string) {
	t.Helper()
	var answer smithy.APIError
	require.ErrorAs(t, err, &answer)
	require.Equal(t, code, answer.ErrorCode())
	require.Equal(t, message, answer.ErrorMessage())
}

// The acknowledgement of a write is lost: the SDK sends the record again, and
// it is there twice.
func TestLostAcknowledgement(t *testing.T) {
	s := orders(t)
	for name, client := range clients(s) {
		t.Run(name, func(t *testing.T) {
			rule := fault(t, s, sluice.FaultRule{
				Match:  sluice.FaultMatch{Operation: "PutRecord", Stream: "orders"},
				When:   sluice.FaultWhen{First: 1},
				Effect: sluice.FaultEffect{Reset: sluice.AfterCall},
			})
			require.NoError(t, putOne(t, client, "a", "lost "+name), "the SDK tries again")
			seen, fired := struck(t, s, rule)
			require.EqualValues(t, 2, seen)
			require.EqualValues(t, 1, fired)
			copies := 0
			for _, data := range stored(t, client) {
				if data == "lost "+name {
					copies++
				}
			}
			require.Equal(t, 2, copies)

			rule = fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Operation: "PutRecord"}, When: sluice.FaultWhen{First: 1},
				Effect: sluice.FaultEffect{Reset: sluice.BeforeCall}})
			before := len(stored(t, client))
			require.NoError(t, putOne(t, client, "a", "once "+name))
			struck(t, s, rule)
			require.Len(t, stored(t, client), before+1, "a reset before the write leaves one record")
		})
	}
}

// Some records of a batch fail. A producer that sends those again has each
// record stored once.
func TestPartialFailureIsRetried(t *testing.T) {
	s := orders(t)
	for name, client := range clients(s) {
		t.Run(name, func(t *testing.T) {
			rule := fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Operation: "PutRecords"},
				Effect: sluice.FaultEffect{FailRecords: &sluice.FaultRecords{Every: 3, Code: "ProvisionedThroughputExceededException"}}})
			var want []string
			var left []types.PutRecordsRequestEntry
			for i := range 9 {
				want = append(want, fmt.Sprint(name, i))
				left = append(left, types.PutRecordsRequestEntry{PartitionKey: aws.String("a"), Data: []byte(want[i])})
			}
			failures := []int32{}
			for len(left) > 0 {
				out, err := client.PutRecords(t.Context(), &kinesis.PutRecordsInput{StreamName: aws.String("orders"), Records: left})
				require.NoError(t, err)
				require.Len(t, out.Records, len(left))
				failures = append(failures, *out.FailedRecordCount)
				var again []types.PutRecordsRequestEntry
				for i, r := range out.Records {
					if r.ErrorCode == nil {
						require.NotNil(t, r.SequenceNumber)
						continue
					}
					require.Nil(t, r.SequenceNumber)
					require.Nil(t, r.ShardId)
					require.Equal(t, "ProvisionedThroughputExceededException", *r.ErrorCode)
					require.Equal(t, "Rate exceeded for shard shardId-000000000000 in stream orders under account 000000000000.", *r.ErrorMessage)
					again = append(again, left[i])
				}
				left = again
			}
			require.Equal(t, []int32{3, 1, 0}, failures, "every third, counted over all batches")
			seen, fired := struck(t, s, rule)
			require.EqualValues(t, 3, seen)
			require.EqualValues(t, 2, fired)
			var have []string
			for _, data := range stored(t, client) {
				if len(data) == len(name)+1 && data[:len(name)] == name {
					have = append(have, data)
				}
			}
			require.ElementsMatch(t, want, have)
		})
	}
}

// The effects that are about the answer, as the SDK sees them.
func TestOtherEffectsThroughTheSDK(t *testing.T) {
	s := orders(t)
	for name, client := range clients(s) {
		t.Run(name, func(t *testing.T) {
			once := func(effect sluice.FaultEffect) (seen int64, err error) {
				rule := fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Operation: "PutRecord"}, When: sluice.FaultWhen{First: 1}, Effect: effect})
				err = putOne(t, client, "a", "x")
				seen, fired := struck(t, s, rule)
				require.EqualValues(t, 1, fired)
				return seen, err
			}
			seen, err := once(sluice.FaultEffect{Latency: time.Millisecond})
			require.NoError(t, err)
			require.EqualValues(t, 1, seen)
			seen, err = once(sluice.FaultEffect{BytesPerSecond: 2000})
			require.NoError(t, err)
			require.EqualValues(t, 1, seen)
			seen, err = once(sluice.FaultEffect{Error: &sluice.FaultError{Code: "InternalFailure"}})
			require.NoError(t, err)
			require.EqualValues(t, 2, seen, "the SDK tries again after a 500")
			seen, err = once(sluice.FaultEffect{Error: &sluice.FaultError{Code: "ResourceInUseException", Message: "busy"}})
			var busy *types.ResourceInUseException
			require.ErrorAs(t, err, &busy)
			require.EqualValues(t, 1, seen, "and not after its own mistake")
			_, err = once(sluice.FaultEffect{Truncate: true})
			require.Error(t, err, "it does not try again after half an answer")

			fault(t, s, sluice.FaultRule{ID: "slow", Match: sluice.FaultMatch{Operation: "PutRecord"}, Effect: sluice.FaultEffect{Latency: time.Hour}})
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			_, err = client.PutRecord(ctx, &kinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String("a"), Data: []byte("x")})
			require.ErrorIs(t, err, context.DeadlineExceeded)
			s.Faults().Delete("slow")
		})
	}
}

// A batch that fails as a whole stores nothing; what is wrong with it is
// still told.
func TestWholeBatchFails(t *testing.T) {
	s := orders(t)
	client := impatient(s)
	rule := fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Operation: "PutRecords"}, Effect: sluice.FaultEffect{Throttle: true}})
	put := func(stream string, hash *string) (*kinesis.PutRecordsOutput, error) {
		return client.PutRecords(t.Context(), &kinesis.PutRecordsInput{StreamName: &stream, Records: []types.PutRecordsRequestEntry{
			{PartitionKey: aws.String("a"), Data: []byte("x"), ExplicitHashKey: hash}, {PartitionKey: aws.String("b"), Data: []byte("y")}}})
	}
	out, err := put("orders", nil)
	require.NoError(t, err)
	require.EqualValues(t, 2, *out.FailedRecordCount)
	require.Equal(t, "Rate exceeded for shard shardId-000000000001 in stream orders under account 000000000000.", *out.Records[1].ErrorMessage)
	_, err = put("nothing", nil)
	requireAnswer(t, err, "ResourceNotFoundException", "Stream nothing under account 000000000000 not found.")
	_, err = put("orders", aws.String("999999999999999999999999999999999999999"))
	requireAnswer(t, err, "InvalidArgumentException", "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 999999999999999999999999999999999999999")
	_, fired := struck(t, s, rule)
	require.EqualValues(t, 3, fired)
	require.Empty(t, stored(t, client))
}

// Rules know the shard a record would go to and the one an iterator is of.
func TestShardsAndKeysAreKnown(t *testing.T) {
	s := orders(t)
	client := impatient(s)
	one := "shardId-000000000001"
	batch := &kinesis.PutRecordsInput{StreamName: aws.String("orders")}
	for _, key := range []string{"a", "b", "c", "d", "e", "f"} { // shards 0, 1, 0, 0, 1, 0, by their MD5
		batch.Records = append(batch.Records, types.PutRecordsRequestEntry{PartitionKey: aws.String(key), Data: []byte(key)})
	}
	plain, err := client.PutRecords(t.Context(), batch)
	require.NoError(t, err)
	rule := fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Operation: "PutRecords", Shard: one},
		Effect: sluice.FaultEffect{FailRecords: &sluice.FaultRecords{}}})
	out, err := client.PutRecords(t.Context(), batch)
	require.NoError(t, err)
	for i, r := range plain.Records {
		require.Equal(t, *r.ShardId == one, out.Records[i].ErrorCode != nil, "record %d", i)
	}
	require.Equal(t, "InternalFailure", *out.Records[1].ErrorCode)
	require.Equal(t, "Internal service failure.", *out.Records[1].ErrorMessage)
	struck(t, s, rule)

	zero, other := iteratorOf(t, client, 0), iteratorOf(t, client, 1)
	rule = fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Operation: "GetRecords", Stream: "orders", Shard: one}, Effect: sluice.FaultEffect{Throttle: true}})
	_, err = client.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: zero})
	require.NoError(t, err)
	_, err = client.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: other})
	requireAnswer(t, err, "ProvisionedThroughputExceededException", "Rate exceeded for Shard - 000000000000/orders/shardId-000000000001")
	struck(t, s, rule)

	rule = fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{PartitionKey: "b"}, Effect: sluice.FaultEffect{Throttle: true}})
	require.NoError(t, putOne(t, client, "a", "x"))
	requireAnswer(t, putOne(t, client, "b", "x"), "ProvisionedThroughputExceededException",
		"Rate exceeded for shard shardId-000000000001 in stream orders under account 000000000000.")
	struck(t, s, rule)
}

// Throttling is each operation's own.
func TestThrottlingOnOrder(t *testing.T) {
	s := orders(t)
	client := impatient(s)
	rule := fault(t, s, sluice.FaultRule{Effect: sluice.FaultEffect{Throttle: true}})
	_, err := client.DescribeStreamSummary(t.Context(), &kinesis.DescribeStreamSummaryInput{StreamName: aws.String("orders")})
	requireAnswer(t, err, "LimitExceededException", "Rate exceeded for stream orders under account 000000000000.")
	_, err = client.ListStreams(t.Context(), &kinesis.ListStreamsInput{})
	requireAnswer(t, err, "LimitExceededException", "Rate exceeded for account 000000000000.")
	_, err = client.GetShardIterator(t.Context(), &kinesis.GetShardIteratorInput{StreamName: aws.String("orders"),
		ShardId: aws.String("shardId-000000000001"), ShardIteratorType: types.ShardIteratorTypeLatest})
	requireAnswer(t, err, "ProvisionedThroughputExceededException", "Rate exceeded for Shard - 000000000000/orders/shardId-000000000001")
	struck(t, s, rule)

	rule = fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Operation: "PutRecord"}, When: sluice.FaultWhen{First: 2}, Effect: sluice.FaultEffect{Throttle: true}})
	require.NoError(t, putOne(t, clients(s)["HTTP/1.1"], "a", "x"), "the SDK tries three times")
	seen, fired := struck(t, s, rule)
	require.EqualValues(t, 3, seen)
	require.EqualValues(t, 2, fired)
}

func TestIteratorsExpireOnOrder(t *testing.T) {
	s := orders(t, sluice.FrozenAt(time.Date(2026, 11, 25, 10, 6, 1, 0, time.UTC)))
	client := impatient(s)
	at := iteratorOf(t, client, 0)
	fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Operation: "GetRecords"}, When: sluice.FaultWhen{First: 1}, Effect: sluice.FaultEffect{ExpireIterator: true}})
	_, err := client.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: at})
	var expired *types.ExpiredIteratorException
	require.ErrorAs(t, err, &expired)
	require.Equal(t, "Iterator expired. The iterator was created at time Wed Nov 25 10:01:00 UTC 2026 while right now it is Wed Nov 25 10:06:01 UTC 2026 "+
		"which is further in the future than the tolerated delay of 300000 milliseconds.", *expired.Message)
	_, err = client.GetRecords(t.Context(), &kinesis.GetRecordsInput{ShardIterator: at})
	require.NoError(t, err)
}

// A consumer whose subscriptions are cut after every event misses nothing.
func TestSubscriptionsAreCut(t *testing.T) {
	s := orders(t)
	client := impatient(s)
	stream := "arn:aws:kinesis:us-east-1:000000000000:stream/orders"
	made, err := client.RegisterStreamConsumer(t.Context(), &kinesis.RegisterStreamConsumerInput{StreamARN: &stream, ConsumerName: aws.String("c")})
	require.NoError(t, err)
	fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Consumer: "c"}, When: sluice.FaultWhen{Every: 2},
		Effect: sluice.FaultEffect{EndSubscription: &sluice.FaultEnd{How: sluice.EndReset, Events: 1}}})
	fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Consumer: "c"},
		Effect: sluice.FaultEffect{EndSubscription: &sluice.FaultEnd{Events: 1}}})
	position := &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon}
	var read, failed []string
	for i := range 4 {
		require.NoError(t, putOne(t, client, "a", fmt.Sprint(i)))
		out, err := client.SubscribeToShard(t.Context(), &kinesis.SubscribeToShardInput{ConsumerARN: made.Consumer.ConsumerARN,
			ShardId: aws.String("shardId-000000000000"), StartingPosition: position})
		require.NoError(t, err)
		for event := range out.GetStream().Events() {
			value := event.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent).Value
			for _, r := range value.Records {
				read = append(read, string(r.Data))
			}
			position = &types.StartingPosition{Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: value.ContinuationSequenceNumber}
		}
		if out.GetStream().Err() != nil {
			failed = append(failed, fmt.Sprint(i))
		}
		_ = out.GetStream().Close()     // tells the same once more
		s.Clock().Step(6 * time.Second) // until the consumer may subscribe again
	}
	require.Equal(t, []string{"0", "1", "2", "3"}, read)
	require.Equal(t, []string{"1", "3"}, failed, "every second one is reset")
}

// Same seed, same calls, same outcome, on another instance as well.
func TestFaultsRepeat(t *testing.T) {
	story := func() (outcomes []string) {
		s := orders(t)
		client := impatient(s)
		fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Operation: "PutRecord"}, When: sluice.FaultWhen{Probability: 0.3, Seed: 7}, Effect: sluice.FaultEffect{Throttle: true}})
		fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Operation: "PutRecord"}, When: sluice.FaultWhen{Probability: 0.2, Seed: 8}, Effect: sluice.FaultEffect{Error: &sluice.FaultError{Code: "InternalFailure"}}})
		for range 40 {
			code := "-"
			var answer smithy.APIError
			if err := putOne(t, client, "a", "x"); errors.As(err, &answer) {
				code = answer.ErrorCode()
			}
			outcomes = append(outcomes, code)
		}
		return outcomes
	}
	first := story()
	require.Equal(t, first, story())
	require.Contains(t, first, "ProvisionedThroughputExceededException")
	require.Contains(t, first, "InternalFailure")
	require.Contains(t, first, "-")
}

// Rules of the settings file are at work from the first call on, and a reload
// applies what has changed.
func TestConfiguredFaults(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sluice.yaml")
	write := func(faults string) {
		require.NoError(t, os.WriteFile(file, []byte("version: 1\nserver: {listen: [\"localhost:0\"], transition: 0s, limits: \"off\"}\nstore: {memory: true}\n"+
			"kinesis: {streams: [{name: orders, shards: 2}]}\n"+faults), 0o600))
	}
	load := func() (sluice.Config, error) { return sluice.LoadConfig(sluice.Sources{File: file}) }
	write(`faults:
  - match: {operation: PutRecord, account: "000000000000"}
    when: {every: 2}
    effect: {error: {code: InternalFailure, status: 500}}
  - id: slow
    match: {stream: orders}
    effect: {latency: 1ms}
  - effect: {endSubscription: {how: reset, events: 3}}
  - match: {operation: CreateStream}
    effect: {throttle: true}
`)
	c, err := load()
	require.NoError(t, err)
	require.Len(t, c.Faults, 4)
	require.Equal(t, &sluice.FaultEnd{How: sluice.EndReset, Events: 3}, c.Faults[2].Effect.EndSubscription)
	c.Reloaded = load
	s, err := sluice.Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	client := impatient(s)
	require.NoError(t, putOne(t, client, "a", "x"), "the seeded stream is there in spite of the rules")
	require.Error(t, putOne(t, client, "a", "x"))
	slow, _ := s.Faults().Get("slow")
	require.EqualValues(t, 1, slow.Seen, "it is not asked when the rule before has answered")
	added := fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Operation: "ListStreams"}, Effect: sluice.FaultEffect{Throttle: true}})

	write("faults:\n  - id: slow\n    match: {stream: orders}\n    effect: {latency: 1ms}\n")
	c, err = load()
	require.NoError(t, err)
	done, err := s.Reload(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []string{"faults"}, done.Applied)
	require.Empty(t, done.NeedsRestart)
	rules := s.Faults().List()
	require.Len(t, rules, 2)
	require.EqualValues(t, 1, rules[0].Seen, "a rule that has not changed keeps its counts")
	require.Equal(t, added.ID, rules[1].ID, "a rule that was added stays")
	done, err = s.Reload(t.Context(), c)
	require.NoError(t, err)
	require.Empty(t, done.Applied)

	c.Faults = []sluice.FaultRule{{Match: sluice.FaultMatch{Operation: "PutRecord"}, Effect: sluice.FaultEffect{ExpireIterator: true}}}
	_, err = s.Reload(t.Context(), c)
	require.EqualError(t, err, "faults[0]: no call of PutRecord takes an iterator that could expire; the effect is for GetRecords")
	require.Len(t, s.Faults().List(), 2)
	c.Faults[0].Effect = sluice.FaultEffect{}
	_, err = s.Reload(t.Context(), c)
	require.ErrorContains(t, err, "faults[0]: exactly one effect is needed, 0 are given")

	c.Listen, c.Faults = []string{"localhost:0"}, []sluice.FaultRule{{Match: sluice.FaultMatch{Service: "s3000"}, Effect: sluice.FaultEffect{Truncate: true}}}
	_, err = sluice.Open(t.Context(), c)
	var usage *sluice.UsageError
	require.ErrorAs(t, err, &usage)
	require.ErrorContains(t, err, `faults[0]: this server has no service "s3000"`)
}

// Rules outlive the instance under the listener.
func TestFaultsOutliveReplace(t *testing.T) {
	s := orders(t)
	rule := fault(t, s, sluice.FaultRule{Match: sluice.FaultMatch{Operation: "ListStreams"}, Effect: sluice.FaultEffect{Throttle: true}})
	_, err := impatient(s).ListStreams(t.Context(), &kinesis.ListStreamsInput{})
	require.Error(t, err)
	require.NoError(t, s.Replace(t.Context()))
	_, err = impatient(s).ListStreams(t.Context(), &kinesis.ListStreamsInput{})
	require.Error(t, err)
	_, fired := struck(t, s, rule)
	require.EqualValues(t, 2, fired)
	require.Zero(t, s.Faults().Clear())
	_, err = impatient(s).ListStreams(t.Context(), &kinesis.ListStreamsInput{})
	require.NoError(t, err)
}
