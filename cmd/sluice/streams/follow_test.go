package streams

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"sluice/internal/aggregate"
	"sluice/internal/dice"
)

func follower(s *source) *Follower {
	return &Follower{Source: s, Clock: newStill(), Dice: dice.Seeded(1), Stream: "s", Poll: time.Second, Parallel: 4,
		From: Position{Kind: types.ShardIteratorTypeTrimHorizon}}
}

// readAll collects what a follower hands out until it ends, or has want records.
func readAll(t *testing.T, f *Follower, want int) string {
	t.Helper()
	var list []string
	require.NoError(t, f.Run(context.Background(), func(r Record) error {
		list = append(list, string(r.Data))
		if len(list) == want {
			return ErrEnough
		}
		return nil
	}))
	return strings.Join(list, " ")
}

// family is a stream that was split, whose halves were merged again.
func family() *source {
	s := &source{shards: []*sourceShard{{id: "a", closed: true}, {id: "b", parents: []string{"a"}, closed: true},
		{id: "c", parents: []string{"a"}, closed: true}, {id: "d", parents: []string{"b", "c"}}, {id: "e"}}}
	for i := range 5 {
		s.add("a", i, fmt.Sprint("a", i))
		s.add("e", 3*i, fmt.Sprint("e", i))
	}
	for i := range 3 {
		s.add("b", 6+i, fmt.Sprint("b", i))
		s.add("c", 6+i, fmt.Sprint("c", i))
		s.add("d", 10+i, fmt.Sprint("d", i))
	}
	return s
}

const familyInOrder = "a0 e0 a1 a2 a3 e1 a4 b0 c0 e2 b1 c1 b2 c2 e3 d0 d1 d2 e4"

func TestParentsComeFirst(t *testing.T) {
	for name, change := range map[string]func(*source, *Follower){
		"as it is":          func(*source, *Follower) {},
		"one at a time":     func(_ *source, f *Follower) { f.Parallel = 1 },
		"children untold":   func(s *source, _ *Follower) { s.silent = true },
		"a record a page":   func(s *source, _ *Follower) { setPages(s, 1) },
		"all in one page":   func(s *source, _ *Follower) { setPages(s, 100) },
		"following":         func(_ *source, f *Follower) { f.Follow = true },
		"refused every now": func(s *source, _ *Follower) { s.interfere = everyThird(apiError(refusal, smithy.FaultClient)) },
		"iterators expire":  func(s *source, _ *Follower) { s.interfere = everyThird(&types.ExpiredIteratorException{}) },
	} {
		t.Run(name, func(t *testing.T) {
			s := family()
			f := follower(s)
			change(s, f)
			require.Equal(t, familyInOrder, readAll(t, f, 19))
		})
	}
}

func setPages(s *source, n int) {
	for _, x := range s.shards {
		x.page = n
	}
}

func everyThird(err error) func(string) error {
	n := 0
	return func(string) error {
		if n++; n%3 == 0 {
			return err
		}
		return nil
	}
}

func TestWhereReadingStarts(t *testing.T) {
	t.Run("latest leaves out what was", func(t *testing.T) {
		s := family()
		f := follower(s)
		f.From.Kind = types.ShardIteratorTypeLatest
		require.Empty(t, readAll(t, f, 0))
		require.ElementsMatch(t, []string{"d LATEST ", "e LATEST "}, s.opened)
	})
	t.Run("one shard ends with it", func(t *testing.T) {
		f := follower(family())
		f.Shard = "b"
		require.Equal(t, "b0 b1 b2", readAll(t, f, 0))
	})
	t.Run("following one shard follows its children", func(t *testing.T) {
		f := follower(family())
		f.Shard, f.Follow = "b", true
		require.Equal(t, "b0 b1 b2 d0 d1 d2", readAll(t, f, 6))
	})
	t.Run("going on after a former run", func(t *testing.T) {
		f := follower(family())
		f.After = map[string]string{"a": "5", "b": "1", "e": "4"}
		require.Equal(t, "c0 b1 c1 b2 c2 d0 d1 d2 e4", readAll(t, f, 0))
	})
	t.Run("no such shard", func(t *testing.T) {
		f := follower(family())
		f.Shard = "z"
		require.ErrorContains(t, f.Run(context.Background(), nil), "no shard z")
	})
}

// A stream that is split while it is followed.
func TestFollowingThroughASplit(t *testing.T) {
	s := &source{shards: []*sourceShard{{id: "a"}}}
	s.add("a", 1, "a1")
	f := follower(s)
	f.Follow = true
	c := newStill()
	steps := 0
	c.onSleep = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch steps++; steps {
		case 2:
			s.shards = append(s.shards, &sourceShard{id: "b", parents: []string{"a"}}, &sourceShard{id: "c", parents: []string{"a"}})
			s.add("c", 3, "c1") // before the parent's last record is read
			s.add("a", 2, "a2")
			s.shard("a").closed = true
		case 4:
			s.add("b", 4, "b1")
		}
	}
	f.Clock = c
	require.Equal(t, "a1 a2 c1 b1", readAll(t, f, 4))
}

func TestAnErrorThatStays(t *testing.T) {
	s := family()
	s.interfere = func(string) error { return apiError("AccessDeniedException", smithy.FaultClient) }
	one := follower(s)
	one.Parallel = 1
	err := Explain(one.Run(context.Background(), nil), Endpoint{})
	require.EqualError(t, err, "a: AccessDeniedException: as it is")

	s.interfere = func(string) error { return apiError("InternalFailure", smithy.FaultServer) }
	f := follower(s)
	require.ErrorContains(t, f.Run(context.Background(), nil), "InternalFailure")
	require.NotEmpty(t, f.Clock.(*still).slept, "it was tried again first")
}

func TestTheReaderMayStop(t *testing.T) {
	stop := errors.New("the pipe is gone")
	err := follower(family()).Run(context.Background(), func(Record) error { return stop })
	require.ErrorIs(t, err, stop)
}

func TestDeaggregate(t *testing.T) {
	s := &source{shards: []*sourceShard{{id: "a"}}}
	s.add("a", 1, "plain")
	s.add("a", 2, string(aggregate.Encode(aggregate.Record{PartitionKey: "x", ExplicitHashKey: "7", Data: []byte("one")},
		aggregate.Record{PartitionKey: "y", Data: []byte("two")})))
	f := follower(s)
	f.Deaggregate = true
	var list []string
	require.NoError(t, f.Run(context.Background(), func(r Record) error {
		sub := -1
		if r.SubSequenceNumber != nil {
			sub = *r.SubSequenceNumber
		}
		list = append(list, fmt.Sprintf("%s/%d %s %s %s", r.SequenceNumber, sub, r.PartitionKey, r.ExplicitHashKey, r.Data))
		return nil
	}))
	require.Equal(t, []string{"1/-1 k  plain", "2/0 x 7 one", "2/1 y  two"}, list)
}
