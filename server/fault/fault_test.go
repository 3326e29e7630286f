package fault

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"sluice/internal/dice"
)

// service is what the tests' rules can be about.
func service() []Target {
	return []Target{
		{Service: "kinesis", Operation: "PutRecord", Stream: true, Shard: true, PartitionKey: true, Answers: true, Throttles: true},
		{Service: "kinesis", Operation: "PutRecords", Stream: true, Shard: true, PartitionKey: true, Batch: true, Answers: true, Throttles: true},
		{Service: "kinesis", Operation: "GetRecords", Stream: true, Shard: true, Iterator: true, Answers: true, Throttles: true},
		{Service: "kinesis", Operation: "ListStreams", Answers: true, Throttles: true},
		{Service: "kinesis", Operation: "SubscribeToShard", Stream: true, Shard: true, Consumer: true, Events: true, Answers: true, Throttles: true},
		{Service: "sts", Operation: "GetCallerIdentity", Answers: true, Throttles: true},
		{Service: "video", Operation: "PutMedia"},
	}
}

func newSet(t *testing.T) *Set {
	t.Helper()
	s := NewSet(dice.Seeded(1))
	s.Know(service())
	return s
}

func add(t *testing.T, s *Set, text string) Rule {
	t.Helper()
	r, err := Parse([]byte(text))
	require.NoError(t, err)
	r, err = s.Add(r)
	require.NoError(t, err)
	return r
}

// judge asks about a call of an operation.
func judge(s *Set, operation string, about Subject) *Verdict {
	for _, t := range service() {
		if t.Operation == operation {
			return s.Judge(&Call{Target: &t, Account: "000000000000", Region: "us-east-1", Subject: func() Subject { return about }})
		}
	}
	return nil
}

// outcomes shows which of n calls were struck.
func outcomes(s *Set, n int) string {
	var b strings.Builder
	for range n {
		mark := "."
		if judge(s, "PutRecord", Subject{}) != nil {
			mark = "x"
		}
		b.WriteString(mark)
	}
	return b.String()
}

func TestWhen(t *testing.T) {
	for when, want := range map[string]string{
		`{}`:                         "xxxxxxxxxx",
		`{"every":3}`:                "..x..x..x.",
		`{"first":2}`:                "xx........",
		`{"after":4}`:                "....xxxxxx",
		`{"after":4,"first":2}`:      "....xx....",
		`{"after":1,"every":4}`:      "....x...x.",
		`{"after":0,"every":1}`:      "xxxxxxxxxx",
		`{"probability":1}`:          "xxxxxxxxxx",
		`{"probability":1,"seed":9}`: "xxxxxxxxxx",
	} {
		s := newSet(t)
		r := add(t, s, `{"match":{"operation":"PutRecord"},"when":`+when+`,"effect":{"truncate":true}}`)
		require.Equal(t, want, outcomes(s, 10), when)
		r, ok := s.Get(r.ID)
		require.True(t, ok)
		require.EqualValues(t, 10, r.Seen)
		require.EqualValues(t, strings.Count(want, "x"), r.Fired)
	}
}

// Same seed, same calls, same outcome, whatever other rules do.
func TestDiceRepeat(t *testing.T) {
	const rule = `{"match":{"operation":"PutRecord"},"when":{"probability":0.3,"seed":42},"effect":{"throttle":true}}`
	one := newSet(t)
	add(t, one, rule)
	first := outcomes(one, 40)
	require.Equal(t, "xx.x.x...x....xx.x..x..xx..........xx.x.", first, "the dice are part of what is promised")

	two := newSet(t)
	add(t, two, `{"match":{"operation":"ListStreams"},"when":{"probability":0.5},"effect":{"throttle":true}}`)
	add(t, two, rule)
	judge(two, "ListStreams", Subject{})
	require.Equal(t, first, outcomes(two, 40))

	drawn := add(t, newSet(t), `{"when":{"probability":0.5},"effect":{"throttle":true}}`)
	require.NotZero(t, drawn.When.Seed, "the seed that was drawn is shown")
	hits := 0
	for n := range uint64(100000) {
		if dice.Chance(7, n, 0.3) {
			hits++
		}
	}
	require.InDelta(t, 30000, hits, 600)
}

func TestMatch(t *testing.T) {
	about := Subject{Stream: "orders", Consumer: "c", Shards: []string{"shardId-000000000001"}, Keys: []string{"k"}}
	for match, want := range map[string]bool{
		`{}`: true, `{"service":"kinesis"}`: true, `{"service":"sts"}`: false,
		`{"operation":"PutRecord"}`: true, `{"operation":"GetRecords"}`: false,
		`{"account":"000000000000"}`: true, `{"account":"111111111111"}`: false,
		`{"region":"us-east-1"}`: true, `{"region":"eu-west-1"}`: false,
		`{"stream":"orders"}`: true, `{"stream":"order"}`: false,
		`{"shard":"shardId-000000000001"}`: true, `{"shard":"shardId-000000000002"}`: false,
		`{"partitionKey":"k"}`: true, `{"partitionKey":"K"}`: false,
		`{"consumer":"c"}`: false,
	} {
		s := newSet(t)
		add(t, s, `{"match":`+match+`,"effect":{"latency":"1s"}}`)
		require.Equal(t, want, judge(s, "PutRecord", about) != nil, match)
	}
	s := newSet(t)
	add(t, s, `{"match":{"consumer":"c"},"effect":{"latency":"1s"}}`)
	require.NotNil(t, judge(s, "SubscribeToShard", about))
	require.Nil(t, judge(s, "SubscribeToShard", Subject{Consumer: "d"}))
}

func TestBatches(t *testing.T) {
	about := Subject{Stream: "orders", Records: 6, Keys: []string{"a", "b", "a", "b", "a", "b"},
		Shards: []string{"shardId-000000000000", "shardId-000000000000", "shardId-000000000000", "shardId-000000000001", "shardId-000000000001", "shardId-000000000001"}}
	for _, c := range []struct {
		rule string
		want map[int]string
	}{
		{`{"effect":{"failRecords":{}}}`, map[int]string{0: "InternalFailure", 1: "InternalFailure", 2: "InternalFailure", 3: "InternalFailure", 4: "InternalFailure", 5: "InternalFailure"}},
		{`{"effect":{"failRecords":{"every":4,"code":"X"}}}`, map[int]string{3: "X"}},
		{`{"match":{"partitionKey":"a"},"effect":{"failRecords":{"every":2,"code":"X"}}}`, map[int]string{2: "X"}},
		{`{"match":{"partitionKey":"b","shard":"shardId-000000000001"},"effect":{"throttle":true}}`, map[int]string{3: "", 5: ""}},
		{`{"match":{"operation":"PutRecords"},"effect":{"throttle":true}}`, map[int]string{0: "", 1: "", 2: "", 3: "", 4: "", 5: ""}},
	} {
		s := newSet(t)
		add(t, s, c.rule)
		require.Equal(t, c.want, judge(s, "PutRecords", about).Records, c.rule)
	}

	// Records are counted over all batches.
	s := newSet(t)
	r := add(t, s, `{"effect":{"failRecords":{"every":4}}}`)
	small := Subject{Records: 3, Keys: []string{"a", "b", "c"}}
	require.Nil(t, judge(s, "PutRecords", small))
	require.Equal(t, map[int]string{0: "InternalFailure"}, judge(s, "PutRecords", small).Records)
	require.Equal(t, map[int]string{1: "InternalFailure"}, judge(s, "PutRecords", small).Records)
	r, _ = s.Get(r.ID)
	require.EqualValues(t, 3, r.Seen)
	require.EqualValues(t, 2, r.Fired, "a batch without a failed record was not met")
	require.Nil(t, judge(s, "PutRecord", small), "one record is no batch")
	require.Nil(t, judge(s, "ListStreams", Subject{}))
}

// Effects add up until one rule has answered the call.
func TestSeveralRules(t *testing.T) {
	s := newSet(t)
	for _, effect := range []string{`{"latency":"1s"}`, `{"bytesPerSecond":100}`, `{"latency":"2s"}`, `{"bytesPerSecond":50}`,
		`{"reset":"after"}`, `{"error":{"code":"A"}}`, `{"reset":"before"}`} {
		add(t, s, `{"effect":`+effect+`}`)
	}
	v := judge(s, "PutRecord", Subject{})
	require.Equal(t, &Verdict{Fired: []string{"fault-1", "fault-2", "fault-3", "fault-4", "fault-5", "fault-6"},
		Latency: 3 * time.Second, BytesPerSecond: 50, ResetAfter: true, Error: &Error{Code: "A"}}, v)
	last, _ := s.Get("fault-7")
	require.Zero(t, last.Seen, "it is not asked any more")
	require.Nil(t, judge(s, "nothing", Subject{}))

	target := service()[0]
	v = s.Judge(&Call{Target: &target, InProcess: true, Subject: func() Subject { return Subject{} }})
	require.Zero(t, v.BytesPerSecond, "there are no bytes in process")
	require.Equal(t, 7, s.Clear())
	require.False(t, s.Any())
	require.Empty(t, s.List())
}

// What could never strike is refused, with a reason and a way out.
func TestRefusedRules(t *testing.T) {
	for _, c := range []struct{ rule, code, message, hint string }{
		{`{"effect":{"truncate":true},"math":{}}`, Malformed, `the rule is not understood: unknown field "math"`, "for example"},
		{`{"effect":{"trunkate":true}}`, Malformed, `the rule is not understood: unknown field "trunkate"`, ""},
		{`{"effect":{"truncate":true},"when":{"ever":1}}`, Malformed, `unknown field "ever"`, ""},
		{`{"match":{"table":"x"},"effect":{"truncate":true}}`, Malformed, `unknown field "table"`, ""},
		{`{"effect":{"truncate":true}}{}`, Malformed, `something after`, ""},
		{`[]`, Malformed, `the rule is not understood`, ""},
		{``, Malformed, `the rule is not understood: EOF`, ""},
		{`{}`, Malformed, `exactly one effect is needed, 0 are given`, "effects are error, throttle"},
		{`{"effect":{"truncate":true,"throttle":true}}`, Malformed, `exactly one effect is needed, 2 are given`, "make a rule for each"},
		{`{"effect":{"truncate":false}}`, NeverMatches, `with truncate false the rule would never strike`, ""},
		{`{"effect":{"latency":"0s"}}`, NeverMatches, `with latency 0s the rule would never strike`, ""},
		{`{"effect":{"latency":"soon"}}`, Malformed, `latency "soon" is not a duration such as "250ms"`, ""},
		{`{"effect":{"latency":"-1s"}}`, Malformed, `latency -1s is not between 0 and 1h0m0s`, ""},
		{`{"effect":{"latency":"2h"}}`, Malformed, `latency 2h0m0s is not between 0 and 1h0m0s`, ""},
		{`{"effect":{"reset":"during"}}`, Malformed, `reset is "before" or "after", not "during"`, ""},
		{`{"effect":{"bytesPerSecond":-1}}`, Malformed, `bytesPerSecond cannot be negative`, ""},
		{`{"effect":{"error":{}}}`, Malformed, `the error needs a code, and "" is none`, "ResourceInUseException"},
		{`{"effect":{"error":{"code":"a b"}}}`, Malformed, `the error needs a code, and "a b" is none`, ""},
		{`{"effect":{"error":{"code":"A","status":200}}}`, Malformed, `status 200 is no error; 400 to 599 are`, ""},
		{`{"effect":{"failRecords":{"every":-1}}}`, Malformed, `failRecords.every cannot be negative`, ""},
		{`{"effect":{"failRecords":{"code":"?"}}}`, Malformed, `"?" is no error code`, ""},
		{`{"effect":{"endSubscription":"soon"}}`, Malformed, `a subscription ends "clean" or by "reset", not "soon"`, ""},
		{`{"effect":{"endSubscription":3}}`, Malformed, `endSubscription is true, "clean", "reset" or {"how","events"}`, ""},
		{`{"effect":{"endSubscription":{"events":-1}}}`, Malformed, `endSubscription.events cannot be negative`, ""},

		{`{"when":{"every":2,"first":3},"effect":{"throttle":true}}`, Malformed, `every, first and probability contradict each other; one of them can be given`, "make two rules"},
		{`{"when":{"every":2,"probability":0.5},"effect":{"throttle":true}}`, Malformed, `contradict each other`, ""},
		{`{"when":{"seed":2},"effect":{"throttle":true}}`, Malformed, `a seed is for the dice of probability, which is not given`, "add a probability"},
		{`{"when":{"probability":1.5},"effect":{"throttle":true}}`, Malformed, `probability 1.5 is not above 0 and at most 1`, ""},
		{`{"when":{"probability":0},"effect":{"throttle":true}}`, NeverMatches, `with probability 0 the rule would never strike`, "leave probability out"},
		{`{"when":{"every":0},"effect":{"throttle":true}}`, NeverMatches, `with every 0 the rule would never strike`, ""},
		{`{"when":{"first":-1},"effect":{"throttle":true}}`, Malformed, `after, every and first cannot be negative`, ""},

		{`{"match":{"account":"1"},"effect":{"throttle":true}}`, NeverMatches, `no call has the account "1"`, "12 digits"},
		{`{"match":{"region":"not a region"},"effect":{"throttle":true}}`, NeverMatches, `no call has the region "not a region"`, "us-east-1"},
		{`{"match":{"stream":"arn:aws:kinesis:x"},"effect":{"throttle":true}}`, NeverMatches, `no call has the stream "arn:aws:kinesis:x"`, "as in StreamName"},
		{`{"match":{"shard":"0"},"effect":{"throttle":true}}`, NeverMatches, `no call has the shard "0"`, "shardId-000000000000"},
		{`{"match":{"consumer":"a/b"},"effect":{"throttle":true}}`, NeverMatches, `no call has the consumer "a/b"`, "ConsumerName"},
		{`{"match":{"partitionKey":"` + strings.Repeat("k", 257) + `"},"effect":{"throttle":true}}`, NeverMatches, `partition keys have at most 256 characters`, ""},

		{`{"match":{"service":"s3"},"effect":{"throttle":true}}`, NeverMatches, `this server has no service "s3"`, "there are kinesis, sts, video"},
		{`{"match":{"operation":"PutRecord5"},"effect":{"throttle":true}}`, NeverMatches, `there is no operation "PutRecord5"`, "is it PutRecord?"},
		{`{"match":{"operation":"putrecords"},"effect":{"throttle":true}}`, NeverMatches, `there is no operation "putrecords"`, "is it PutRecords?"},
		{`{"match":{"operation":"Fly"},"effect":{"throttle":true}}`, NeverMatches, `there is no operation "Fly"`, "`sluice ops` lists the operations"},
		{`{"match":{"service":"sts","operation":"PutRecord"},"effect":{"throttle":true}}`, NeverMatches, `there is no operation "PutRecord" in sts`, ""},
		{`{"match":{"operation":"ListStreams","shard":"shardId-000000000000"},"effect":{"throttle":true}}`, NeverMatches, `no call of ListStreams is about a shard`, "shard is known of GetRecords, PutRecord, PutRecords, SubscribeToShard"},
		{`{"match":{"service":"sts","stream":"a"},"effect":{"throttle":true}}`, NeverMatches, `no operation in sts is about a stream`, ""},
		{`{"match":{"operation":"GetRecords","partitionKey":"k"},"effect":{"throttle":true}}`, NeverMatches, `no call of GetRecords is about a partition key`, "partition key is known of PutRecord, PutRecords"},
		{`{"match":{"consumer":"c","partitionKey":"k"},"effect":{"throttle":true}}`, NeverMatches, `no operation is about a consumer as well as what else is asked for`, ""},
		{`{"match":{"operation":"GetRecords"},"effect":{"failRecords":{"every":2}}}`, NeverMatches, `no call of GetRecords has single records that could fail`, "the effect is for PutRecords"},
		{`{"match":{"operation":"PutRecord"},"effect":{"expireIterator":true}}`, NeverMatches, `no call of PutRecord takes an iterator that could expire`, "the effect is for GetRecords"},
		{`{"match":{"partitionKey":"k"},"effect":{"endSubscription":true}}`, NeverMatches, `no operation that the match leaves is answered by a stream of events that could end`, "the effect is for SubscribeToShard"},
		{`{"match":{"operation":"PutMedia"},"effect":{"throttle":true}}`, NeverMatches, `no call of PutMedia has a refusal of calls that come too often`, ""},
		{`{"match":{"operation":"PutMedia"},"effect":{"error":{"code":"A"}}}`, NeverMatches, `no call of PutMedia can have this effect`, ""},
		{`{"id":"a b","effect":{"throttle":true}}`, Malformed, `id "a b" cannot be used`, ""},
		{`{"id":"taken","effect":{"throttle":true}}`, RuleExists, `there is a rule "taken" already`, "delete it first"},
	} {
		s := newSet(t)
		add(t, s, `{"id":"taken","effect":{"throttle":true}}`)
		r, err := Parse([]byte(c.rule))
		if err == nil {
			_, err = s.Add(r)
		}
		var refused *Refusal
		require.ErrorAs(t, err, &refused, c.rule)
		require.Equal(t, c.code, refused.Code, c.rule)
		require.Contains(t, refused.Message, c.message)
		require.Contains(t, refused.Hint(), c.hint, c.rule)
		require.Len(t, s.List(), 1)
	}
}

func TestThereIsABound(t *testing.T) {
	s := newSet(t)
	for range MaxRules {
		add(t, s, `{"effect":{"throttle":true}}`)
	}
	_, err := s.Add(Rule{Effect: Effect{Throttle: true}})
	require.ErrorContains(t, err, "there are 100 rules, which is the most there can be")
	_, ok := s.Delete("fault-7")
	require.True(t, ok)
	_, ok = s.Delete("fault-7")
	require.False(t, ok)
	require.Equal(t, "fault-101", add(t, s, `{"effect":{"throttle":true}}`).ID)
}

// A rule that is read, written and read again is the same.
func TestJSON(t *testing.T) {
	for _, text := range []string{
		`{"id":"a","match":{"service":"kinesis","operation":"PutRecords","account":"000000000000","region":"us-east-1","stream":"s","shard":"shardId-000000000000","partitionKey":"k"},` +
			`"when":{"after":2,"every":3},"effect":{"failRecords":{"every":2,"code":"X"}},"seen":0,"fired":0}`,
		`{"id":"a","match":{},"when":{"probability":0.5,"seed":7},"effect":{"error":{"code":"A","message":"m","status":503}},"seen":0,"fired":0}`,
		`{"id":"a","match":{},"when":{},"effect":{"latency":"1.5s"},"seen":0,"fired":0}`,
		`{"id":"a","match":{},"when":{},"effect":{"throttle":true},"seen":0,"fired":0}`,
		`{"id":"a","match":{},"when":{},"effect":{"reset":"after"},"seen":0,"fired":0}`,
		`{"id":"a","match":{},"when":{},"effect":{"truncate":true},"seen":0,"fired":0}`,
		`{"id":"a","match":{},"when":{},"effect":{"bytesPerSecond":100},"seen":0,"fired":0}`,
		`{"id":"a","match":{},"when":{},"effect":{"expireIterator":true},"seen":0,"fired":0}`,
		`{"id":"a","match":{},"when":{},"effect":{"endSubscription":{"how":"reset","events":3}},"seen":0,"fired":0}`,
	} {
		r, err := Parse([]byte(strings.Replace(text, `,"seen":0,"fired":0`, "", 1)))
		require.NoError(t, err, text)
		out, err := json.Marshal(r)
		require.NoError(t, err)
		require.JSONEq(t, text, string(out))
	}
	for text, want := range map[string]End{`true`: {Clean, 1}, `"clean"`: {Clean, 1}, `"reset"`: {Reset, 1}, `{"how":"reset"}`: {Reset, 1}, `{"events":0}`: {Clean, 0}} {
		r, err := Parse([]byte(`{"effect":{"endSubscription":` + text + `}}`))
		require.NoError(t, err)
		require.Equal(t, want, *r.Effect.EndSubscription, text)
	}
}

func TestConfigured(t *testing.T) {
	s := newSet(t)
	added := add(t, s, `{"effect":{"throttle":true}}`)
	put := Rule{Match: Match{Operation: "PutRecord"}, Effect: Effect{Latency: time.Second}}
	named := Rule{ID: "named", When: When{Probability: 0.5}, Effect: Effect{Truncate: true}}
	changed, err := s.Configure([]Rule{put, named})
	require.NoError(t, err)
	require.True(t, changed)
	ids := func() (list []string) {
		for _, r := range s.List() {
			list = append(list, r.ID)
		}
		return list
	}
	require.Equal(t, []string{"config-1", "named", added.ID}, ids(), "configured rules are asked first")
	judge(s, "PutRecord", Subject{})
	seed := s.List()[1].When.Seed

	changed, err = s.Configure([]Rule{put, named})
	require.NoError(t, err)
	require.False(t, changed)
	require.EqualValues(t, 1, s.List()[0].Seen, "counts stay")
	require.Equal(t, seed, s.List()[1].When.Seed)

	bad := Rule{Match: Match{Operation: "Fly"}, Effect: Effect{Truncate: true}}
	_, err = s.Configure([]Rule{put, bad})
	require.EqualError(t, err, `rule 2: there is no operation "Fly"`)
	require.Len(t, s.List(), 3, "nothing has changed")

	put.Effect.Latency = 2 * time.Second
	changed, err = s.Configure([]Rule{put})
	require.NoError(t, err)
	require.True(t, changed)
	require.Equal(t, []string{"config-1", added.ID}, ids())
	require.Zero(t, s.List()[0].Seen, "a rule that has changed begins anew")
	_, err = s.Configure(nil)
	require.NoError(t, err)
	require.Equal(t, []string{added.ID}, ids())
}

func BenchmarkNoRules(b *testing.B) {
	s := NewSet(dice.Seeded(1))
	for b.Loop() {
		if s.Any() {
			b.Fatal("there are none")
		}
	}
}
