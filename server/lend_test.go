package server

import (
	"bytes"
	"context"
	"testing"
	"time"
	"unsafe"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"

	"sluice/internal/page"
)

// lender is a room that lends a page and spoils it when it is given back.
type lender struct {
	weight int64
	memory []byte
	inside chan struct{}
}

// put stands in for something that answers much: its shard id.
func (l *lender) put(ctx context.Context, _ *kinesis.PutRecordInput) (*kinesis.PutRecordOutput, error) {
	lease := page.From(ctx)
	if err := lease.Resize(ctx, l.weight); err != nil {
		return nil, err
	}
	lease.Keep(func() { clear(l.memory) })
	if l.inside != nil {
		l.inside <- struct{}{}
		<-l.inside
	}
	text := unsafe.String(&l.memory[0], len(l.memory))
	return &kinesis.PutRecordOutput{ShardId: &text, SequenceNumber: aws.String("1")}, nil
}

func TestLargeAnswers(t *testing.T) {
	for name, size := range map[string]int{"small": 100, "large": 3 << 20} {
		t.Run(name, func(t *testing.T) {
			l := &lender{weight: 1 << 20, memory: bytes.Repeat([]byte("a"), size)}
			want := `{"SequenceNumber":"1","ShardId":"` + string(l.memory) + `"}`
			s := open(t, &streamsRoom{put: l.put}, func(c *Config) { c.MemoryLimit = 4 << 20 })
			a := callJSON(t, s, "PutRecord", putJSON(10))
			require.Equal(t, 200, a.status)
			require.JSONEq(t, want, a.body)
			eventually(t, "the page is back", func() bool { return s.budget.held.Load() == 0 })
			require.Zero(t, l.memory[0])
			require.Zero(t, l.memory[size-1])
			s.entrance.mu.Lock()
			defer s.entrance.mu.Unlock()
			require.Len(t, s.entrance.all, 1)
			for c := range s.entrance.all {
				require.Equal(t, name == "large", c.hasty.Load(), "the connection sends without pacing")
			}
		})
	}
}

// TestAnswersWaitForMemory shows that an answer takes the budget, that another
// fails as the service does when that lasts, and that none waits for itself.
func TestAnswersWaitForMemory(t *testing.T) {
	l := &lender{weight: 1 << 40, memory: []byte("a"), inside: make(chan struct{})}
	s := open(t, &streamsRoom{put: l.put}, func(c *Config) { c.MemoryLimit = 1 << 20; c.WaitTimeout = 100 * time.Millisecond })
	first := make(chan answer, 1)
	go func() { first <- callJSON(t, s, "PutRecord", putJSON(1000)) }()
	<-l.inside
	require.EqualValues(t, 1<<20-1<<17, s.budget.held.Load(), "all that one account may have")
	a := callJSON(t, s, "PutRecord", putJSON(1000))
	require.Equal(t, 500, a.status)
	require.JSONEq(t, `{"__type":"InternalFailure"}`, a.body)
	l.inside <- struct{}{}
	require.Equal(t, 200, (<-first).status)
	eventually(t, "the memory is free", func() bool { return s.budget.held.Load() == 0 })
}
