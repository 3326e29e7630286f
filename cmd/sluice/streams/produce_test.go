package streams

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/internal/dice"
)

const refusal = "ProvisionedThroughputExceededException"

// produce puts "key data" entries and returns what the producer said.
func produce(t *testing.T, p *Producer, entries ...string) error {
	t.Helper()
	in := make(chan Entry, len(entries))
	at := int64(0)
	for i, text := range entries {
		key, data, _ := strings.Cut(text, " ")
		in <- Entry{PartitionKey: key, Data: []byte(data), Line: int64(i + 1), Start: at, End: at + 10}
		at += 10
	}
	close(in)
	p.Dice, p.Stream = dice.Seeded(1), "s"
	if p.Clock == nil {
		p.Clock = newStill()
	}
	return p.Run(context.Background(), in)
}

// ofKey are the taken records of a key, in the order they were taken.
func (s *sink) ofKey(key string) []string {
	var list []string
	for _, text := range s.taken {
		if strings.HasPrefix(text, key+" ") {
			list = append(list, text)
		}
	}
	return list
}

func numbered(key string, n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("%s %05d", key, i))
	}
	return list
}

func TestBatchesAreAsLargeAsTheServiceTakes(t *testing.T) {
	s := &sink{}
	require.NoError(t, produce(t, &Producer{Sink: s}, numbered("k", 1201)...))
	require.Equal(t, []int{500, 500, 201}, lengths(s.requests))
	require.Equal(t, numbered("k", 1201), s.taken)

	s = &sink{}
	large := "k " + string(bytes.Repeat([]byte("x"), 4<<20-1))
	require.NoError(t, produce(t, &Producer{Sink: s}, large, large, large, "k y"))
	require.Equal(t, []int{2, 2}, lengths(s.requests), "10 MiB, keys included")
}

func lengths(requests [][]string) []int {
	var list []int
	for _, r := range requests {
		list = append(list, len(r))
	}
	return list
}

func TestWhatIsRefusedGoesFirst(t *testing.T) {
	c := newStill()
	s := &sink{refuse: func(call int, e types.PutRecordsRequestEntry) string {
		if call < 4 && *e.PartitionKey == "hot" {
			return refusal
		}
		return ""
	}}
	var refused []int
	var settled []int64
	p := &Producer{Sink: s, Clock: c,
		Refused: func(n int, reason string, _ time.Duration) {
			refused = append(refused, n)
			require.Equal(t, refusal+": Rate exceeded for shard x.", reason)
		},
		Settled: func(end int64) error { settled = append(settled, end); return nil }}
	require.NoError(t, produce(t, p, "cold 1", "hot 1", "cold 2", "hot 2"))
	require.Equal(t, []string{"cold 1", "cold 2", "hot 1", "hot 2"}, s.taken)
	require.Equal(t, []int{2, 2, 2}, refused)
	require.Equal(t, []int64{10, 10, 10, 40}, settled, "up to where all is taken")
	require.Len(t, c.slept, 3)
	for i, most := range []time.Duration{50, 50, 100} { // it doubles while most is refused
		require.LessOrEqual(t, c.slept[i], most*time.Millisecond)
		require.GreaterOrEqual(t, c.slept[i], most*time.Millisecond/2)
	}
}

// A service that refuses at random must not change the order of a key when
// each request holds one record of it.
func TestOrderedKeepsTheOrderOfAKey(t *testing.T) {
	d := dice.Seeded(7)
	var entries []string
	for i := range 400 {
		entries = append(entries, fmt.Sprintf("key-%d %05d", i%17, i))
	}
	s := &sink{refuse: func(int, types.PutRecordsRequestEntry) string {
		if d.Uint64()%3 == 0 {
			return refusal
		}
		return ""
	}}
	require.NoError(t, produce(t, &Producer{Sink: s, Ordered: true}, entries...))
	require.Len(t, s.taken, 400)
	for i := range 17 {
		taken := s.ofKey(fmt.Sprint("key-", i))
		require.True(t, slices.IsSorted(taken), taken)
	}
	for _, r := range s.requests {
		keys := map[string]bool{}
		for _, text := range r {
			key, _, _ := strings.Cut(text, " ")
			require.False(t, keys[key], "a request with two records of a key")
			keys[key] = true
		}
	}
}

func TestAWholeRequestIsSentAgain(t *testing.T) {
	for _, code := range []string{refusal, "LimitExceededException", "KMSThrottlingException", "InternalFailure"} {
		fault := smithy.FaultClient
		if code == "InternalFailure" {
			fault = smithy.FaultServer
		}
		s := &sink{fail: func(call int) error {
			if call < 3 {
				return apiError(code, fault)
			}
			return nil
		}}
		require.NoError(t, produce(t, &Producer{Sink: s}, "a 1", "b 2"), code)
		require.Equal(t, []string{"a 1", "b 2"}, s.taken)
	}
}

func TestGivingUp(t *testing.T) {
	s := &sink{refuse: func(int, types.PutRecordsRequestEntry) string { return refusal }}
	err := produce(t, &Producer{Sink: s, GiveUp: time.Minute}, "a 1")
	require.ErrorContains(t, err, "gave up after 1m0s in which no record was taken; the last refusal: ProvisionedThroughputExceededException: Rate exceeded")
	require.Contains(t, err.(*Error).Hint(), "sluice scale")
	require.Less(t, s.calls, 40, "a refused producer backs off")
}

func TestWhatCannotSucceedIsNotSentAgain(t *testing.T) {
	s := &sink{fail: func(int) error { return apiError("ValidationException", smithy.FaultClient) }}
	err := Explain(produce(t, &Producer{Sink: s}, "a 1", "b 2"), Endpoint{})
	require.EqualError(t, err, "lines 1 to 2: ValidationException: as it is")
	require.Equal(t, 1, s.calls)

	s = &sink{refuse: func(int, types.PutRecordsRequestEntry) string { return "AccessDeniedException" }}
	require.ErrorContains(t, produce(t, &Producer{Sink: s}, "a 1"), "line 1: AccessDeniedException")
}

func TestInterruptedWhileWaiting(t *testing.T) {
	c := newStill()
	ctx, cancel := context.WithCancel(context.Background())
	c.onSleep = cancel
	s := &sink{refuse: func(int, types.PutRecordsRequestEntry) string { return refusal }}
	in := make(chan Entry, 1)
	in <- Entry{PartitionKey: "a"}
	close(in)
	p := &Producer{Sink: s, Clock: c, Dice: dice.Seeded(1), Stream: "s"}
	require.ErrorIs(t, p.Run(ctx, in), context.Canceled)
}
