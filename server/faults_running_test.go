package server

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/stretchr/testify/require"
)

// A rule meets the subscriptions that are running when it is added.
func TestRulesMeetRunningStreams(t *testing.T) {
	f := newFanout()
	s := open(t, f.room())
	for name, transport := range transports(t, s) {
		for _, c := range []struct {
			effect string
			before int // events before the rule
			after  int // events offered after it
			events int
			clean  bool
		}{
			{`{"endSubscription":{"how":"clean","events":0}}`, 2, 0, 2, true},
			{`{"endSubscription":"clean"}`, 2, 1, 3, true},
			{`{"endSubscription":{"how":"reset","events":0}}`, 1, 0, 1, false},
			{`{"endSubscription":{"how":"reset","events":2}}`, 1, 2, 3, false},
			{`{"reset":"before"}`, 1, 0, 1, false},
			{`{"reset":"after"}`, 1, 0, 1, false},
			{`{"truncate":true}`, 1, 1, 1, false},
		} {
			t.Run(name+" "+c.effect, func(t *testing.T) {
				response := subscribeUnread(t, s, name, transport)
				defer func() { _ = response.Body.Close() }()
				require.NoError(t, readFrame(response.Body)) // the first message
				for range c.before {
					f.feed <- anEvent("x")
					require.NoError(t, readFrame(response.Body))
				}
				other := order(t, s, `{"match":{"consumer":"other"},"effect":`+c.effect+`}`)
				id := order(t, s, `{"match":{"consumer":"c"},"effect":`+c.effect+`}`)
				for range c.after {
					f.feed <- anEvent("y")
				}
				<-f.ended
				events, err := c.before, error(nil)
				for err == nil {
					if err = readFrame(response.Body); err == nil {
						events++
					}
				}
				withdraw(t, s, id, 1)
				withdraw(t, s, other, 0)
				if c.clean || c.after > 0 { // a reset may overtake what was sent
					require.Equal(t, c.events, events)
				}
				require.Equal(t, c.clean, errors.Is(err, io.EOF), "%v", err)
				// The client may see the end before rules stop looking at the stream.
				eventually(t, "the stream is gone", func() bool {
					calls, streams := s.gate.current.Load().calls.count()
					return calls+streams == 0
				})
			})
		}
	}
}

// readFrame reads a message whole. io.EOF is an orderly end.
func readFrame(from io.Reader) error {
	head := make([]byte, 4)
	if _, err := io.ReadFull(from, head); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, from, int64(binary.BigEndian.Uint32(head))-4)
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// A line that goes slow does so for the stream that is on it.
func TestLatencyAndRateMeetRunningStreams(t *testing.T) {
	f := newFanout()
	s := open(t, f.room())
	for _, effect := range []string{`{"latency":"200ms"}`, `{"bytesPerSecond":1000}`} {
		done := make(chan error, 1)
		go func() {
			_, err := readEvents(t, s, "http", transports(t, s)["http HTTP/1.1"])
			done <- err
		}()
		f.feed <- anEvent("x")
		id := order(t, s, `{"effect":`+effect+`}`)
		began := s.cfg.Host.Now()
		f.feed <- anEvent("y")
		f.feed <- anEvent("z") // taken when the one before has left
		require.Greater(t, s.cfg.Host.Now().Sub(began).Milliseconds(), int64(150), effect)
		end := order(t, s, `{"effect":{"endSubscription":{"how":"clean","events":0}}}`)
		require.NoError(t, <-done)
		require.Contains(t, s.watch.recent(1)[0].Fault, id+","+end)
		withdraw(t, s, id, 1)
		withdraw(t, s, end, 1)
		<-f.ended
	}
}

// A client that does not read does not keep a reset off.
func TestResetMeetsAStreamThatIsStuck(t *testing.T) {
	f := newFanout()
	s := open(t, f.room())
	for name, transport := range transports(t, s) {
		t.Run(name, func(t *testing.T) {
			response := subscribeUnread(t, s, name, transport)
			defer func() { _ = response.Body.Close() }()
			require.True(t, fillUp(f.feed))
			id := order(t, s, `{"effect":{"reset":"before"}}`)
			<-f.ended
			withdraw(t, s, id, 1)
			_, err := io.Copy(io.Discard, response.Body)
			require.Error(t, err)
		})
	}
}

// In-process readers meet later rules as well, in the order of their beginning.
func TestRulesMeetRunningStreamsInProcess(t *testing.T) {
	f := newFanout()
	s := open(t, f.room())
	m := s.gate.current.Load()
	start := func(ctx context.Context) chan error {
		stream, err := Call[iter.Seq2[anyEvent, error]](ctx, m, "kinesis", "SubscribeToShard", subscription())
		require.NoError(t, err)
		done := make(chan error, 1)
		go func() {
			var last error
			for _, err := range stream {
				last = err
			}
			done <- last
		}()
		return done
	}
	first, second := start(t.Context()), start(t.Context())
	free := start(Unharmed(t.Context()))
	id := order(t, s, `{"when":{"first":1},"effect":{"reset":"after"}}`)
	require.ErrorIs(t, <-first, syscall.ECONNRESET)
	<-f.ended
	r, _ := s.faults.Get(id)
	require.EqualValues(t, 2, r.Seen)
	withdraw(t, s, id, 1)
	id = order(t, s, `{"effect":{"endSubscription":{"how":"clean","events":0}}}`)
	require.NoError(t, <-second)
	<-f.ended
	withdraw(t, s, id, 1)
	close(f.feed)
	require.NoError(t, <-free)
	id = order(t, s, `{"effect":{"throttle":true}}`)
	_, err := Call[*kinesis.PutRecordOutput](t.Context(), m, "kinesis", "PutRecord", &kinesis.PutRecordInput{})
	require.Error(t, err)
	withdraw(t, s, id, 0)
}
